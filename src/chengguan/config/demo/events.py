"""The published alarms and video events, taken in through the one door.

They are of spring 2019. Each of the two series is moved by whole days, so that the hour of day
stays and its last event lies two hours to a day before the load.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.domain.intake import NewReport, Refused, take_in_many
from chengguan.cases.enums import Source
from chengguan.core.errors import Conflict
from chengguan.exchange.domain.mapping import Mapping as Names
from chengguan.exchange.domain.mapping import Matter
from chengguan.registry.domain import catalogue
from chengguan.workflow.domain import Evidence

from . import FILES
from .bringing import DATA, read
from .photos import photo
from .things import component_codes

CLIENT: Final = "lingang"
SENDER: Final[Principal] = Principal.system("临港感知接入")
_LOCAL: Final = ZoneInfo("Asia/Shanghai")
_QUIET: Final = timedelta(hours=2)


def load() -> str:
    """Take in all events; a refused one stops the load, for each is known to be good."""
    now = timezone.now()
    names = event_names()
    sensor, video = alarms(names, now), video_events(names, now)
    answers = take_in_many([*sensor, *video], SENDER)
    for answer in answers:
        if isinstance(answer, Refused):
            raise answer.error
    if names.unmapped():
        raise Conflict(
            "demo.unmapped", names.summary(), mend="请在 data/demo/events.toml 中补上对照。"
        )
    return f"告警 {len(sensor)} 条，视频事件 {len(video)} 条"


def event_names() -> Names:
    """Load the mapping, held against the catalogue."""
    return Names.load(
        FILES / "events.toml",
        known=lambda kind, code: catalogue.matter(kind, code) is not None,
    )


def alarms(names: Names, now: datetime) -> list[NewReport]:
    """Give the 24 alarms of sensors and drones, moved up to `now`."""
    rows = list(read(DATA / "lingang" / "iot_events.csv"))
    components = component_codes()
    moments = moved([_utc(row["createTime"]) for row in rows], now)
    return [
        _report(
            Source.SENSOR,
            row,
            row["eventName"],
            row["eventDes"],
            address=row["address"],
            at=at,
            names=names,
            component=components.get(row["address"], ""),
        )
        for row, at in zip(rows, moments, strict=True)
    ]


def video_events(names: Names, now: datetime) -> list[NewReport]:
    """Give the 150 events that cameras saw, moved up to `now`."""
    rows = list(read(DATA / "lingang" / "video_ai_events.csv"))
    local = [datetime.fromisoformat(row["time"]).replace(tzinfo=_LOCAL) for row in rows]
    return [
        _report(
            Source.VIDEO,
            row,
            row["type"],
            row["desc"],
            address=row["desc"].split(row["type"])[0].removesuffix("周边"),
            at=at,
            names=names,
        )
        for row, at in zip(rows, moved(local, now), strict=True)
    ]


def moved(moments: Sequence[datetime], now: datetime) -> list[datetime]:
    """Move moments by whole days, so that the last lies at least two hours before `now`."""
    days = timedelta(days=(now - _QUIET - max(moments)) // timedelta(days=1))
    return [moment + days for moment in moments]


def _utc(text: str) -> datetime:
    # The source writes UTC, with an offset or without: its event numbers hold the local time.
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _report(
    source: str,
    row: Mapping[str, str],
    name: str,
    text: str,
    *,
    address: str,
    at: datetime,
    names: Names,
    component: str = "",
) -> NewReport:
    # Two series of one source may use one number twice.
    key = f"{source}-{row['id']}"
    matter: Matter | None = names.matter(name)
    lon, lat = float(row["lng"]), float(row["lat"])
    sketch = photo(key, "report", at, (lon, lat), name)
    raw: dict[str, Any] = dict(row)
    return NewReport(
        source=source,
        client=CLIENT,
        key=key,
        text=text.replace("<PLATE>", "（已隐去）"),
        at=at,
        address=address[:200],
        lon=lon,
        lat=lat,
        crs="WGS84",
        kind=matter.kind if matter else "",
        matter_code=matter.code if matter else "",
        component_code=component,
        source_ref=row["id"],
        raw={**raw, "_moved": "演示：时间已整日平移"},
        attachments=[Evidence(sketch, f"{key}.jpg", role="report")],
    )
