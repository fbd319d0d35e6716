"""Both sides of a run as rows: what really happened, from the truth log, and what the platform holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from chengguan.cases.models import Case, Report
from chengguan.workflow.models import Event

from .model.reading import load_scenario
from .model.scenario import Scenario
from .model.truth import read_truth
from .running import CITY, RUN, TRUTH

GENUINE = frozenset({"fresh", "spread", "return"})
_COLUMNS = (
    "id",
    "state",
    "opened_at",
    "filed_at",
    "handled_at",
    "closed_at",
    "on_time",
    "reworks",
    "reopened",
    "extensions",
    "returns",
)


@dataclass(slots=True)
class Stretch:
    """A time in which the platform had an open case (`key`) of a problem; open when `last` is None."""

    key: str
    first: int
    last: int | None = None


@dataclass(slots=True)
class ProblemRow:
    """A true problem. Seconds of the run; `known` are the stretches with an open case."""

    key: str
    matter: str
    grid: str
    unit: str
    point: tuple[float, float]
    cause: str
    parent: str
    arose: int
    ended: int | None = None
    how: str = ""
    first_report: int | None = None
    first_source: str = ""
    known: list[Stretch] = field(default_factory=list)

    @property
    def genuine(self) -> bool:
        """Not made by anybody for a number's or a reward's sake."""
        return self.cause in GENUINE


@dataclass(slots=True)
class CaseRow:
    """One report and its case: the truth's part above, the platform's below (None: not there)."""

    key: str
    matter: str
    grid: str
    unit: str
    source: str
    agent: str
    spoiled: str
    problem: ProblemRow | None
    reported: int
    due: int | None = None
    submitted: int | None = None
    confirmed: int | None = None
    closings: list[tuple[int, bool]] = field(default_factory=list)
    spoils: set[str] = field(default_factory=set)
    case_id: int = 0
    state: str = ""
    void: str = ""
    opened: int | None = None
    filed: int | None = None
    handled: int | None = None
    closed: int | None = None
    on_time: bool | None = None
    reworks: int = 0
    reopened: int = 0
    extensions: int = 0
    returns: int = 0


@dataclass(slots=True)
class Records:
    """A run's rows; `end` is the last second."""

    scenario: Scenario
    said: Mapping[str, Any]
    problems: list[ProblemRow]
    cases: list[CaseRow]
    inspections: list[dict[str, Any]]
    spoils: dict[str, int]
    end: int

    def only(self, problems: Iterable[ProblemRow], cases: Iterable[CaseRow]) -> Records:
        """Give a part of the run: some problems, some cases."""
        return Records(self.scenario, self.said, list(problems), list(cases), [], {}, self.end)


def read_run(folder: Path) -> Records:
    """Read a run's truth from its folder and the platform's side from the present database."""
    said = json.loads((folder / RUN).read_text(encoding="utf-8"))
    scenario = load_scenario(folder / CITY)
    records = truth_of(scenario, said, read_truth(folder / TRUTH))
    fill_from_platform(records)
    return records


def truth_of(
    scenario: Scenario, said: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]
) -> Records:
    """Read the truth log; nothing of the platform is known yet."""
    reader = _Reader()
    for line in lines:
        take = getattr(reader, f"on_{line['what']}", None)
        if take is not None:
            take(line)
    end = int(said["days"]) * 86_400
    return Records(
        scenario,
        said,
        list(reader.problems.values()),
        list(reader.cases.values()),
        reader.inspections,
        dict(sorted(reader.spoils.items())),
        end,
    )


