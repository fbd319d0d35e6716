"""A platform on paper: the shipped procedure's loop, its states and its handling clock, in memory.

It decides as the real one does about what simulated people do: what follows from which state, due
times in working hours by `core.clock`, on time or not at the instant the unit confirms. It knows
no accounts, rights, duties, photos, suspensions, appeals, arbitration, merging or facts. A test
lives one small city on both and holds every figure of a comparison against the other's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from chengguan.core.clock import ClockState, Effect, apply, is_overdue
from chengguan.core.worktime import STANDARD_HOURS, Calendar, Limit, LimitUnit, parse_limit

from .platform import ENDED, MOVES, Act, Answer, Said
from .scenario import CitySpec, Scenario

_SECONDS = {
    LimitUnit.SECOND: 1,
    LimitUnit.MINUTE: 60,
    LimitUnit.URGENT_HOUR: 3600,
    LimitUnit.URGENT_DAY: 86_400,
    LimitUnit.WORK_HOUR: 2 * 3600,
    LimitUnit.WORK_DAY: 30 * 3600,
    LimitUnit.NATURAL_DAY: 86_400,
}
#: From which state each verb may be taken; what stands not here, from every open one.
STEPS: Mapping[str, frozenset[str]] = {
    verb: frozenset(states.split())
    for verb, states in {
        "request_verification": "reported",
        "submit_verification": "verifying",
        "file": "reported",
        "void": "reported verifying",
        "dispatch": "awaiting_dispatch",
        "return_to_dispatcher": "awaiting_handling",
        "assign": "awaiting_handling",
        "submit_by_unit": "handling",
        "confirm_handled": "handled",
        "rework": "feedback",
        "forward": "feedback",
        "request_check": "awaiting_close",
        "submit_check": "checking",
        "refuse_close": "awaiting_close",
        "close": "awaiting_close",
        "reopen": "closed",
        "ask_extension": "handling",
        "grant_extension": "handling",
        "refuse_extension": "handling",
    }.items()
}
_MOST_EXTENSIONS = 2
_DISPUTE_SECONDS = 15 * 86_400


def wall_seconds(text: str) -> int:
    """Give how long a limit is on the wall clock, roughly: a working day is a day and its night."""
    limit = parse_limit(text)
    return int(float(limit.value) * _SECONDS[limit.unit])


@dataclass(slots=True, eq=False)
class Sheet:
    """What is kept of one case; the columns are those of the platform's row, times of the run."""

    key: str
    limit: Limit
    opened: int
    state: str = "reported"
    filed: int | None = None
    handled: int | None = None
    closed: int | None = None
    on_time: bool | None = None
    reworks: int = 0
    reopened: int = 0
    extensions: int = 0
    returns: int = 0
    clock: ClockState | None = None
    asked: bool = False
    finding: str = ""


