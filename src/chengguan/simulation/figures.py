"""The numbers anyone is judged by, each beside the truth: what the platform says, what was so.

The reported side uses only what the platform holds; the true side only the truth log. Intervals
are of the reported figure, 95 %; for shares by Wilson, for the inspection by grids drawn.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

from .model.ground import metres
from .model.problems import DAY, HOUR
from .records import CaseRow, ProblemRow, Records

Z = 1.96
OWN = frozenset({"collector", "video", "sensor", "superior", "unit"})
PUBLIC = frozenset({"hotline", "public"})
NEAR_M = 50.0
_DUST = 1e-9


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `kind` is share (0–1), hours or count; `low`–`high` the reported one's interval.

    `se` is the standard error of the gap: absolute for shares, relative to the truth otherwise.
    """

    code: str
    title: str
    kind: str
    reported: float | None
    truth: float | None
    low: float | None = None
    high: float | None = None
    se: float = 0.0
    n: int = 0

    @property
    def gap(self) -> float | None:
        """Reported less true: points for a share, a share of the truth for hours and counts."""
        if self.reported is None or self.truth is None:
            return None
        if self.kind == "share":
            return self.reported - self.truth
        return self.reported / self.truth - 1 if self.truth else None

    @property
    def agrees(self) -> bool | None:
        """Whether the truth lies in the reported figure's interval; None where there is none."""
        if self.truth is None or self.low is None or self.high is None:
            return None
        return self.low - _DUST <= self.truth <= self.high + _DUST


def figures(records: Records) -> list[Figure]:
    """Work out every figure of a run, or of a part of one."""
    return [make(records) for make in FIGURES]


def wilson(hits: int, n: int) -> tuple[float | None, float | None, float | None, float]:
    """Give (share, low, high, standard error) of `hits` in `n`."""
    if n == 0:
        return None, None, None, 0.0
    share = hits / n
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return share, max(0.0, middle - half), min(1.0, middle + half), half / Z


def discovery(records: Records) -> Figure:
    """发现率 by inspection: of what a supervisor saw in drawn grids, how much was a case already."""
    groups: dict[tuple[str, int | None], list[bool]] = defaultdict(list)
    for case in records.cases:
        if case.source == "superior" and (case.void == "repeated" or case.filed is not None):
            groups[case.grid, case.opened].append(case.void == "repeated")
    n = sum(map(len, groups.values()))
    truth = _share_known(records)
    if n == 0:
        return Figure("discovery", "发现率（抽查口径）", "share", None, truth)
    share = sum(map(sum, groups.values())) / n
    spread = sqrt(sum((sum(g) - share * len(g)) ** 2 for g in groups.values())) / n
    floor = wilson(int(share * n), n)[3]
    half = Z * max(spread, floor)
    low, high = max(0.0, share - half), min(1.0, share + half)
    return Figure("discovery", "发现率（抽查口径）", "share", share, truth, low, high, half / Z, n)


def missed(records: Records) -> Figure:
    """漏报率: what stands and is no case, by inspection and in truth."""
    found = discovery(records)
    flipped = None if found.reported is None else 1 - found.reported
    truth = None if found.truth is None else 1 - found.truth
    low = None if found.high is None else 1 - found.high
    high = None if found.low is None else 1 - found.low
    return Figure(
        "missed", "漏报率（抽查口径）", "share", flipped, truth, low, high, found.se, found.n
    )


def never_found(records: Records) -> Figure:
    """漏报率 in full: genuine problems nobody ever reported. No platform can say it."""
    genuine = [one for one in records.problems if one.genuine]
    silent = sum(one.first_report is None for one in genuine)
    truth = silent / len(genuine) if genuine else None
    return Figure("never_found", "始终无人上报的问题", "share", None, truth, n=len(genuine))


def own_share(records: Records) -> Figure:
    """主动发现率 as cities report it, own cases over all cases; the truth divides by all problems."""
    filed = [one for one in records.cases if one.filed is not None]
    own = sum(one.source in OWN for one in filed)
    genuine = [one for one in records.problems if one.genuine]
    found = sum(one.first_source in OWN for one in genuine)
    share, low, high, se = wilson(own, len(filed))
    truth = found / len(genuine) if genuine else None
    return Figure(
        "own_share", "主动发现率（上报口径）", "share", share, truth, low, high, se, len(filed)
    )


