"""A dozen made-up vehicles (模拟), each at a published camera of a road, as if it had just said so."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from chengguan.core.coordinates import CRS
from chengguan.registry.domain.imports import table
from chengguan.telemetry.domain.receiving import Sent, receive

from .bringing import LOADER, bring, own

_HEADS = ["编号", "号牌", "类型", "使用单位", "区域代码", "状态"]


def load() -> str:
    """Load the vehicles, and where each was some minutes ago. While `make demo` runs, `fleet` drives them."""
    rows, now = own("vehicles.csv"), timezone.now()
    listed = [tuple(row[head] for head in _HEADS) for row in rows]
    bring("vehicles", "demo-作业车辆.csv", table(_HEADS, listed))
    sent = [
        Sent(
            vehicle=row["编号"],
            at=now - timedelta(minutes=int(row["几分钟前"])),
            lon=float(row["经度"]),
            lat=float(row["纬度"]),
            crs=CRS.WGS84,
            speed=float(row["速度"]),
            heading=float(row["方向"]),
        )
        for row in rows
    ]
    return f"{len(rows)} 辆，{receive(LOADER, sent, now).moved} 辆有位置（均为虚构）"
