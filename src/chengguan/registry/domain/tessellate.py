"""Unit grids for communities, written to the registry; and the repair of drawn boundaries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import NewEntry, record_many
from chengguan.store import revisions, rows

from ..enums import AreaLevel
from ..errors import conflict, invalid, unknown_area
from ..models import Area
from .repair import GAP_M, Drawing, Gap, repair
from .rights import require
from .shapes import geometry_columns, to_shape
from .tessellation import cells_of

Progress = Callable[[str, int, int], None]
MAX_CELLS = 999


@dataclass(frozen=True, slots=True)
class Tessellated:
    """How many grids each community (code) has got."""

    grids: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.grids.values())


@dataclass(frozen=True, slots=True)
class RepairedAreas:
    """What a repair changed: code → note in Chinese; and the gaps that stay."""

    notes: dict[str, str]
    gaps: tuple[Gap, ...]


def tessellate(
    area_code: str,
    principal: Principal,
    *,
    target_m2: float = 10_000,
    max_cells: int = MAX_CELLS,
    valid_from: date | None = None,
    replace: bool = False,
    progress: Progress | None = None,
) -> Tessellated:
    """Cut every community at or under `area_code` into unit grids of about `target_m2`.

    Codes are community 12 + number 3, west to east in a row, rows from north to south. One
    transaction for all communities. Existing grids are replaced only when `replace` says so:
    their numbers are in duty grids and cases by value.

    Raises:
        NotAllowed, NotFound: no right over the area; no such area.
        Invalid: no community there has a boundary, or a limit makes no sense.
        Conflict: there are grids already.
    """
    require(principal, Capability.EDIT_REGISTRY, "registry.tessellate", area_code=area_code)
    if not 1 <= max_cells <= MAX_CELLS or target_m2 < 100:
        raise invalid(
            "tessellate_limits", "网格大小或数量不合理。", "面积不小于 100 平方米，数量 1 至 999。"
        )
    communities = _communities(area_code)
    codes = [code for code, _ in communities]
    day = valid_from or timezone.localdate()
    with transaction.atomic():
        old = Area.objects.filter(level=AreaLevel.GRID, parent_code__in=codes)
        if old.exists() and not replace:
            raise conflict(
                "grids_exist",
                "该区域已有单元网格。",
                "确需重新划分时，请选择“替换现有网格”；责任网格须随后重新绑定。",
            )
        old.delete()
        counts: dict[str, int] = {}
        for done, (code, geometry) in enumerate(communities, start=1):
            cells = cells_of(to_shape(geometry), target_m2=target_m2, max_cells=max_cells)
            rows.insert(Area, [_grid(code, n, cell, day) for n, cell in enumerate(cells, 1)])
            counts[code] = len(cells)
            if progress:
                progress(code, done, len(communities))
        _record(
            principal, "registry.tessellate", {code: {"grids": n} for code, n in counts.items()}
        )
        revisions.bump("areas")
    return Tessellated(counts)


def repair_areas(
    parent_code: str,
    principal: Principal,
    *,
    gap_m: float = GAP_M,
    progress: Progress | None = None,
) -> RepairedAreas:
    """Repair the boundaries of all areas one level or more under `parent_code`, level by level.

    The repair always starts from the original drawings, so that a second run changes nothing.

    Raises:
        NotAllowed, NotFound: as `tessellate`.
        Conflict: unit grids already depend on a boundary that would move.
    """
    require(principal, Capability.EDIT_REGISTRY, "registry.repair", area_code=parent_code)
    if not Area.objects.filter(code=parent_code).exists():
        raise unknown_area(parent_code)
    under = (
        Area.objects.filter(code__startswith=parent_code, geometry__isnull=False)
        .exclude(code=parent_code)
        .exclude(level=AreaLevel.GRID)
        .order_by("code")
    )
    notes: dict[str, str] = {}
    gaps: list[Gap] = []
    with transaction.atomic():
        by_level: dict[str, list[Area]] = {}
        for area in under:
            by_level.setdefault(area.level, []).append(area)
        for done, areas in enumerate(by_level.values(), start=1):
            drawings = [Drawing(a.code, to_shape(a.original or a.geometry)) for a in areas]
            result = repair(drawings, gap_m=gap_m)
            gaps += result.gaps
            for area, after in zip(areas, result.areas, strict=True):
                if _moved(area, after.geometry):
                    _move(area, after.geometry, after.note)
                    notes[area.code] = after.note
            if progress:
                progress(areas[0].get_level_display(), done, len(by_level))
        _record(
            principal, "registry.repair", {code: {"repair": note} for code, note in notes.items()}
        )
        if notes:
            revisions.bump("areas")
    return RepairedAreas(notes, tuple(gaps))


def dissolve(parent_code: str, principal: Principal) -> None:
    """Give `parent_code` the union of its children as its boundary (for parents without their own).

    Raises:
        NotAllowed, NotFound: as `tessellate`.
        Invalid: no child has a boundary.
    """
    require(principal, Capability.EDIT_REGISTRY, "registry.dissolve", area_code=parent_code)
    children = Area.objects.filter(parent_code=parent_code, geometry__isnull=False).order_by("code")
    shapes = [to_shape(geometry) for geometry in children.values_list("geometry", flat=True)]
    if not shapes:
        raise invalid(
            "no_boundaries", f"{parent_code} 的下级没有边界。", "请先导入下级区域的边界。"
        )
    whole = shapely.normalize(shapely.union_all(np.array(shapes, dtype=object)))
    with transaction.atomic():
        if not Area.objects.filter(code=parent_code).update(**geometry_columns(whole)):
            raise unknown_area(parent_code)
        _record(principal, "registry.dissolve", {parent_code: {"children": len(shapes)}})
        revisions.bump("areas")


def _communities(area_code: str) -> list[tuple[str, Any]]:
    if not Area.objects.filter(code=area_code).exists():
        raise unknown_area(area_code)
    found = (
        Area.objects.filter(level=AreaLevel.COMMUNITY, geometry__isnull=False)
        .filter(code__startswith=area_code)
        .order_by("code")
    )
    communities = list(found.values_list("code", "geometry"))
    if not communities:
        raise invalid("no_boundaries", f"{area_code} 下没有带边界的社区。", "请先导入社区边界。")
    return communities


def _grid(community: str, number: int, cell: Any, day: date) -> dict[str, Any]:
    code = f"{community}{number:03d}"
    return {
        "code": code,
        "name": code,
        "level": AreaLevel.GRID,
        "parent_code": community,
        "valid_from": day,
        **geometry_columns(cell),
    }


def _moved(area: Area, geometry: Any) -> bool:
    return not shapely.equals_exact(shapely.normalize(to_shape(area.geometry)), geometry)


def _move(area: Area, geometry: Any, note: str) -> None:
    if Area.objects.filter(level=AreaLevel.GRID, parent_code=area.code).exists():
        raise conflict(
            "grids_exist",
            f"{area.code} 已划分单元网格，边界不能再移动。",
            "请先完成修复再划分单元网格，或重新划分时替换现有网格。",
        )
    Area.objects.filter(pk=area.pk).update(
        original=area.original or area.geometry, repair=note[:200], **geometry_columns(geometry)
    )


def _record(principal: Principal, action: str, details: dict[str, dict[str, Any]]) -> None:
    actor = principal.actor(Capability.EDIT_REGISTRY)
    entries: Sequence[NewEntry] = [
        NewEntry(
            action=action, actor=actor, subject_type="registry.area", subject_id=code, detail=detail
        )
        for code, detail in details.items()
    ]
    record_many(entries)
