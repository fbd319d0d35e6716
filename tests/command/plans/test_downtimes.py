"""A schedule under random downtimes: every start has one row, and what is made is the latest in time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import factories
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chengguan.command.enums import StartOutcome
from chengguan.command.plans.domain.keeping import keep_plan
from chengguan.command.plans.domain.recurring import start_due
from chengguan.command.plans.domain.scheduling import Terms, switch_on
from chengguan.command.plans.domain.template import Head, Task
from chengguan.command.plans.domain.timetable import due_between
from chengguan.core.errors import Invalid
from chengguan.programmes.enums import OnDayOff, Rhythm
from chengguan.programmes.models import Programme

from ..staff import who

if TYPE_CHECKING:
    from factories import City

ON = datetime(2027, 3, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai"))


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    # Days, and minutes from the hour of the start: at it, just before and behind, or anywhere.
    seen=st.sets(
        st.tuples(st.integers(0, 40), st.sampled_from([-1, 0, 1]) | st.integers(-400, 1000)),
        min_size=1,
        max_size=8,
    ),
    window=st.integers(5, 1440),
    off=st.sampled_from(OnDayOff.values),
    days=st.sets(st.integers(1, 7), min_size=1),
)
def test_over_any_downtimes_no_start_is_lost_or_doubled(
    city: City, seen: set[tuple[int, int]], window: int, off: str, days: set[int]
) -> None:
    """The worker looks at arbitrary instants: each start has one row; made are the latest in time."""
    with transaction.atomic():
        # A start costs some twenty statements: a plan of one task shows as much as one of three.
        task = Task("1", "巡查", owner="unit", code=city.unit.code, minutes=120)
        head = Head("lianhe", "联合")
        plan = keep_plan(who(city, "commander"), head, [task], area_code=factories.DISTRICT)
        terms = Terms(
            level="IV",
            rhythm=Rhythm.WEEKLY,
            days=tuple(sorted(days)),
            begin=time(19),
            valid_from=date(2027, 3, 1),
            window_minutes=window,
            on_day_off=off,
        )
        try:
            schedule = switch_on(who(city, "commander"), plan.pk, terms, at=ON)
        except Invalid:
            assert off == OnDayOff.SKIP
            assert days <= {6, 7}
            transaction.set_rollback(True)
            return
        hour = ON.replace(hour=terms.begin.hour)
        looks = sorted({hour + timedelta(days=day, minutes=more) for day, more in seen})
        for look in looks:
            start_due(look)
        due = due_between(terms.rule, terms.begin, ON, looks[-1])
        rows = {one.due_at: one for one in schedule.starts.all()}
        assert sorted(rows) == [one.at for one in due]
        for one in due:
            look = next(look for look in looks if look >= one.at)
            later = [other for other in due if one.at < other.at <= look]
            made = not later and look - one.at <= timedelta(minutes=window)
            row = rows[one.at]
            expected = StartOutcome.STARTED if made else StartOutcome.MISSED
            assert (row.outcome, row.run_id is not None, row.settled_at) == (expected, made, look)
        runs = Programme.objects.filter(details__schedule=schedule.pk).count()
        assert runs == sum(one.outcome == StartOutcome.STARTED for one in rows.values())
        transaction.set_rollback(True)