class Paper:
    """Keeps a sheet for each case and says no where the platform would.

    `calendar` is the working calendar of the city, in instants; without one every Monday to
    Friday has the standard's hours, and there are no holidays.
    """

    def __init__(self, scenario: Scenario, calendar: Calendar | None = None) -> None:
        self.cases: dict[str, Sheet] = {}
        self.calendar = calendar or _plain_weeks(scenario.city)
        zone = timezone(timedelta(hours=scenario.city.utc_offset_hours))
        day = scenario.city.start
        self._start = int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
        self._limits = {one.code: parse_limit(one.limit) for one in scenario.matters}
        self._answers: list[Answer] = []

    def report(self, said: Said) -> None:
        """Take a report in as a case."""
        self.cases[said.key] = Sheet(said.key, self._limits[said.matter], said.at)
        self._answers.append(Answer(said.key, "report", "", "reported"))

    def act(self, act: Act) -> None:
        """Take a step, or refuse it and leave the case as it is."""
        sheet = self.cases[act.key]
        refused = self._why_not(sheet, act)
        if not refused:
            self._step(sheet, act)
        self._answers.append(Answer(act.key, act.verb, refused, sheet.state, self._due(sheet)))

    def look(self, now: int) -> list[Answer]:
        """Give the answers since the last look; a refusal tells where the case stands now."""
        found, self._answers = self._answers, []
        return [self._as_it_stands(one) if one.refused else one for one in found]

    def _as_it_stands(self, refused: Answer) -> Answer:
        sheet = self.cases[refused.key]
        return replace(refused, state=sheet.state, due=self._due(sheet))

    def _due(self, sheet: Sheet) -> int | None:
        due = sheet.clock.due if sheet.clock is not None else None
        return None if due is None else due - self._start

    def _why_not(self, sheet: Sheet, act: Act) -> str:
        states = STEPS.get(act.verb)
        if sheet.state in ENDED if states is None else sheet.state not in states:
            return "workflow.state"
        late = sheet.clock is not None and is_overdue(sheet.clock, self._start + act.at)
        refusals = {
            "return_to_dispatcher": sheet.returns > 0,
            "close": sheet.finding == "unsolved",
            "ask_extension": late or sheet.asked or sheet.extensions >= _MOST_EXTENSIONS,
            "grant_extension": not sheet.asked,
            "refuse_extension": not sheet.asked,
            "reopen": sheet.filed is None or act.at > (sheet.closed or 0) + _DISPUTE_SECONDS,
        }
        return "workflow.guard" if refusals.get(act.verb, False) else ""

    def _step(self, sheet: Sheet, act: Act) -> None:
        before, sheet.state = sheet.state, MOVES.get(act.verb, sheet.state)
        sheet.asked = act.verb == "ask_extension" or (sheet.asked and act.verb == "urge")
        if "finding" in act.data:
            sheet.finding = str(act.data["finding"])
        if sheet.state in ENDED:
            sheet.closed = act.at
        own = getattr(self, f"_{act.verb}", None)
        if own is not None:
            own(sheet, act.at)
        elif before in ENDED:
            raise AssertionError(f"{act.verb} leads out of {before}")

    def _file(self, sheet: Sheet, at: int) -> None:
        sheet.filed = at

    def _dispatch(self, sheet: Sheet, at: int) -> None:
        again = sheet.clock is not None and not (sheet.reopened and sheet.handled is None)
        if again:
            self._tick(sheet, at, "resume")
        else:
            limit = sheet.limit.seconds(self.calendar)
            self._tick(sheet, at, "start", limit=limit, mode=sheet.limit.mode)
        sheet.on_time = None

    def _return_to_dispatcher(self, sheet: Sheet, at: int) -> None:
        sheet.returns += 1
        self._tick(sheet, at, "pause")

    def _confirm_handled(self, sheet: Sheet, at: int) -> None:
        assert sheet.clock is not None
        sheet.on_time = not is_overdue(sheet.clock, self._start + at)
        sheet.handled = at
        self._tick(sheet, at, "end")

    def _rework(self, sheet: Sheet, at: int) -> None:
        sheet.reworks += 1
        sheet.on_time = None
        self._tick(sheet, at, "resume")

    def _refuse_close(self, sheet: Sheet, at: int) -> None:
        sheet.reworks += 1
        sheet.finding = ""

    def _reopen(self, sheet: Sheet, at: int) -> None:
        sheet.reopened += 1
        sheet.handled = sheet.closed = sheet.on_time = None
        sheet.finding = ""

    def _grant_extension(self, sheet: Sheet, at: int) -> None:
        sheet.extensions += 1
        self._tick(sheet, at, "extend", seconds=sheet.limit.seconds(self.calendar))

    def _tick(self, sheet: Sheet, at: int, op: str, **params: Any) -> None:
        effect = Effect(self._start + at, "handle", op, params)
        sheet.clock = apply(sheet.clock, effect, self.calendar)


def _plain_weeks(city: CitySpec) -> Calendar:
    zone = f"Etc/GMT{-city.utc_offset_hours:+d}"
    return Calendar.build(
        name="plain",
        tz=zone,
        first=city.start - timedelta(days=1),
        last=city.start + timedelta(days=1500),
        hours=STANDARD_HOURS,
    )
