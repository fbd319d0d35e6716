"""Points that lie off: outside China, turned round, or shifted as GCJ-02 and BD-09 shift."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chengguan.core.coordinates import CRS, convert_many, in_shifted_box

from ..locate import locate_areas
from .kind import Context

_SAMPLE: Final = 4_000
_FEW: Final = 3
_NAMES: Final = {
    CRS.CGCS2000: "CGCS2000（或 WGS84）",
    CRS.WGS84: "CGCS2000（或 WGS84）",
    CRS.GCJ02: "GCJ-02（高德、腾讯）",
    CRS.BD09: "BD-09（百度）",
}


def off_china(points: NDArray[np.float64]) -> tuple[str, str] | None:
    """Give message and mend when a point can't be in China; None when all can."""
    if bool(in_shifted_box(points).all()):
        return None
    lon, lat = points[~in_shifted_box(points)][0]
    if bool(in_shifted_box([(lat, lon)]).all()):
        return f"坐标 {lon:.6f}, {lat:.6f} 的经纬度颠倒了。", "请把经度放在前、纬度放在后。"
    if abs(lon) > 180 or abs(lat) > 90:
        return (
            f"坐标 {lon:.2f}, {lat:.2f} 不是经纬度。",
            "可能是投影坐标（米），请先转换为经纬度（度）。",
        )
    return f"坐标 {lon:.6f}, {lat:.6f} 不在中国境内。", "请核对坐标。"


def warn_of_shift(stored: Any, context: Context, grids: Any = None) -> None:
    """Warn when another coordinate system would bring the points where they belong.

    `stored` are points already converted from the system the user said (N × 2). They belong into
    our areas, or, better, into the unit grids that the file names for them (`grids`).
    """
    points = np.asarray(stored, dtype=np.float64).reshape(-1, 2)
    if not len(points):
        return
    picked = np.linspace(0, len(points) - 1, min(len(points), _SAMPLE)).astype(int)
    said = convert_many(points[picked], CRS.CGCS2000, context.crs)
    named = None if grids is None else np.asarray(grids)[picked]
    off = {crs: _off(convert_many(said, crs), named) for crs in (CRS.CGCS2000, CRS.GCJ02, CRS.BD09)}
    own = CRS.CGCS2000 if context.crs == CRS.WGS84 else context.crs
    best = min(off, key=off.__getitem__)
    if best is own or off[own] * len(picked) < _FEW or off[own] < 0.01 or off[best] > off[own] / 5:
        return
    share = f"{off[own]:.0%}"
    where = "不在所填的单元网格内" if named is not None else "不在任何已有区域内"
    context.faults.warn(
        f"坐标系可能选错：按 {_NAMES[own]} 读，{share} 的点{where}；按 {_NAMES[best]} 读只有 {off[best]:.0%}。",
        f"请核实数据来源，确认后改选 {_NAMES[best]} 重新校验。",
    )


def _off(points: NDArray[np.float64], named: Any) -> float:
    found = locate_areas(points)
    return float(np.mean(found != named if named is not None else found == ""))
