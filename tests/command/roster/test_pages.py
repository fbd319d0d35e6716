"""The roster's pages: what each post sees, what strangers don't, the same statements for more rows."""

from __future__ import annotations

from datetime import date, timedelta

import factories
import pytest
import time_machine
from page_clients import signed_in, statements

from chengguan.accounts.models import User
from chengguan.audit.models import Entry
from chengguan.command.models import Absence, Assignment, Requirement, Swap
from chengguan.command.roster.domain.rules import apply_rule
from command.roster.duty_city import DutyCity, at, duty_city, rotation

pytestmark = pytest.mark.django_db
WEEK = "/roster/?first=2026-06-01"
OPEN = ("/roster/", "/roster/now/", "/roster/mine/", "/roster/hours/")
KEPT = (
    "/roster/swaps/",
    "/roster/away/",
    "/roster/rules/",
    "/roster/rules/new/",
    "/roster/rules/shift/",
    "/roster/rules/need/",
    "/roster/import/",
    "/roster/flexible/",
    "/roster/flexible/reports/",
)


@pytest.fixture
def duty() -> DutyCity:
    with time_machine.travel(at(31, 12, month=5), tick=False):
        made = duty_city()
        apply_rule(made.keeping, rotation(made), date(2026, 6, 1), date(2026, 6, 10))
    return made


@pytest.fixture(autouse=True)
def _now() -> object:
    with time_machine.travel(at(31, 13, month=5), tick=True):
        yield


def text(user: User, url: str) -> str:
    response = signed_in(user).get(url)
    assert response.status_code == 200, (url, response.status_code)
    return str(response.content.decode())


def test_every_page_opens_for_who_keeps_the_roster(duty: DutyCity) -> None:
    for url in (*OPEN, *KEPT):
        text(duty.keeper, url)


def test_a_worker_sees_his_own_pages_and_not_the_keepers(duty: DutyCity) -> None:
    client = signed_in(duty.people[0])
    assert [client.get(url).status_code for url in OPEN] == [200] * 4
    assert [client.get(url).status_code for url in KEPT] == [403] * len(KEPT)
    page = text(duty.people[0], "/roster/mine/")
    assert "甲一" in page
    assert "6月1日" in page
    assert "丁四" not in page


def test_the_board_begins_with_ones_own_seven_days(duty: DutyCity) -> None:
    """On a phone a table of days shows the first: his own, today and tomorrow, stand before it."""
    page = signed_in(duty.people[0]).get("/roster/?first=2026-05-04")
    mine = Assignment.objects.filter(user=duty.people[0], ended_at=None).order_by("starts_at")
    told = {one.day: [piece.id for piece, _, _ in one.duties] for one in page.context["own"]}
    assert list(told) == [date(2026, 5, 31), *(date(2026, 6, day) for day in range(1, 7))]
    expected = {row.pk for row in mine if row.starts_at < at(7, 0)}
    assert expected
    assert {pk for pks in told.values() for pk in pks} == expected
    text_ = page.content.decode()
    assert "<b>明天</b>" in text_
    assert "?first=2026-06-01&amp;days=1" in text_


def test_a_night_that_goes_on_is_todays(duty: DutyCity) -> None:
    night = Assignment.objects.filter(period="night").order_by("starts_at").first()
    assert night is not None
    Assignment.objects.filter(pk=night.pk).update(ends_at=night.ends_at + timedelta(hours=4))
    with time_machine.travel(night.ends_at + timedelta(hours=2), tick=True):
        own = signed_in(night.user).get("/roster/").context["own"]
    assert night.pk in [piece.id for piece, _, _ in own[0].duties]


def test_each_cell_of_the_board_says_its_day(duty: DutyCity) -> None:
    """Where the table is stacked, a name without its day would be no roster."""
    assert 'data-label="6/1 星期一"' in text(duty.people[0], WEEK)