def volume(records: Records) -> Figure:
    """问题量: cases filed, against genuine problems that arose."""
    filed = sum(one.filed is not None for one in records.cases)
    genuine = sum(one.genuine for one in records.problems)
    return _count("volume", "问题量（立案数）", filed, genuine)


def collected(records: Records) -> Figure:
    """采集员有效上报数: what collectors are scored by, against what was genuine of it."""
    own = [one for one in records.cases if one.source == "collector" and one.filed is not None]
    genuine = sum(one.problem is not None and one.problem.genuine for one in own)
    return _count("collected", "采集员有效上报数", len(own), genuine)


def public_valid(records: Records) -> Figure:
    """公众举报有效率: filed or joined to a case, against reports of a genuine problem."""
    own = [one for one in records.cases if one.source in PUBLIC and (one.filed or one.void)]
    good = sum(one.filed is not None or one.void == "repeated" for one in own)
    true = sum(_reported_what_stood(one) and one.spoiled != "reward" for one in own)
    share, low, high, se = wilson(good, len(own))
    truth = true / len(own) if own else None
    return Figure("public_valid", "公众举报有效率", "share", share, truth, low, high, se, len(own))


def on_time(records: Records) -> Figure:
    """按期处置率: the platform's verdict, against problems gone when handling was confirmed, and
    that by the first limit: what a return or an extension moves is not moved here.
    """
    judged = [one for one in records.cases if one.on_time is not None and one.due is not None]
    reported = sum(bool(one.on_time) for one in judged)
    true = sum(_really_on_time(one) for one in judged)
    share, low, high, se = wilson(reported, len(judged))
    truth = true / len(judged) if judged else None
    return Figure("on_time", "按期处置率", "share", share, truth, low, high, se, len(judged))


def first_time_right(records: Records) -> Figure:
    """一次处置合格率: neither reworked nor reopened, against gone when it was handed in."""
    done = [one for one in records.cases if one.closed is not None and one.submitted is not None]
    reported = sum(not one.reworks and not one.reopened for one in done)
    true = sum(
        _gone_by(one, one.submitted) and not one.reworks and not one.reopened for one in done
    )
    share, low, high, se = wilson(reported, len(done))
    truth = true / len(done) if done else None
    return Figure(
        "first_time_right", "一次处置合格率", "share", share, truth, low, high, se, len(done)
    )


def false_closing(records: Records) -> Figure:
    """虚假结案率: closings that were disputed, against closings while the problem stood."""
    closed = [one for one in records.cases if one.closings]
    reported = sum(one.reopened > 0 for one in closed)
    true = sum(stands for one in closed for _, stands in one.closings[:1])
    share, low, high, se = wilson(reported, len(closed))
    truth = true / len(closed) if closed else None
    return Figure("false_closing", "虚假结案率", "share", share, truth, low, high, se, len(closed))


def standing(records: Records) -> Figure:
    """存在时长: report to close, against arising to gone (or to the end of the run), in hours."""
    closed = [one for one in records.cases if one.closed is not None and one.filed is not None]
    reported = _mean(
        [one.closed - one.opened for one in closed if one.closed and one.opened is not None]
    )
    genuine = [one for one in records.problems if one.genuine]
    truth = _mean([(records.end if p.ended is None else p.ended) - p.arose for p in genuine])
    return _hours("standing", "问题存在时长", reported, truth, len(closed))


def handling(records: Records) -> Figure:
    """处置时长: filed to handled, against report to gone, over cases with a problem, in hours."""
    done = [
        one
        for one in records.cases
        if one.filed is not None and one.handled is not None and one.problem is not None
    ]
    reported = _mean([one.handled - one.filed for one in done if one.handled and one.filed])
    truth = _mean([max(0, _gone(one, records.end) - one.reported) for one in done])
    return _hours("handling", "处置时长", reported, truth, len(done))


