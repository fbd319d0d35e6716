"""The list of points of a batch order: one a line, checked as a whole, each fault with its line."""

from __future__ import annotations

from collections.abc import Mapping

from chengguan.core.errors import DomainError

from .domain.issuing import MOST, Target
from .errors import wrong


def read_points(text: str, units: Mapping[str, int]) -> list[Target]:
    """Read lines "place,lon,lat,unit"; position and unit may be left out, tabs are commas.

    `units` are the unit names one may order, with their ids.

    Raises:
        Invalid: with every faulty line in `also`; nothing is taken.
    """
    found: list[Target] = []
    faults: list[DomainError] = []
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    wanted = [(number, line) for number, line in lines if line]
    if len(wanted) > MOST:
        raise wrong(
            "points", f"一次最多 {MOST} 个点位，现在是 {len(wanted)} 个。", "请分几次下达。"
        )
    for number, line in wanted:
        try:
            found.append(_read(number, line, units))
        except DomainError as fault:
            faults.append(fault)
    if faults:
        first, *rest = faults
        raise (
            wrong("points", first.message, first.mend or "", row=first.row)
            if not rest
            else _all(first, rest)
        )
    return found


def _all(first: DomainError, rest: list[DomainError]) -> DomainError:
    first.also = tuple(rest)
    return first


def _read(number: int, line: str, units: Mapping[str, int]) -> Target:
    parts = [part.strip() for part in line.replace("，", ",").replace("\t", ",").split(",")]
    place, rest = parts[0], parts[1:]
    if not place:
        raise wrong("points", f"第 {number} 行没有地点。", "每行以地点开头。", row=number)
    point = None
    if len(rest) >= 2 and (rest[0] or rest[1]):
        try:
            point = float(rest[0]), float(rest[1])
        except ValueError:
            point = (999.0, 999.0)
        if not (abs(point[0]) <= 180 and abs(point[1]) <= 90):
            raise wrong(
                "points",
                f"第 {number} 行的经纬度不对：{rest[0]},{rest[1]}。",
                "应写作“地点,经度,纬度”，如 古棕路口,121.912345,30.891234。",
                row=number,
            )
    name = rest[2] if len(rest) > 2 else rest[0] if len(rest) == 1 else ""
    if name and name not in units:
        raise wrong(
            "points",
            f"第 {number} 行的单位“{name}”不存在，或不在您的指挥范围内。",
            "请写机构全称，或去掉单位改由勾选的接收方办理。",
            row=number,
        )
    return Target(place[:120], point, units.get(name) if name else None)