def test_a_stranger_sees_nobody_anywhere(duty: DutyCity) -> None:
    stranger = factories.stranger()
    row = Assignment.objects.first()
    assert row is not None
    for url in (WEEK, "/roster/now/?at=2026-06-01T09:00", "/roster/export.csv?first=2026-06-01"):
        page = text(stranger, url)
        assert not any(user.name in page for user in duty.people)
    client = signed_in(stranger)
    assert client.get(f"/roster/duty/{row.pk}/").status_code == 404
    assert client.post(f"/roster/duty/{row.pk}/correct/", {"why": "x"}).status_code == 404
    assert client.post(f"/roster/duty/{row.pk}/swap/", {"with": "1"}).status_code == 404


def test_an_areas_page_names_who_is_on_duty_to_who_may_see_it(duty: DutyCity) -> None:
    url = f"/registry/areas/{factories.STREET}001001/"
    seeing = duty.city.people["collector"]
    with time_machine.travel(at(1, 9), tick=True):
        page = text(seeing, url)
        assert "丁四 · 采集员" in page
        assert "000-4" in page
        top = duty.city.centre.parent
        assert top is not None
        keeper = factories.user(
            "台账", factories.organisation("旁单位", parent=top), username="aside"
        )
        keeper.grants.create(
            post=factories.post("keeper"), organisation=top, area_code=factories.DISTRICT,
            valid_from=factories.SINCE,
        )  # fmt: skip
        assert "丁四" not in text(keeper, url)


def test_gaps_and_doubles_are_counted_and_marked(duty: DutyCity) -> None:
    Requirement.objects.create(
        organisation=duty.city.centre, post="collector", area_code=factories.STREET,
        start="08:00", end="12:00", people=2, valid_from=date(2026, 1, 1),
    )  # fmt: skip
    row = Assignment.objects.get(starts_at=at(1, 8))
    Assignment.objects.filter(pk=row.pk).update(user=duty.people[0], starts_at=at(1, 7))
    page = text(duty.keeper, WEEK)

    assert "空岗 7" in page
    assert "重复排班 1" in page
    assert page.count("roster-double") == 2
    assert "缺1 08:00–12:00" in page


def test_the_board_asks_no_more_for_more_rows(duty: DutyCity) -> None:
    client = signed_in(duty.keeper)
    Assignment.objects.exclude(starts_at=at(1, 8)).delete()
    one = statements(client, WEEK)
    with time_machine.travel(at(31, 12, month=5), tick=False):
        rule = rotation(
            duty, name="又一条", members=[(1, duty.people[1], f"{factories.STREET}002")]
        )
        apply_rule(duty.keeping, rule, date(2026, 6, 1), date(2026, 6, 7))

    assert statements(client, WEEK) == one
    assert one <= 14


def test_a_swap_goes_its_way_through_the_pages(duty: DutyCity) -> None:
    given = Assignment.objects.get(starts_at=at(1, 8))
    taken = Assignment.objects.get(starts_at=at(2, 0))
    asker, other = duty.people[3], duty.people[0]
    page = text(asker, f"/roster/duty/{given.pk}/")
    assert f'value="{other.pk}:{taken.pk}"' in page
    posted = signed_in(asker).post(
        f"/roster/duty/{given.pk}/swap/",
        {"with": f"{other.pk}:{taken.pk}", "reason": "家中有事"},
    )
    assert posted.status_code == 302
    swap = Swap.objects.get()
    assert "家中有事" in text(other, "/roster/mine/")
    signed_in(other).post(f"/roster/swaps/{swap.pk}/accept/")
    assert "1 份换班等您批准" in text(duty.keeper, "/roster/swaps/")
    signed_in(duty.keeper).post(f"/roster/swaps/{swap.pk}/approve/", {"from": "swaps"})

    swap.refresh_from_db()
    assert swap.state == "approved"
    assert signed_in(duty.people[1]).post(f"/roster/swaps/{swap.pk}/refuse/").status_code == 404


