"""Who may do what, and what follows: returns, arbitration, appeals, oversight, merging."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from factories import inside, post, stranger, user

from chengguan.accounts.domain.principal import principal_of
from chengguan.audit.models import Entry
from chengguan.cases.domain.acting import act
from chengguan.cases.domain.duplicates import candidates, candidates_of
from chengguan.cases.domain.rebuild import rebuild, verify
from chengguan.cases.domain.superiors import ESCALATE_AFTER
from chengguan.cases.domain.timers import close_merged, escalate_oversight, tick
from chengguan.cases.models import Case, Fact, Report
from chengguan.cases.queries import reports_of
from chengguan.core.errors import NotAllowed
from chengguan.core.metres import LocalPlane
from chengguan.files.ports import may_see
from chengguan.notify.models import OutboxMessage
from chengguan.registry.domain.duty import resolve
from chengguan.registry.models import Precedent
from chengguan.workflow.errors import WrongState
from chengguan.workflow.models import Request, WorkItem

from ..town import START, SYSTEM, Town

MINUTE = timedelta(minutes=1)


def test_what_the_public_says_is_verified_first(town: Town) -> None:
    for source, name in (("public", "公众举报须先核实"), ("hotline", "公众举报须先核实")):
        case = town.report(source=source)
        with pytest.raises(WrongState, match=name):
            town.do(case, "file")
        town.do(case, "file", unverified="视频清楚")
    for source in ("collector", "leader", "superior", "video"):
        assert town.do(town.report(source=source), "file").state == "awaiting_dispatch"


def test_a_refuted_report_is_not_filed(town: Town) -> None:
    case = town.report(source="public")
    town.walk(case, "request_verification")
    town.do(case, "submit_verification", finding="false")
    with pytest.raises(WrongState, match="情况不属实"):
        town.do(case, "file")


def test_filing_needs_matter_rule_place_and_photos(town: Town) -> None:
    from factories import matter, rule

    pictured = rule(town.city.matter, photos_required=1)
    foreign = rule(matter("06001", "店外经营"))
    case = town.report()
    for changed, why in (
        ({"rule": pictured.pk}, "至少 1 张照片"),
        ({"rule": foreign.pk}, "不属于所选事项"),
        ({"rule": None}, "请选择立案标准"),
        ({"matter": "99999"}, "没有现行的事项"),
        ({"point": [100.0, 30.0]}, "不在本市范围内"),
        ({"area": "310115501"}, "单元网格"),
    ):
        with pytest.raises(WrongState, match=why):
            town.do(case, "file", **changed)
    town.do(case, "file", rule=pictured.pk, photos=["0" * 64])
    assert (case.photos, case.rule_id) == (1, pictured.pk)


def test_dispatch_follows_the_duties(town: Town) -> None:
    case = town.walk(town.report(), "file")
    other = town.city.other_unit.pk
    with pytest.raises(WrongState, match="环卫所负责；改派其他单位请填写改派理由"):
        town.do(case, "dispatch", unit=other)
    town.do(case, "dispatch", unit=other, override="设备在该单位")
    assert (case.unit_id, case.unit_path) == (other, town.city.other_unit.path)


def test_only_the_units_own_people_handle(town: Town) -> None:
    case = town.walk(town.report(), "file", "dispatch")
    with pytest.raises(NotAllowed):
        act(case, "assign", town.who("other"), town.data("assign"), case.changed_at)
    with pytest.raises(WrongState, match="不是本单位人员"):
        town.do(case, "assign", handler=town.person("other"))


def test_the_second_return_goes_to_arbitration_and_becomes_a_precedent(town: Town) -> None:
    other = town.city.other_unit
    case = town.walk(town.report(), "file", "dispatch", "return_to_dispatcher", "dispatch")
    # The unit presses the same button again: it is a request to the arbiter now.
    town.do(case, "return_to_dispatcher", basis="绿化条例第十九条")
    asked = Request.objects.get(instance_id=case.pk, status="pending")
    assert (case.state, case.returns, asked.kind) == ("awaiting_handling", 1, "return")
    assert asked.due_at == asked.asked_at + timedelta(hours=24)
    assert asked.data["basis"] == "绿化条例第十九条"
    town.walk(case, "grant_return")
    assert (case.state, case.returns) == ("awaiting_dispatch", 2)
    ruling = Precedent.objects.get(case_number=case.number)
    assert (ruling.organisation_id, ruling.area_code) == (other.pk, "310115501001")
    found = resolve("matter", "01001", case.changed_at, area_code=case.area_code)
    assert found.organisation_id == other.pk
    # Dispatch follows the ruling without any reason given.
    assert town.do(case, "dispatch", unit=other.pk).unit_id == other.pk


def test_a_ruling_for_the_unit_is_a_precedent_too(town: Town) -> None:
    case = town.walk(
        town.report(), "file", "dispatch", "return_to_dispatcher", "dispatch", "ask_return"
    )
    town.walk(case, "refuse_return")
    assert case.state == "awaiting_handling"
    assert Precedent.objects.get(case_number=case.number).organisation_id == town.city.unit.pk


def late_case(town: Town) -> Case:
    case = town.walk(town.report(), "file", "dispatch", "assign")
    town.do(case, "submit_handling", START + timedelta(hours=8))
    return town.walk(case, "confirm_handled", "forward", "close")


def test_an_appeal_takes_two_reviews_and_leaves_the_fact(town: Town) -> None:
    from chengguan.core.errors import Conflict

    case = late_case(town)
    town.walk(case, "ask_appeal")
    with pytest.raises(Conflict, match="尚未初审"):
        town.do(case, "grant_appeal")
    town.walk(case, "approve_appeal", "grant_appeal")
    assert (case.exempt, case.on_time, case.state) == (True, False, "closed")
    fact = Fact.objects.get(case_id=case.pk, clock="handle")
    assert (fact.overdue, fact.exempt) == (1, 1)
    with pytest.raises(Conflict, match="至多申请 1 次"):
        town.do(case, "ask_appeal")


def test_a_case_in_time_is_not_appealed(town: Town) -> None:
    case = town.walk(town.report(), "file", "dispatch", "assign", "submit_handling")
    town.walk(case, "confirm_handled", "forward", "close")
    with pytest.raises(WrongState, match="只有超期案件"):
        town.do(case, "ask_appeal")


def test_oversight_wants_an_answer_and_escalates(town: Town) -> None:
    case = town.walk(town.report(), "file", "dispatch", "assign")
    with pytest.raises(WrongState, match="尚未超期"):
        town.do(case, "ask_oversight", ground="overdue")
    with pytest.raises(WrongState, match="不是重点案件"):
        town.do(case, "ask_oversight", ground="key")
    town.walk(case, "ask_oversight")
    term = case.oversight_due_at
    assert (case.overseen, case.oversight_level) == (True, 1)
    assert term is not None
    assert escalate_oversight(term) == 0
    assert escalate_oversight(term + MINUTE) == 1
    case.refresh_from_db()
    assert case.oversight_level == 2
    town.walk(case, "grant_oversight")
    assert (case.oversight_due_at, case.overseen) == (None, True)
    assert escalate_oversight(term + timedelta(days=9)) == 0


def test_an_unanswered_oversight_climbs_once_a_term_up_to_the_top(town: Town) -> None:
    centre = town.city.centre
    held = post("director", "cases.see", "cases.lead")
    director = user("局长", centre, held)
    user("外区局长", centre, held, area_code="310116")
    case = town.walk(town.report(), "file", "dispatch", "assign", "ask_oversight")
    OutboxMessage.objects.all().delete()
    overseers = [town.person(one) for one in ("unit", "leader", "leader2")]
    late = case.oversight_due_at
    assert late is not None
    # The timer ticks each second: one rise, and then a whole term for the next rank.
    now = late + MINUTE
    assert [tick(now + timedelta(seconds=n)) for n in range(3)] == [1, 0, 0]
    case.refresh_from_db()
    assert (case.oversight_level, case.oversight_due_at) == (2, now + ESCALATE_AFTER)
    assert tick(now + ESCALATE_AFTER) == 0
    # Down for a week: still one level only.
    late = now + timedelta(days=7)
    assert [tick(late + timedelta(seconds=n)) for n in range(3)] == [1, 0, 0]
    case.refresh_from_db()
    assert (case.oversight_level, case.oversight_due_at) == (3, late + ESCALATE_AFTER)
    assert tick(late + timedelta(days=30)) == 0
    told = OutboxMessage.objects.filter(topic="case.escalate").order_by("id")
    assert [sorted(one.user_ids) for one in told] == [
        sorted(overseers),
        sorted([*overseers, director.pk]),
    ]
    assert {one.payload["title"] for one in told} == {f"督办升级：{case.number}"}
    assert verify().differences == []


def test_force_close_needs_a_second_leader_and_is_marked_for_ever(town: Town) -> None:
    case = town.walk(town.report(), "file", "dispatch", "ask_force_close")
    with pytest.raises(NotAllowed, match="不能审批自己"):
        act(case, "grant_force_close", town.who("leader"), {"reason": "同意"}, case.changed_at)
    town.walk(case, "grant_force_close")
    assert (case.state, case.forced) == ("closed", True)
    town.do(case, "reopen_inspected", case.changed_at + MINUTE)
    assert case.forced


def test_a_collector_does_not_check_his_own_report(town: Town) -> None:
    case = town.report(reporter_id=town.person("collector"))
    town.walk(case, "file", "dispatch", "assign", "submit_handling", "confirm_handled", "forward")
    with pytest.raises(WrongState, match="不能是本案上报人"):
        town.do(case, "request_check", person=town.person("collector"))
    town.do(case, "request_check", person=town.person("collector2"))
    item = WorkItem.objects.get(instance_id=case.pk, closed_at=None)
    assert (item.user_id, item.capability) == (town.person("collector2"), "cases.verify")
    with pytest.raises(NotAllowed):
        act(case, "submit_check", town.who("collector"), town.data("submit_check"), START)
    town.do(case, "submit_check", finding="unsolved")
    with pytest.raises(WrongState, match="未解决"):
        town.do(case, "close")


def test_candidates_are_the_same_matter_near_and_recent(town: Town) -> None:
    lon, lat = inside(1)
    here = LocalPlane(lon, lat)

    def beside(east: float, north: float) -> tuple[float, float]:
        moved = here.to_degrees([(east, north)])[0]
        return float(moved[0]), float(moved[1])

    def report(east: float, north: float, hours: float, **columns: object) -> int:
        x, y = beside(east, north)
        when = START + timedelta(hours=hours)
        return town.report(when, lon=x, lat=y, **columns).pk

    from factories import matter

    matter("06001", "店外经营")
    near = report(49, 0, 1)
    diagonal = report(30, 30, 71)
    report(51, 0, 1)
    report(0, -51, 1)
    report(36, 36, 1)
    report(1, 1, 73)
    report(1, 1, 1, matter_code="06001")
    voided = Case.objects.get(pk=report(2, 2, 2))
    town.walk(voided, "request_verification", "void")
    case = town.report(START)
    found = candidates_of(case)
    assert [one.id for one in found] == [diagonal, near]
    assert found[1].metres == pytest.approx(49, abs=0.3)
    # The box widens with the latitude, so that the circle is whole in the far north too.
    north = LocalPlane(122.0, 53.4)
    x, y = north.to_degrees([(49.0, 0.0)])[0]
    Case.objects.filter(pk=near).update(point=(float(x), float(y)))
    assert [one.id for one in candidates("matter", "01001", (122.0, 53.4), START)] == [near]


def test_merging_and_unmerging_lose_nothing(town: Town) -> None:
    main = town.report()
    double = town.report(START, source="public", reporter_name="李四")
    town.do(double, "request_verification", START + 2 * MINUTE)
    before: dict[str, Any] = dict(Case.objects.filter(pk=double.pk).values().get())
    town.do(double, "merge", START + 12 * MINUTE, main=main.pk)
    main.refresh_from_db()
    assert (double.state, double.main_case_id, double.stage_due_at) == ("verifying", main.pk, None)
    assert (main.reports, main.duplicates) == (2, 1)
    assert Report.objects.get(case_id=double.pk).status == "joined"
    assert reports_of(main).count() == 2
    assert not WorkItem.objects.filter(instance_id=double.pk, closed_at=None).exists()
    with pytest.raises(WrongState, match="已并入主案件"):
        town.do(double, "submit_verification")
    with pytest.raises(WrongState, match="请先撤销那些并案"):
        town.do(main, "merge", main=town.report().pk)
    town.do(double, "unmerge", START + 22 * MINUTE)
    after: dict[str, Any] = dict(Case.objects.filter(pk=double.pk).values().get())
    main.refresh_from_db()
    assert (main.reports, main.duplicates) == (1, 0)
    kept = set(before) - {"seq", "clocks", "changed_at", "stage_due_at", "stage_warn_at"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    # Ten minutes stood still: due ten minutes later, and acceptance still waits its turn.
    assert after["stage_due_at"] == before["stage_due_at"] + 10 * MINUTE
    assert after["clocks"]["accept"] == before["clocks"]["accept"]
    assert Report.objects.get(case_id=double.pk).status == "case"


def test_a_case_does_not_merge_into_itself(town: Town) -> None:
    case = town.report()
    with pytest.raises(WrongState, match="不能并入自身"):
        town.do(case, "merge", main=case.pk)


def test_every_reporter_with_an_account_is_told(town: Town) -> None:
    main, double = town.report(reporter_id=town.person("collector")), town.report()
    town.do(double, "merge", main=main.pk)
    main.refresh_from_db()
    town.walk(main, "file", "dispatch", "assign", "submit_handling", "confirm_handled", "forward")
    OutboxMessage.objects.all().delete()
    town.walk(main, "close")
    told = OutboxMessage.objects.filter(topic="cases.reporter.closed")
    assert reports_of(main).count() == 2
    # Nobody can be told through an account he has not; a message without people is for everybody.
    assert list(told.values_list("subject_id", "user_ids")) == [
        (Report.objects.get(case_id=main.pk).pk, [town.person("collector")])
    ]
    # The duplicate follows its main case, by itself.
    assert close_merged(main.changed_at + MINUTE) == 1
    assert Case.objects.get(pk=double.pk).state == "closed"
    assert tick(main.changed_at + MINUTE) == 0


def test_a_duplicate_closes_though_the_clock_was_set_back(town: Town) -> None:
    main, double = town.report(), town.report()
    town.do(double, "merge", main=main.pk)
    double.refresh_from_db()
    main.refresh_from_db()
    town.walk(main, "file", "dispatch", "assign", "submit_handling", "confirm_handled", "forward")
    town.walk(main, "close")
    assert close_merged(double.changed_at - 60 * MINUTE) == 1
    closed = Case.objects.get(pk=double.pk)
    assert (closed.state, closed.closed_at) == ("closed", double.changed_at)
    refused = Entry.objects.filter(action="case.close_with_main", result="refused")
    assert not refused.exists()


def test_files_are_seen_by_whom_the_case_is(town: Town) -> None:
    case = town.report()
    assert may_see(town.who("acceptor"), "case", case.pk)
    assert not may_see(principal_of(stranger()), "case", case.pk)
    assert not may_see(town.who("other"), "case", case.pk)


def test_rows_are_the_fold_of_their_events(town: Town) -> None:
    cases = [town.report() for _ in range(3)]
    town.walk(cases[0], "request_verification", "submit_verification", "file", "dispatch")
    town.walk(cases[0], "ask_suspension", "grant_suspension")
    town.do(cases[1], "amend", cases[1].changed_at, address="改后的地点", text="改后的描述")
    town.do(cases[2], "merge", main=cases[1].pk)
    late_case(town)
    checked = verify()
    assert (checked.cases, checked.differences) == (4, [])
    Case.objects.filter(pk=cases[0].pk).update(returns=7, state="closed", due_at=START)
    Case.objects.filter(pk=cases[1].pk).update(clocks={}, area_code="310199")
    expected = {
        (cases[0].number, "returns"),
        (cases[0].number, "state"),
        (cases[0].number, "due_at"),
        (cases[1].number, "clocks"),
        (cases[1].number, "area_code"),
    }
    assert {(d.number, d.column) for d in verify().differences} == expected
    mended = rebuild()
    assert ({(d.number, d.column) for d in mended.differences}, mended.mended) == (expected, 2)
    assert verify().differences == []
    assert Case.objects.get(pk=cases[0].pk).suspended_until == cases[0].suspended_until


def test_a_missing_event_is_found(town: Town) -> None:
    from django.db import connection

    case = town.walk(town.report(), "file")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM workflow_event WHERE instance_id = %s AND seq = 1", [case.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert [(d.number, d.column) for d in verify().differences] == [(case.number, "events")]
    assert SYSTEM.is_system


def test_a_case_is_handed_over_without_a_stop(town: Town) -> None:
    from chengguan.cases.screens.queues import my_items

    case = town.walk(town.report(), "file", "dispatch", "assign", "ask_extension")
    due = case.due_at
    with pytest.raises(WrongState, match="已由此人处置"):
        town.do(case, "hand_over", handler=town.person("handler"))
    with pytest.raises(WrongState, match="不是本单位人员"):
        town.do(case, "hand_over", handler=town.person("other"))
    town.walk(case, "hand_over")
    # The request and the clock go on; the case waits for the new handler alone.
    assert (case.state, case.handler_id, case.due_at) == ("handling", town.person("handler2"), due)
    assert case.requests["extension"]["seq"]
    waiting = {who: my_items(town.who(who)).count() for who in ("handler", "handler2")}
    assert waiting == {"handler": 0, "handler2": 1}
    with pytest.raises(NotAllowed):
        town.do(case, "submit_handling")
    act(
        case, "submit_handling", town.who("handler2"), town.data("submit_handling"), case.changed_at
    )