class _Reader:
    def __init__(self) -> None:
        self.problems: dict[str, ProblemRow] = {}
        self.cases: dict[str, CaseRow] = {}
        self.inspections: list[dict[str, Any]] = []
        self.spoils: dict[str, int] = {}

    def on_problem(self, line: Mapping[str, Any]) -> None:
        self.problems[line["key"]] = ProblemRow(
            line["key"],
            line["matter"],
            line["grid"],
            line["unit"],
            (line["point"][0], line["point"][1]),
            line["cause"],
            line["parent"],
            line["at"],
        )

    def on_end(self, line: Mapping[str, Any]) -> None:
        problem = self.problems[line["key"]]
        problem.ended, problem.how = line["at"], line["how"]

    def on_report(self, line: Mapping[str, Any]) -> None:
        problem = self.problems.get(line["problem"])
        unit = problem.unit if problem else ""
        self.cases[line["key"]] = CaseRow(
            line["key"],
            line["matter"],
            line["grid"],
            unit,
            line["source"],
            line["agent"],
            line["spoiled"],
            problem,
            line["at"],
        )
        if problem is None:
            return
        if problem.first_report is None:
            problem.first_report, problem.first_source = line["at"], line["source"]
        if not line["known"]:
            problem.known.append(Stretch(line["key"], line["at"]))

    def on_due(self, line: Mapping[str, Any]) -> None:
        case = self.cases[line["key"]]
        if case.due is None:
            case.due = line["due"]

    def on_act(self, line: Mapping[str, Any]) -> None:
        case, verb = self.cases[line["key"]], line["verb"]
        if line["spoiled"]:
            case.spoils.add(line["spoiled"])
        if verb == "submit_by_unit":
            case.submitted = line["at"]
        elif verb == "confirm_handled":
            case.confirmed = line["at"]
        elif verb in ("close", "void") and case.problem is not None:
            self._no_longer_known(case, line["at"])
        elif verb == "reopen" and case.problem is not None:
            case.problem.known.append(Stretch(case.key, line["at"]))

    def on_closed(self, line: Mapping[str, Any]) -> None:
        self.cases[line["key"]].closings.append((line["at"], line["stands"]))

    def on_inspect(self, line: Mapping[str, Any]) -> None:
        self.inspections.append(dict(line))

    def on_spoil(self, line: Mapping[str, Any]) -> None:
        self.spoils[line["kind"]] = self.spoils.get(line["kind"], 0) + 1

    def _no_longer_known(self, case: CaseRow, at: int) -> None:
        assert case.problem is not None
        for stretch in case.problem.known:
            if stretch.last is None and stretch.key == case.key:
                stretch.last = at


def fill_from_platform(records: Records) -> None:
    """Fill the platform's part of the rows from the present database."""
    city = records.scenario.city
    zone = timezone(timedelta(hours=city.utc_offset_hours))
    start = datetime(city.start.year, city.start.month, city.start.day, tzinfo=zone)

    def seconds(at: datetime | None) -> int | None:
        return None if at is None else int((at - start).total_seconds())

    reports = Report.objects.filter(client=records.said["client"])
    ids = dict(reports.values_list("key", "case_id"))
    units = _units(records.scenario)
    cases = Case.objects.filter(pk__in=reports.values("case_id"))
    stored = {row["id"]: row for row in cases.values(*_COLUMNS)}
    voids = Event.objects.filter(procedure="case", verb="void").values_list("instance_id", "data")
    reasons = {case_id: data.get("reason", "") for case_id, data in voids}
    for one in records.cases:
        one.unit = one.unit or units[one.matter]
        one.case_id = ids.get(one.key) or 0
        row = stored.get(one.case_id)
        if row is None:
            continue
        one.state, one.void = row["state"], reasons.get(one.case_id, "")
        one.opened, one.filed = seconds(row["opened_at"]), seconds(row["filed_at"])
        one.handled, one.closed = seconds(row["handled_at"]), seconds(row["closed_at"])
        one.on_time, one.reworks, one.reopened = row["on_time"], row["reworks"], row["reopened"]
        one.extensions, one.returns = row["extensions"], row["returns"]


def _units(scenario: Scenario) -> dict[str, str]:
    return {matter.code: matter.unit for matter in scenario.matters}