def test_a_refused_swap_keeps_what_was_typed(duty: DutyCity) -> None:
    """A page of its own for the refusal would lose the colleague and the reason."""
    given = Assignment.objects.get(starts_at=at(1, 8))
    asker, other = duty.people[3], duty.people[0]
    asked = {"with": f"{other.pk}", "reason": "家中有事"}
    url = f"/roster/duty/{given.pk}/swap/"
    assert signed_in(asker).post(url, asked).status_code == 302
    again = signed_in(asker).post(url, asked)
    page = again.content.decode()
    assert again.status_code == 409
    assert 'role="alert"' in page
    assert 'value="家中有事"' in page
    assert f'<option value="{other.pk}" selected>' in page


def test_a_refused_correction_keeps_what_was_typed(duty: DutyCity) -> None:
    row = Assignment.objects.get(starts_at=at(1, 8))
    other = duty.people[0]
    url = f"/roster/duty/{row.pk}/correct/"
    answer = signed_in(duty.keeper).post(url, {"person": f"{other.pk}", "why": " "})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "请写明更正的原因" in page
    assert f'<option value="{other.pk}" selected>' in page


def test_who_works_at_the_same_time_is_no_history(duty: DutyCity) -> None:
    row = Assignment.objects.get(starts_at=at(1, 8))
    row.pk, row.user = None, duty.people[0]
    row.save()
    beside = text(duty.people[3], f"/roster/duty/{_other_of(row)}/")
    assert "同一时间在岗 1" in beside
    assert "历次安排" not in beside


def _other_of(row: Assignment) -> int:
    return Assignment.objects.exclude(pk=row.pk).get(starts_at=row.starts_at).pk


def test_a_rule_is_made_previewed_and_applied(duty: DutyCity) -> None:
    client = signed_in(duty.keeper)
    Assignment.objects.all().delete()
    form = {
        "organisation": duty.city.centre.pk, "name": "两班", "post": "collector", "days": "all",
        "cycle": "早 中 休", "step": "1", "valid_from": "2026-06-01",
        "teams": f"team1@{factories.STREET}001\nteam2@{factories.STREET}001",
    }  # fmt: skip
    wrong = client.post("/roster/rules/new/", {**form, "teams": "nobody@3101"})
    assert wrong.status_code == 422
    assert "nobody" in wrong.content.decode()
    made = client.post("/roster/rules/new/", form)
    assert made.status_code == 302
    page = text(duty.keeper, f"{made['Location']}?first=2026-06-01&last=2026-06-06")
    assert "新排 <b>8</b> 班" in page
    assert Assignment.objects.count() == 0
    done = client.post(made["Location"], {"first": "2026-06-01", "last": "2026-06-06"})
    assert done.status_code == 302
    assert Assignment.objects.count() == 8


def test_an_absence_and_a_pair_are_taken_and_wrong_ones_told(duty: DutyCity) -> None:
    client = signed_in(duty.keeper)
    form = {
        "which": "absence", "user": duty.people[3].pk, "kind": "leave",
        "starts_at": "2026-06-01T08:00", "ends_at": "2026-06-01T07:00",
    }  # fmt: skip
    wrong = client.post("/roster/away/", form)
    assert (wrong.status_code, "结束应晚于开始" in wrong.content.decode()) == (422, True)
    pair = {"which": "pair", "a": duty.people[3].pk, "b": duty.people[0].pk}
    assert client.post("/roster/away/", {**pair, "valid_from": "2026-05-01"}).status_code == 302
    assert client.post("/roster/away/", {**form, "ends_at": "2026-06-01T16:00"}).status_code == 302
    page = text(duty.keeper, "/roster/now/?at=2026-06-01T09:00")
    assert "甲一" in page
    assert "代丁四" in page
    gone = Absence.objects.get()
    client.post(f"/roster/away/{gone.pk}/back/")
    assert "丁四" in text(duty.keeper, "/roster/now/?at=2026-06-01T09:00")


