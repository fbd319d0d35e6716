"""A plan that starts itself: each start once, missed ones listed, authority asked each time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from threading import Barrier
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import factories
import pytest
from django.db import connection
from django.urls import reverse
from page_clients import statements

from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import principal_of
from chengguan.accounts.models import Grant, Post, User
from chengguan.audit.models import Entry
from chengguan.command.enums import ScheduleState, StartOutcome
from chengguan.command.models import Order, PlanSchedule, PlanStart, PlanTemplate, Receipt
from chengguan.command.orders.domain import receiving
from chengguan.command.plans import queries_schedule
from chengguan.command.plans.domain import scheduling
from chengguan.command.plans.domain.keeping import keep_plan
from chengguan.command.plans.domain.recurring import settle, start_due
from chengguan.command.plans.domain.scheduling import Terms, switch_on
from chengguan.command.plans.domain.template import Head, Task
from chengguan.command.plans.domain.timetable import ahead
from chengguan.core.errors import Conflict, Invalid, NotAllowed
from chengguan.core.worktime import CalendarExhausted
from chengguan.notify.models import OutboxMessage
from chengguan.programmes.enums import Rhythm
from chengguan.programmes.models import Programme

from ..staff import who

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

Signed = Callable[[str], "Client"]
ZONE = ZoneInfo("Asia/Shanghai")


def at(month: int, day: int, hour: int = 19, minute: int = 0) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=ZONE)


#: A Monday at noon, when the schedule is switched on.
ON = at(3, 1, 12)
WEEKLY = Terms(
    level="IV",
    rhythm=Rhythm.WEEKLY,
    days=(3, 5),
    begin=time(19),
    valid_from=date(2027, 3, 1),
)


@pytest.fixture
def plan(city: City) -> PlanTemplate:
    return _plan(city)


def _plan(city: City) -> PlanTemplate:
    tasks = [
        Task("1", "夜间联合巡查", owner="unit", code=city.unit.code, minutes=120),
        Task("2", "占道清理", owner="unit", code=city.other_unit.code, minutes=120),
        Task("3", "片长到场", owner="duty", code="area_chief"),
    ]
    head = Head("lianhe", "交警城管联合执法")
    return keep_plan(who(city, "commander"), head, tasks, area_code=factories.DISTRICT)


def _terms(city: City, **more: object) -> Terms:
    given = {name: getattr(WEEKLY, name) for name in Terms.__slots__} | {"lead_unit": city.unit.pk}
    return Terms(**{**given, **more})


def _on(city: City, plan: PlanTemplate, **more: object) -> PlanSchedule:
    return switch_on(who(city, "commander"), plan.pk, _terms(city, **more), at=ON)


def _outcomes(schedule: PlanSchedule) -> list[tuple[date, str]]:
    return list(schedule.starts.order_by("day").values_list("day", "outcome"))


def _told(user: User) -> list[str]:
    rows = OutboxMessage.objects.filter(topic="command.plan", user_ids__contains=[user.pk])
    return [str(one.payload["title"]) for one in rows.order_by("id")]


def test_it_starts_itself_as_an_ordinary_run(city: City, plan: PlanTemplate) -> None:
    schedule = _on(city, plan)
    assert start_due(at(3, 3, 18, 59)) == 0
    assert start_due(at(3, 3, 19, 1)) == 1
    assert start_due(at(3, 3, 19, 2)) == 0
    run = Programme.objects.get()
    assert (run.owner_name, run.drill, run.started_at) == ("华指挥", False, at(3, 3, 19, 1))
    order = Order.objects.get(title="夜间联合巡查")
    assert order.text.endswith("牵头：环卫所；协同：绿化所")
    assert order.due_at == at(3, 3, 21, 1)
    receipts = Receipt.objects.order_by("pk").values_list("name", "lead")
    assert list(receipts) == [("环卫所", True), ("绿化所", False)]
    start = schedule.starts.get()
    assert (start.run_id, start.gaps, start.due_at) == (run.pk, 1, at(3, 3))
    assert _told(city.people["commander"]) == ["定期启动有 1 项空缺：交警城管联合执法"]
    actions = list(
        Entry.objects.filter(subject_type="plan.schedule").values_list("action", flat=True)
    )
    assert sorted(actions) == ["plan.schedule.on", "plan.schedule.start"]


def test_a_run_in_which_all_is_done_ends_itself(city: City, plan: PlanTemplate) -> None:
    _on(city, plan)
    start_due(at(3, 3))
    run = Programme.objects.get()
    from chengguan.programmes.domain import act
    from chengguan.programmes.enums import ItemVerb

    for code, title in (("unit", "夜间联合巡查"), ("other", "占道清理")):
        receipt = Receipt.objects.get(order__title=title)
        for verb in ("accept", "finish"):
            getattr(receiving, verb)(who(city, code), receipt.pk)
    start_due(at(3, 3, 20))
    assert not Programme.objects.exclude(closed_at=None).exists()
    act(who(city, "commander"), run.items.get(title="片长到场").pk, ItemVerb.CANCEL, at(3, 3, 21))
    start_due(at(3, 3, 21, 5))
    run.refresh_from_db()
    assert (run.closed_at, run.outcome) == (at(3, 3, 21, 5), "各项任务均已办结，自动结束。")


def test_a_worker_that_was_down(city: City, plan: PlanTemplate) -> None:
    schedule = _on(city, plan)
    # Down for a fortnight, back an hour after the last of four starts.
    assert start_due(at(3, 12, 20)) == 1
    assert _outcomes(schedule) == [
        (date(2027, 3, 3), StartOutcome.MISSED),
        (date(2027, 3, 5), StartOutcome.MISSED),
        (date(2027, 3, 10), StartOutcome.MISSED),
        (date(2027, 3, 12), StartOutcome.STARTED),
    ]
    reason = schedule.starts.get(day=date(2027, 3, 10)).reason
    assert reason == "系统 2 天后才恢复，超过补启动时限 120 分钟"
    # Beyond the window not even the latest is made.
    assert start_due(at(3, 17, 21, 1)) == 0
    assert _outcomes(schedule)[-1] == (date(2027, 3, 17), StartOutcome.MISSED)
    assert _told(city.people["commander"])[0] == "定期启动有错过：交警城管联合执法"


@pytest.mark.django_db(transaction=True)
def test_of_several_workers_one_starts_it(city: City) -> None:
    schedule = _on(city, _plan(city))
    barrier = Barrier(4)

    def one(_: int) -> int:
        try:
            connection.ensure_connection()
            barrier.wait()
            return settle(schedule.pk, at(3, 3))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == [0, 0, 0, 1]
    assert (Programme.objects.count(), PlanStart.objects.count()) == (1, 1)


def test_authority_is_asked_again(city: City, plan: PlanTemplate) -> None:
    schedule = _on(city, plan)
    leader = factories.user("别的指挥长", city.centre, Post.objects.get(code="commander"))
    Grant.objects.filter(user=city.people["commander"]).delete()
    loading.forget()
    assert start_due(at(3, 3)) == 0
    schedule.refresh_from_db()
    assert (schedule.state, Programme.objects.count()) == (ScheduleState.STOPPED, 0)
    assert _outcomes(schedule) == [(date(2027, 3, 3), StartOutcome.REFUSED)]
    assert "启用人 华指挥" in schedule.paused_reason
    for user in (city.people["commander"], leader):
        assert _told(user) == ["定期启动已自动停止：交警城管联合执法"]
    assert start_due(at(3, 5)) == 0
    # Another takes it on: what fell due meanwhile is listed, and he answers from now on.
    scheduling.resume(principal_of(leader), schedule.pk, at=at(3, 8))
    assert _outcomes(schedule)[-1] == (date(2027, 3, 5), StartOutcome.PAUSED)
    assert start_due(at(3, 10)) == 1
    assert Programme.objects.get().owner_name == "别的指挥长"


def test_an_account_that_is_off_starts_nothing(city: City, plan: PlanTemplate) -> None:
    schedule = _on(city, plan)
    User.objects.filter(pk=city.people["commander"].pk).update(is_active=False)
    assert start_due(at(3, 3)) == 0
    schedule.refresh_from_db()
    assert schedule.state == ScheduleState.STOPPED


def test_pause_resume_end(city: City, plan: PlanTemplate) -> None:
    commander = who(city, "commander")
    schedule = _on(city, plan)
    scheduling.pause(commander, schedule.pk, "节前停一周", at=at(3, 2))
    assert start_due(at(3, 3)) == 0
    with pytest.raises(Conflict):
        scheduling.pause(commander, schedule.pk, "再停", at=at(3, 3))
    scheduling.resume(commander, schedule.pk, at=at(3, 4))
    assert _outcomes(schedule) == [(date(2027, 3, 3), StartOutcome.PAUSED)]
    assert start_due(at(3, 5)) == 1
    with pytest.raises(Invalid, match="写明原因"):
        scheduling.end(commander, schedule.pk, " ", at=at(3, 6))
    scheduling.end(commander, schedule.pk, "机制调整", at=at(3, 6))
    assert start_due(at(3, 10)) == 0
    with pytest.raises(Conflict):
        scheduling.resume(commander, schedule.pk, at=at(3, 10))
    for code in ("officer", "away", "acceptor"):
        with pytest.raises(NotAllowed):
            scheduling.end(who(city, code), schedule.pk, "x", at=at(3, 10))


def test_it_ends_when_its_time_is_over(city: City, plan: PlanTemplate) -> None:
    schedule = _on(city, plan, valid_until=date(2027, 3, 5))
    assert [start_due(at(3, day)) for day in (3, 5, 6)] == [1, 1, 0]
    schedule.refresh_from_db()
    assert (schedule.state, schedule.ended_reason) == (ScheduleState.ENDED, "期满")


def test_a_retired_plan_stops_it(city: City, plan: PlanTemplate) -> None:
    schedule = _on(city, plan)
    PlanTemplate.objects.update(retired_at=ON)
    assert start_due(at(3, 3)) == 0
    schedule.refresh_from_db()
    assert (schedule.state, "已停用" in schedule.paused_reason) == (ScheduleState.STOPPED, True)


def test_what_another_has_written_since_goes_out_in_nobodys_name(
    city: City, plan: PlanTemplate
) -> None:
    schedule = _on(city, plan)
    PlanTemplate.objects.filter(pk=plan.pk).update(made_at=at(3, 2), made_by="别人")
    assert start_due(at(3, 3, 19, 1)) == 0
    assert _outcomes(schedule) == [(date(2027, 3, 3), StartOutcome.REFUSED)]
    schedule.refresh_from_db()
    assert "别人" in schedule.paused_reason
    assert (Order.objects.count(), Programme.objects.count()) == (0, 0)
    # Whoever has read it answers for it anew.
    scheduling.resume(who(city, "commander"), schedule.pk, at=at(3, 4))
    assert start_due(at(3, 5, 19, 1)) == 1


def test_a_missing_year_is_no_year_of_holidays(city: City, plan: PlanTemplate) -> None:
    schedule = _on(city, plan)
    # The test's calendar ends with 2028.
    far = datetime(2029, 1, 3, 19, tzinfo=ZONE)
    PlanSchedule.objects.update(looked_until=far - timedelta(hours=1))
    assert start_due(far) == 0
    schedule.refresh_from_db()
    assert "无法判断工作日" in schedule.paused_reason
    with pytest.raises(CalendarExhausted):
        scheduling.resume(who(city, "commander"), schedule.pk, at=far)
    end = ahead(WEEKLY.rule, WEEKLY.begin, datetime(2028, 12, 20, tzinfo=ZONE))
    assert (len(end.starts), "只覆盖" in end.said) == (4, True)


def test_who_may_switch_on(city: City, plan: PlanTemplate) -> None:
    for code in ("officer", "away", "acceptor"):
        with pytest.raises(NotAllowed):
            switch_on(who(city, code), plan.pk, _terms(city), at=ON)
    made = switch_on(who(city, "officer"), plan.pk, _terms(city, drill=True), at=ON)
    assert start_due(at(3, 3)) == 1
    assert Programme.objects.get().drill
    assert queries_schedule.words(made) == "每周三、五 19:00，遇非工作日不启动"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"days": ()}, "weekdays"),
        ({"days": (8,)}, "weekdays"),
        ({"rhythm": Rhythm.MONTHLY, "days": (32,)}, "dates"),
        ({"window_minutes": 0}, "window"),
        ({"valid_until": date(2027, 2, 1)}, "valid_until"),
        ({"lead_unit": 999_999}, "lead"),
        ({"level": "X"}, "level"),
        # Saturdays are never worked in the test's calendar.
        ({"days": (6,)}, "valid_from"),
    ],
)
def test_terms_that_cannot_be(
    city: City, plan: PlanTemplate, more: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as fault:
        _on(city, plan, **more)
    assert fault.value.field == field
    assert not PlanSchedule.objects.exists()


def _form(city: City, **more: object) -> dict[str, object]:
    return {
        "rhythm": "weekly", "weekdays": ["3", "5"], "dates": "", "begin": "19:00",
        "valid_from": "2027-03-01", "valid_until": "", "on_day_off": "earlier", "window": "120",
        "level": "IV", "lead": str(city.unit.pk), "mode": "real", "area": "", "place": "",
        **more,
    }  # fmt: skip


def test_five_starts_are_seen_before_it_is_kept(
    city: City, plan: PlanTemplate, signed: Signed
) -> None:
    commander = signed("commander")
    url = reverse("command:plans-schedule-new", args=[plan.pk])
    assert commander.get(url).status_code == 200
    unseen = commander.post(url, _form(city, step="save"))
    assert (unseen.status_code, PlanSchedule.objects.count()) == (200, 0)
    looked = commander.post(url, _form(city, step="look"))
    assert len(looked.context["ahead"].starts) == 5
    seen = looked.context["seen"]
    # What was changed after looking is shown again first.
    other = commander.post(url, _form(city, step="save", seen=seen, begin="20:00"))
    assert (other.context["again"], PlanSchedule.objects.count()) == (True, 0)
    kept = commander.post(url, _form(city, step="save", seen=seen))
    schedule = PlanSchedule.objects.get()
    assert kept["Location"] == reverse("command:plans-schedule", args=[schedule.pk])
    assert (schedule.days, schedule.on_by, schedule.on_day_off) == ([3, 5], "华指挥", "earlier")
    page = commander.get(kept["Location"]).content.decode()
    assert "每周三、五 19:00" in page
    for verb, data in (("pause", {"reason": "停"}), ("resume", {}), ("end", {"reason": "完"})):
        act = reverse("command:plans-schedule-act", args=[schedule.pk, verb])
        assert commander.post(act, data).status_code == 302
    wrong = commander.post(url, _form(city, step="look", rhythm="monthly", dates="40"))
    assert (wrong.status_code, "几号" in wrong.content.decode()) == (422, True)


def test_strangers_see_no_schedule(city: City, plan: PlanTemplate, signed: Signed) -> None:
    schedule = _on(city, plan)
    url = reverse("command:plans-schedule", args=[schedule.pk])
    act = reverse("command:plans-schedule-act", args=[schedule.pk, "end"])
    for code in ("away", "acceptor", "unit"):
        assert signed(code).get(url).status_code == 404
        assert signed(code).post(act, {"reason": "x"}).status_code == 404
    assert signed("away").get(reverse("command:plans")).context["schedules"] == []
    new = reverse("command:plans-schedule-new", args=[plan.pk])
    assert signed("away").get(new).status_code == 404
    assert signed("acceptor").get(new).status_code == 403
    # The duty officer sees it and may not touch it: his post could not start it in earnest.
    assert signed("officer").get(url).context["may_keep"] is False


def test_lists_ask_the_same_for_one_and_three(
    city: City, plan: PlanTemplate, signed: Signed
) -> None:
    schedule = _on(city, plan)
    commander = signed("commander")
    start_due(at(3, 3))
    urls = [
        reverse("command:plans"),
        reverse("command:plans-plan", args=[plan.pk]),
        reverse("command:plans-schedule", args=[schedule.pk]),
    ]
    first = [statements(commander, url) for url in urls]
    for day in (5, 10):
        start_due(at(3, day))
    _on(city, plan)
    _on(city, plan, days=(1,))
    assert [statements(commander, url) for url in urls] == first
