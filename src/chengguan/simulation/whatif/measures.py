"""The figures of one run that a planner compares: each is one number, and it is said which way is good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final, Protocol

from ..model.load import Load
from ..model.scenario import Scenario

_HOUR, _DAY = 3_600, 86_400
_PUBLIC = frozenset({"hotline", "public"})
#: What is drawn by hour of the day: code → (name, kinds of work).
LOADS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "patrol": ("采集员巡查", ("patrol",)),
    "task": ("采集员上报与核实核查", ("task",)),
    "acceptor": ("受理员", ("shouli",)),
    "dispatcher": ("派遣员", ("paiqian",)),
    "crew": ("处置队伍", ("crew",)),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure. `unit`: share (0–1), hours, count, or load (hours a head and day); `good`: +1 the
    more the better, -1 the less the better, 0 neither.
    """

    code: str
    title: str
    unit: str
    good: int
    about: str = ""


class ProblemLike(Protocol):
    """What the figures ask of a problem; `records.ProblemRow` is one, too."""

    @property
    def genuine(self) -> bool: ...
    @property
    def arose(self) -> int: ...
    @property
    def ended(self) -> int | None: ...
    @property
    def first_report(self) -> int | None: ...


class CaseLike(Protocol):
    """What the figures ask of a case; a sheet of paper is one, and `records.CaseRow`."""

    @property
    def state(self) -> str: ...
    @property
    def opened(self) -> int | None: ...
    @property
    def filed(self) -> int | None: ...
    @property
    def handled(self) -> int | None: ...
    @property
    def closed(self) -> int | None: ...
    @property
    def on_time(self) -> bool | None: ...
    @property
    def reopened(self) -> int: ...


MEASURES: Final = (
    Measure("found_share", "问题发现率", "share", 1, "真实问题中有人上报过的"),
    Measure("found", "发现的问题数", "count", 0, "有人上报过的真实问题；管得好，问题本身会变少"),
    Measure("stood", "问题平均存在时长", "hours", -1, "从出现到消失，未消失的算到最后一天"),
    Measure("on_time", "按期处置率", "share", 1, "单位确认时未过时限，按工作时间计"),
    Measure("handled_share", "已处置率", "share", 1, "立案的案件中已处置的"),
    Measure("open_end", "期末未结案件", "count", -1),
    Measure("close_median", "结案时长中位数", "hours", -1, "上报到结案"),
    Measure("close_p90", "结案时长九成位", "hours", -1, "九成案件在此时长之内结案"),
    Measure("reopened", "异议重开率", "share", -1, "结过案的案件中又被重开的"),
    Measure("public", "公众举报数", "count", -1, "居民先于城管看见的越少越好"),
    Measure("load_collector", "采集员忙时（人·日）", "load", 0, "巡查、上报、核实核查"),
    Measure("load_task", "采集员上报核查（人·日）", "load", 0, "忙时中用于上报、核实、核查的"),
    Measure("load_acceptor", "受理员忙时（人·日）", "load", 0),
    Measure("load_dispatcher", "派遣员忙时（人·日）", "load", 0),
    Measure("load_crew", "处置队伍忙时（队·日）", "load", 0),
)


def measures_of(scenario: Scenario) -> list[Measure]:
    """Give the figures of a city: those of all cities, and the load of each of its units."""
    own = [
        Measure(f"load_crew_{one.code}", f"{one.name}忙时（队·日）", "load", 0)
        for one in scenario.units
    ]
    return [*MEASURES, *own]


def measured(
    scenario: Scenario,
    days: int,
    problems: Sequence[ProblemLike],
    cases: Sequence[CaseLike],
    sources: Iterable[str],
    load: Load,
) -> dict[str, float | None]:
    """Work out every figure of a run; None where there is nothing to tell it from."""
    genuine = [one for one in problems if one.genuine]
    found = sum(one.first_report is not None for one in genuine)
    filed = [one for one in cases if one.filed is not None]
    judged = [one for one in filed if one.on_time is not None]
    closed = [one for one in filed if one.state == "closed"]
    ever_closed = len(closed) + sum(one.reopened > 0 and one.state != "closed" for one in filed)
    end = days * _DAY
    lives = [(end if one.ended is None else one.ended) - one.arose for one in genuine]
    lengths = sorted((one.closed or 0) - (one.opened or 0) for one in closed)
    told: dict[str, float | None] = {
        "found_share": _share(found, len(genuine)),
        "found": float(found),
        "stood": sum(lives) / len(lives) / _HOUR if lives else None,
        "on_time": _share(sum(bool(one.on_time) for one in judged), len(judged)),
        "handled_share": _share(sum(one.handled is not None for one in filed), len(filed)),
        "open_end": float(sum(one.state not in ("closed", "voided") for one in cases)),
        "close_median": _rank(lengths, 0.5),
        "close_p90": _rank(lengths, 0.9),
        "reopened": _share(sum(one.reopened > 0 for one in filed), ever_closed),
        "public": float(sum(one in _PUBLIC for one in sources)),
    }
    return told | _loads(scenario, days, load)


def by_hour(days: int, load: Load) -> dict[str, list[float]]:
    """Give, for each kind of work and hour of the day, how many people were busy on average."""
    return {
        code: [
            round(sum(h[hour] for (kind, _), h in load.seconds.items() if kind in kinds), 3)
            / (_HOUR * days)
            for hour in range(24)
        ]
        for code, (_, kinds) in LOADS.items()
    }


def _loads(scenario: Scenario, days: int, load: Load) -> dict[str, float | None]:
    desks, people = scenario.desks, scenario.collectors.number
    totals: dict[str, float] = {}
    for (kind, agent), hours in load.seconds.items():
        busy = sum(hours) / _HOUR / days
        totals[kind] = totals.get(kind, 0.0) + busy
        if kind == "crew":
            unit = f"crew_{agent.partition('.')[0].upper()}"
            totals[unit] = totals.get(unit, 0.0) + busy
    task = totals.get("task", 0.0)
    crews = sum(one.crews for one in scenario.units)
    told: dict[str, float | None] = {
        "load_collector": (totals.get("patrol", 0.0) + task) / people,
        "load_task": task / people,
        "load_acceptor": _share(totals.get("shouli", 0), desks.acceptors + desks.acceptors_night),
        "load_dispatcher": _share(
            totals.get("paiqian", 0), desks.dispatchers + desks.dispatchers_night
        ),
        "load_crew": _share(totals.get("crew", 0.0), crews),
    }
    for one in scenario.units:
        told[f"load_crew_{one.code}"] = totals.get(f"crew_{one.code.upper()}", 0.0) / one.crews
    return told


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _rank(ordered: Sequence[int], share: float) -> float | None:
    return ordered[ceil(share * len(ordered)) - 1] / _HOUR if ordered else None