def cure(days: int) -> Callable[[Records], Figure]:
    """治愈率: no case of the matter within 50 m in so many days after closing, against none there."""

    def made(records: Records) -> Figure:
        last = records.end - days * DAY
        closed = [
            one
            for one in records.cases
            if one.closed is not None and one.filed is not None and one.closed <= last
        ]
        real = [one for one in closed if one.problem is not None]
        later = _cases_by_matter(records.cases)
        quiet = sum(not _comes_again(one, later, days) for one in real)
        back = _returns(records.problems)
        cured = sum(_is_cured(one, back, days) for one in real)
        share, low, high, se = wilson(quiet, len(real))
        truth = cured / len(real) if real else None
        return Figure(
            f"cure_{days}", f"{days} 日治愈率", "share", share, truth, low, high, se, len(real)
        )

    return made


FIGURES: tuple[Callable[[Records], Figure], ...] = (
    discovery,
    missed,
    never_found,
    own_share,
    volume,
    collected,
    public_valid,
    on_time,
    first_time_right,
    false_closing,
    handling,
    standing,
    cure(30),
    cure(90),
)


def _share_known(records: Records) -> float | None:
    """Of all problems standing at inspection hours, each day, the share with an open case."""
    spec = records.scenario.inspection
    hours = range(spec.first_hour, spec.last_hour)
    moments = [day * DAY + hour * HOUR for day in range(records.end // DAY) for hour in hours]
    stood = known = 0
    for one in records.problems:
        last = records.end if one.ended is None else one.ended
        stood += bisect_left(moments, last) - bisect_left(moments, one.arose)
        for stretch in one.known:
            until = last if stretch.last is None else min(last, stretch.last)
            if until > stretch.first:
                known += bisect_left(moments, until) - bisect_left(moments, stretch.first)
    return known / stood if stood else None


def _gone(case: CaseRow, end: int) -> int:
    if case.problem is None:
        return case.reported
    return end if case.problem.ended is None else case.problem.ended


def _really_on_time(case: CaseRow) -> bool:
    done = case.confirmed
    return done is not None and case.due is not None and done <= case.due and _gone_by(case, done)


def _gone_by(case: CaseRow, at: int | None) -> bool:
    if case.problem is None:
        return True
    return case.problem.ended is not None and at is not None and case.problem.ended <= at


def _reported_what_stood(case: CaseRow) -> bool:
    one = case.problem
    return one is not None and one.genuine


def _mean(values: Sequence[int]) -> float | None:
    return sum(values) / len(values) / HOUR if values else None


def _count(code: str, title: str, reported: int, truth: int) -> Figure:
    se = 1 / sqrt(truth) if truth else 0.0
    return Figure(code, title, "count", reported, truth, se=se, n=reported)


def _hours(code: str, title: str, reported: float | None, truth: float | None, n: int) -> Figure:
    # Durations are about as wide as their mean.
    return Figure(code, title, "hours", reported, truth, se=1 / sqrt(n) if n else 0.0, n=n)


def _cases_by_matter(cases: Sequence[CaseRow]) -> dict[str, list[CaseRow]]:
    found: dict[str, list[CaseRow]] = defaultdict(list)
    for one in cases:
        if one.filed is not None and one.problem is not None:
            found[f"{one.matter}{one.grid}"].append(one)
    return found


def _comes_again(case: CaseRow, later: dict[str, list[CaseRow]], days: int) -> bool:
    assert case.closed is not None
    assert case.problem is not None
    for other in later[f"{case.matter}{case.grid}"]:
        if other is case or other.opened is None or other.problem is None:
            continue
        soon = case.closed < other.opened <= case.closed + days * DAY
        if soon and metres(case.problem.point, other.problem.point) <= NEAR_M:
            return True
    return case.reopened > 0


def _returns(problems: Sequence[ProblemRow]) -> dict[str, list[ProblemRow]]:
    found: dict[str, list[ProblemRow]] = defaultdict(list)
    for one in problems:
        if one.cause == "return":
            found[one.parent].append(one)
    return found


def _is_cured(case: CaseRow, back: dict[str, list[ProblemRow]], days: int) -> bool:
    problem, closed = case.problem, case.closed
    assert problem is not None
    assert closed is not None
    if problem.ended is None or problem.ended > closed:
        return False
    return not any(child.arose <= closed + days * DAY for child in back[problem.key])
