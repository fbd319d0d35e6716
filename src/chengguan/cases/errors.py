"""What can be refused about reports and cases, in sentences a person can act on."""

from __future__ import annotations

from datetime import date

from chengguan.core.errors import Conflict, Invalid


class NumbersExhausted(Conflict):
    """An area has used its 99,999 numbers of a day (409)."""

    def __init__(self, area6: str, day: date) -> None:
        super().__init__(
            "cases.numbers_exhausted",
            f"{area6} 在 {day:%Y-%m-%d} 的 99999 个案件编号已用完。",
            mend="请联系系统管理员，改用下级区划代码分别编号。",
            area=area6,
            day=f"{day:%Y-%m-%d}",
        )


class OutsideCity(Invalid):
    """A point lies in no area of the city (422); says so when GCJ-02 would explain it."""

    def __init__(self, lon: float, lat: float, *, inside_as: str | None = None) -> None:
        mend = "请核对经纬度及坐标系，或改填所属区划。"
        if inside_as:
            mend = f"按 {inside_as} 坐标读取则在本市范围内，请检查坐标系是否应填 {inside_as}。"
        super().__init__(
            "cases.outside_city",
            f"位置（{lon:.6f}, {lat:.6f}）不在本市范围内。",
            field="lon",
            mend=mend,
            lon=lon,
            lat=lat,
            inside_as=inside_as,
        )


class ReportInvalid(Invalid):
    """A report that can't be taken in as it is (422)."""