def test_presence_is_work_that_was_done_and_nothing_else(duty: DutyCity) -> None:
    row = Assignment.objects.get(starts_at=at(1, 8))
    worker = row.user
    url = f"/roster/duty/{row.pk}/"
    with time_machine.travel(at(1, 12), tick=True):
        # Signing in and looking about is no work: only steps of cases are.
        signed_in(worker).get("/roster/mine/")
        assert "无工作记录" in text(worker, url)
        Entry.objects.create(
            id=1, at=at(1, 9), actor_id=worker.pk, actor=worker.name, action="case.report",
            subject_type="case", subject_id="1", result="done", detail={},
        )  # fmt: skip
        page = text(worker, url)
        assert "有工作记录" in page
        assert "1 步" in page
        # In words of the procedure, not in its codes.
        assert "case.report" not in page
        # A colleague sees who is on duty, and not what he did there.
        assert "工作记录" not in text(duty.city.people["collector"], url)


def test_there_is_no_clock_in_no_online_time_and_no_ranking() -> None:
    from django.apps import apps
    from django.urls import get_resolver

    from chengguan.config.paths import ROOT

    names = [
        field.name
        for model in apps.get_app_config("command").get_models()
        for field in model._meta.get_fields()
    ]
    forbidden = ("clock_in", "punch", "checkin", "check_in", "online", "rank", "score", "points")
    assert [name for name in names if any(word in name for word in forbidden)] == []
    addresses = [
        str(entry.pattern) for entry in get_resolver("chengguan.command.roster.urls").url_patterns
    ]
    assert [one for one in addresses if any(word in one for word in forbidden)] == []
    room = ROOT / "src/chengguan/command"
    said = [
        (path.name, word)
        for path in [*room.glob("roster/**/*.py"), *room.glob("templates/command/roster/*.html")]
        for word in ("签到", "打卡时间", "在线时长：", "名次", 'order_by("-steps')
        if word in path.read_text(encoding="utf-8")
    ]
    assert said == []


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/roster/?first=0001-01-01", 422),
        ("/roster/?first=9999-12-31&days=28", 422),
        ("/roster/now/?at=0001-01-01T00:00", 422),
        ("/roster/now/?at=9999-12-31T23:59", 422),
        ("/roster/hours/?first=0001-01-01", 200),
        ("/roster/hours/?first=9999-12-31", 200),
        ("/roster/flexible/reports/?area=²", 200),
    ],
)
def test_dates_at_the_end_of_the_calendar_are_told(duty: DutyCity, url: str, status: int) -> None:
    assert signed_in(duty.keeper).get(url).status_code == status


def test_what_was_asked_wrongly_is_not_answered_with_nobody(duty: DutyCity) -> None:
    """“在岗 0 人” beside a date that can't be would be a statement about the city."""
    page = signed_in(duty.keeper).get("/roster/now/?at=2026-02-30T08:00").content.decode()
    assert "没有这个时间" in page
    assert "在岗 0 人" not in page
    assert "没有您可见的在岗人员" not in page


def test_a_person_who_cannot_be_is_told(duty: DutyCity) -> None:
    """His field is hidden: without a sentence above, the page would be empty and silent."""
    answer = signed_in(duty.keeper).get("/roster/?person=99999999999999")
    assert (answer.status_code, "没有这个人" in answer.content.decode()) == (422, True)


def test_a_file_of_another_kind_is_not_given(duty: DutyCity) -> None:
    client = signed_in(duty.keeper)
    urls = ("/roster/export.pdf?first=2026-06-01", "/roster/template.pdf")
    assert [client.get(url).status_code for url in urls] == [404, 404]


def test_a_null_character_is_refused_in_words(duty: DutyCity) -> None:
    row = Assignment.objects.earliest("starts_at")
    answer = signed_in(duty.keeper).post(f"/roster/duty/{row.pk}/correct/", {"why": "病\x00假"})
    assert (answer.status_code, "空字符" in answer.content.decode()) == (422, True)
    row.refresh_from_db()
    assert row.ended_at is None
