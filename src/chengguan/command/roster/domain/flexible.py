"""Flexible hours by risk (错时): when the people there are should begin, so that peaks are covered.

Hour by hour `min(expected reports, people × what one can take)` is covered. That is monotone and
submodular in the people added, so the greedy choice gives at least 63 % of the best (Nemhauser,
Wolsey, Fisher 1978), and exchanges bring it to the top on every small case that the tests try in
full. The bound told with each proposal is of this very case: no plan can cover more. A solver of a
hundred megabytes would add nothing a person could see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import wrong

HOURS: Final = 24
MOST_PEOPLE: Final = 500
_EPSILON: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Proposal:
    """`starts` are the hours at which each person begins, in order; figures are reports a day.

    `staff` are people by hour; `covered` what they can take of the expected; `bound` is what no
    plan with these people can pass.
    """

    starts: tuple[int, ...]
    staff: tuple[float, ...]
    covered: tuple[float, ...]
    bound: float

    @property
    def total(self) -> float:
        return sum(self.covered)


def covered(demand: Sequence[float], staff: Sequence[float], per_hour: float) -> tuple[float, ...]:
    """Give what is covered in each hour: of `demand` no more than the people can take."""
    return tuple(min(d, per_hour * s) for d, s in zip(demand, staff, strict=True))


def propose(demand: Sequence[float], people: int, length: int, per_hour: float) -> Proposal:
    """Propose when each of `people` begins a shift of `length` hours.

    `demand` are 24 figures, the reports expected a day from midnight on; `per_hour` is how many
    one person can take in an hour. Ties go to the earlier hour, so the answer is always the same.

    Raises:
        Invalid: not 24 hours, no people or too many, no length or more than twelve hours.
    """
    if len(demand) != HOURS:
        raise wrong("demand", "应有 24 个小时的数。", "请重新统计。")
    if not 1 <= people <= MOST_PEOPLE:
        raise wrong("people", f"人数应在 1 至 {MOST_PEOPLE} 之间。", "请改正人数。")
    if not 1 <= length <= 12 or per_hour <= 0:
        raise wrong("length", "班长应为 1 至 12 小时，每人每小时件数应大于 0。", "请改正。")
    starts: list[int] = []
    staff = [0.0] * HOURS
    for _ in range(people):
        best = max(range(HOURS), key=lambda h: (_gain(demand, staff, h, length, per_hour), -h))
        starts.append(best)
        _shift(staff, best, length, 1)
    _exchange(demand, staff, starts, length, per_hour)
    now = covered(demand, staff, per_hour)
    top = max(_gain(demand, staff, hour, length, per_hour) for hour in range(HOURS))
    bound = min(sum(demand), people * length * per_hour, sum(now) + people * top)
    return Proposal(tuple(sorted(starts)), tuple(staff), now, max(bound, sum(now)))


def _exchange(
    demand: Sequence[float], staff: list[float], starts: list[int], length: int, per_hour: float
) -> None:
    """Move one person, or two together, to better hours for as long as that helps."""
    improved = True
    while improved:
        improved = _move_one(demand, staff, starts, length, per_hour) or _move_two(
            demand, staff, starts, length, per_hour
        )


def _move_one(
    demand: Sequence[float], staff: list[float], starts: list[int], length: int, per_hour: float
) -> bool:
    for start in sorted(set(starts)):
        _shift(staff, start, length, -1)
        lost = _gain(demand, staff, start, length, per_hour)
        best = max(range(HOURS), key=lambda h: (_gain(demand, staff, h, length, per_hour), -h))
        if _gain(demand, staff, best, length, per_hour) > lost + _EPSILON:
            starts[starts.index(start)] = best
            _shift(staff, best, length, 1)
            return True
        _shift(staff, start, length, 1)
    return False


def _move_two(
    demand: Sequence[float], staff: list[float], starts: list[int], length: int, per_hour: float
) -> bool:
    kinds = sorted(set(starts))
    base = sum(covered(demand, staff, per_hour))
    for place, one in enumerate(kinds):
        for other in kinds[place:]:
            if one == other and starts.count(one) < 2:
                continue
            _shift(staff, one, length, -1)
            _shift(staff, other, length, -1)
            for new in range(HOURS):
                _shift(staff, new, length, 1)
                then = max(
                    range(HOURS), key=lambda h: (_gain(demand, staff, h, length, per_hour), -h)
                )
                _shift(staff, then, length, 1)
                if sum(covered(demand, staff, per_hour)) > base + _EPSILON:
                    starts[starts.index(one)] = new
                    starts[starts.index(other)] = then
                    return True
                _shift(staff, then, length, -1)
                _shift(staff, new, length, -1)
            _shift(staff, one, length, 1)
            _shift(staff, other, length, 1)
    return False


def _gain(
    demand: Sequence[float], staff: Sequence[float], start: int, length: int, per_hour: float
) -> float:
    gain = 0.0
    for number in range(length):
        hour = (start + number) % HOURS
        open_ = demand[hour] - per_hour * staff[hour]
        if open_ > 0:
            gain += min(open_, per_hour)
    return gain


def _shift(staff: list[float], start: int, length: int, by: int) -> None:
    for number in range(length):
        staff[(start + number) % HOURS] += by
