"""What a report must be before it is taken in: who may send it, what it says, where it points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Final

import numpy as np
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.core.errors import DomainError, NotAllowed
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.locate import locate_areas

from ..enums import Source
from ..errors import ReportInvalid
from ..places import Place, checked_point, converted, home_area, known_area, outside

if TYPE_CHECKING:
    from .intake import NewReport

# `Source.values` builds its list anew each time.
_SOURCES: Final = frozenset(Source.values)
# The widths of the columns; PostgreSQL would refuse the whole batch otherwise.
_WIDTHS: Final = (
    ("client", 60, "客户端"),
    ("key", 120, "幂等键"),
    ("source_ref", 120, "来源编号"),
    ("address", 200, "地点"),
    ("component_code", 17, "部件标识码"),
    ("matter_code", 8, "事项"),
    ("kind", 10, "类别"),
    ("reporter_name", 40, "举报人"),
    ("reporter_phone", 20, "举报人电话"),
    ("text", 5000, "描述"),
)
_texts: Final = attrgetter(*(name for name, _, _ in _WIDTHS))

# A time that PostgreSQL can't give back would close the case's page for ever.
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: How far a sender's clock may be ahead.
_AHEAD: Final = timedelta(days=1)


def check_reporter(principal: Principal) -> None:
    """Check that the principal may report at all.

    Raises:
        NotAllowed: he may not.
    """
    if not principal.can(Capability.REPORT):
        raise NotAllowed(
            "cases.report", "您的岗位没有“上报问题”的权限。", mend="请联系安全管理员授权。"
        )


def check_report(new: NewReport) -> None:
    """Check everything a report says but its place.

    Raises:
        ReportInvalid: with the field that is wrong.
    """
    if not new.client or not new.key:
        raise _invalid("key", "缺少客户端或幂等键。", "请为每条上报给出唯一的键。")
    if new.source not in _SOURCES:
        raise _invalid(
            "source", f"不认识的来源“{new.source}”。", f"请填 {'、'.join(Source.values)} 之一。"
        )
    for value, (name, width, title) in zip(_texts(new), _WIDTHS, strict=True):
        if not isinstance(value, str) or len(value) > width or "\x00" in value:
            raise _invalid(name, f"“{title}”应为不超过 {width} 个字的文字。", "请删减后重报。")
    if new.at is not None and new.at.tzinfo is None:
        raise _invalid("at", "上报时间缺少时区。", "请写成 2026-05-01T08:00:00+08:00。")
    if new.at is not None and not _EARLIEST <= new.at <= timezone.now() + _AHEAD:
        raise _invalid("at", "上报时间早于 1970 年，或在将来。", "请核对发送方的时钟。")
    _check_matter(new)
    if not (new.text.strip() or new.matter_code or new.lon is not None or new.address.strip()):
        raise _invalid("text", "上报内容为空。", "请至少说明事项、位置或问题描述。")


def places_of(news: Sequence[NewReport]) -> list[Place | DomainError]:
    """Give the place of each report, or what is wrong with it; all points are located at once."""
    found: list[Place | DomainError | None] = [None] * len(news)
    by_crs: dict[str, list[tuple[int, tuple[float, float]]]] = {}
    for index, new in enumerate(news):
        try:
            if new.lon is None and new.lat is None:
                found[index] = _without_point(new)
            else:
                point = checked_point((new.lon, new.lat))
                by_crs.setdefault(new.crs, []).append((index, point))
        except DomainError as error:
            found[index] = error
    points: list[tuple[float, float]] = []
    owners: list[int] = []
    for crs, given in by_crs.items():
        try:
            points += converted([point for _, point in given], crs)
            owners += [index for index, _ in given]
        except DomainError as error:
            for index, _ in given:
                found[index] = error
    codes: list[str] = list(locate_areas(np.array(points))) if points else []
    for index, point, code in zip(owners, points, codes, strict=True):
        found[index] = Place(str(code), point) if code else _outside(news[index], point)
    return [one for one in found if one is not None]


def _outside(new: NewReport, point: tuple[float, float]) -> Place | DomainError:
    """A point in no area of ours is an error, unless the sender says which area it belongs to."""
    if not new.area_code:
        return outside(point)
    try:
        return Place(known_area(new.area_code), point)
    except DomainError as error:
        return error


def _without_point(new: NewReport) -> Place:
    return Place(known_area(new.area_code) if new.area_code else home_area())


def _check_matter(new: NewReport) -> None:
    if not new.matter_code:
        return
    kind = new.kind or "matter"
    if catalogue.matter(kind, new.matter_code) is None:
        raise _invalid(
            "matter_code",
            f"目录中没有现行的事项 {kind} {new.matter_code}。",
            "请核对事项代码，或不填事项，由受理员确定。",
        )


def _invalid(field: str, message: str, mend: str) -> ReportInvalid:
    return ReportInvalid(f"cases.report.{field}", message, field=field, mend=mend)
