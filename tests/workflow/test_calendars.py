"""Working calendars: the shipped ones, their revisions, and deadlines that a change moves."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, transaction

from chengguan.core.errors import Invalid, NotAllowed, NotFound
from chengguan.core.worktime import Limit, LimitUnit, due, from_epoch, to_epoch
from chengguan.workflow.domain import act, fold
from chengguan.workflow.domain.calendar_content import build, read_toml
from chengguan.workflow.domain.calendars import calendar
from chengguan.workflow.domain.revising import (
    import_calendar,
    preview,
    recalculate,
    save_revision,
)
from chengguan.workflow.models import CalendarDay, CalendarRevision, Definition, Event, WorkItem

from .trial import CITY, START, SYSTEM, TRIAL, begun, minutes, person, stored

SHIPPED = Path(__file__).parents[2] / "data" / "calendars"
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOLIDAY = CITY + 'holiday = [{date = 2026-03-02, name = "台风停工"}]\n'


def shanghai(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[misc, arg-type]


def worked_days(name: str, year: int) -> int:
    content = read_toml((SHIPPED / name).read_text(encoding="utf-8"))
    built = build("check@1", content)
    days = {from_epoch(start, built.tz).date() for start, _ in built.intervals}
    return Counter(day.year for day in days)[year]


def test_the_shipped_years_have_the_days_the_notices_give() -> None:
    # Mondays to Fridays of the year, less holidays on them, plus make-up days:
    # 2025 has 261, 18+... counted off the notice: 1+6+1+3+1+6 = 18 and 5 days made up.
    assert worked_days("cn-2025-2027.toml", 2025) == 261 - 18 + 5
    # 2026 has 261; 2+6+1+3+1+1+5 = 19 fall on them, 6 are made up.
    assert worked_days("cn-2025-2027.toml", 2026) == 261 - 19 + 6
    # 2027 has 261; 1+2+1+0+1+1+1 = 7 statutory days fall on them, none is made up yet.
    assert worked_days("cn-2025-2027.toml", 2027) == 261 - 7


def test_a_limit_over_the_spring_festival() -> None:
    content = read_toml((SHIPPED / "cn-2025-2027.toml").read_text(encoding="utf-8"))
    city = build("city@1", content)
    # Friday 13 February 2026, 17:00; Saturday the 14th is worked, then closed until the 24th.
    at = to_epoch(shanghai(2026, 2, 13, 17, 0))
    assert from_epoch(due(at, Limit(10, LimitUnit.WORK_HOUR), city)) == shanghai(2026, 2, 24, 9, 0)
    assert from_epoch(due(at, Limit(4, LimitUnit.WORK_HOUR), city)) == shanghai(2026, 2, 14, 11, 0)


def test_boston_keeps_its_wall_time() -> None:
    content = read_toml((SHIPPED / "boston-2011.toml").read_text(encoding="utf-8"))
    boston = build("boston@1", content)
    zone = ZoneInfo("America/New_York")
    at = to_epoch(datetime(2011, 11, 4, 16, 0, tzinfo=zone))
    # Summer time ends on Sunday; one hour on Friday and seven on Monday.
    end = from_epoch(due(at, Limit(1, LimitUnit.WORK_DAY), boston))
    assert end == datetime(2011, 11, 7, 16, 0, tzinfo=zone)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "测试日历"\n', "", "日历缺少“name”。"),
        ("start = 08:00:00", 'start = "8 点"', "日历内容有误"),
        ("first = 2025-01-01", "first = 2025-13-01", "不是有效的 TOML"),
    ],
)
def test_a_wrong_calendar_says_what(old: str, new: str, said: str) -> None:
    with pytest.raises(Invalid) as wrong:
        read_toml(CITY.replace(old, new))
    assert wrong.value.message.startswith(said)


def test_a_date_twice_is_refused() -> None:
    twice = "holiday = [{date = 2026-01-01}]\nmakeup = [{date = 2026-01-01}]\n"
    with pytest.raises(Invalid) as wrong:
        read_toml(CITY + twice)
    assert wrong.value.message == "日历内容有误：日期重复：2026-01-01"


@pytest.mark.django_db
def test_revisions_are_numbered_and_frozen(trial: Definition) -> None:
    assert calendar("city").name == "city@1"
    assert save_revision(CITY, SYSTEM).number == 1
    second = save_revision(HOLIDAY, SYSTEM, "停工")
    assert (second.number, calendar("city").name) == (2, "city@2")
    assert [(d.date, d.kind, d.name) for d in CalendarDay.objects.all()] == [
        (date(2026, 3, 2), "holiday", "台风停工")
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarRevision.objects.update(content={})
    with pytest.raises(NotFound):
        calendar("nowhere")
    with pytest.raises(NotAllowed):
        save_revision(CITY, person(1, "cases.accept"))


@pytest.mark.django_db
def test_a_change_moves_open_deadlines_after_a_preview(trial: Definition) -> None:
    one, other, urgent = (stored(begun(matter_code=code)) for code in ("", "", "urgent"))
    for each in (one, other, urgent):
        act(each, "accept", SYSTEM, {"unit": 7}, minutes(0))
    act(other, "finish", SYSTEM, at=minutes(5))
    before, after = shanghai(2026, 3, 2, 15, 0), shanghai(2026, 3, 3, 14, 0)
    with time_machine.travel(minutes(10), tick=False):
        moved = preview(HOLIDAY)
        assert [(m.instance_id, m.clock, m.before, m.after) for m in moved] == [
            (one.pk, "work", before, shanghai(2026, 3, 3, 12, 0))
        ]
        one.refresh_from_db()
        assert (one.due_at, Event.objects.filter(verb="recalculated").count()) == (before, 0)
        import_calendar(HOLIDAY, SYSTEM)
    assert after > before
    events = Event.objects.filter(verb="recalculated")
    assert [(e.instance_id, e.seq, e.data) for e in events] == [(one.pk, 3, {"calendar": "city@2"})]
    for each in (one, other, urgent):
        each.refresh_from_db()
    assert one.due_at == one.stage_due_at == shanghai(2026, 3, 3, 12, 0)
    assert (other.seq, urgent.seq, urgent.due_at) == (3, 2, minutes(120))
    assert WorkItem.objects.get(instance_id=one.pk, closed_at=None).due_at == one.due_at
    assert recalculate("city", SYSTEM) == 0


@pytest.mark.django_db
def test_the_past_folds_as_it_was(trial: Definition) -> None:
    one = stored(begun())
    act(one, "accept", SYSTEM, {"unit": 7}, minutes(0))
    with time_machine.travel(minutes(10), tick=False):
        import_calendar(HOLIDAY, SYSTEM)
    events = list(Event.objects.filter(instance_id=one.pk).order_by("seq"))
    dues = [fold(TRIAL, events[:count])[0]["due_at"] for count in (1, 2, 3)]
    assert dues == [None, shanghai(2026, 3, 2, 15, 0), shanghai(2026, 3, 3, 12, 0)]


@pytest.mark.django_db
def test_a_paused_clock_takes_the_newest_calendar_when_it_resumes(trial: Definition) -> None:
    one = stored(begun())
    act(one, "accept", SYSTEM, {"unit": 7}, START)
    act(one, "ask_hold", SYSTEM, {"reason": "等料"}, START)
    act(one, "approve_hold", SYSTEM, {}, START)
    act(one, "grant_hold", SYSTEM, {}, START)
    save_revision(CITY + "holiday = [{date = 2026-03-03}]\n", SYSTEM)
    act(one, "release", SYSTEM, at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    # Resumed Monday 17:00 with four hours left; Tuesday is closed now.
    assert one.due_at == shanghai(2026, 3, 4, 11, 0)
    assert one.clocks["work"]["calendar"] == "city@2"
