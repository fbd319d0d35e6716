"""Pages beyond the recipe: the coverage matrix, one cell explained, and what lies at a point."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid
from chengguan.ui.recipe.views import need

from .domain import catalogue
from .domain.coverage import CONFLICT, GAP, Coverage, coverage
from .domain.duty import resolve
from .domain.duty_index import units
from .domain.locate import locate, suspected_crs
from .domain.rights import require_area
from .enums import AreaLevel, MatterKind
from .errors import beyond, unknown_area
from .forms import CellForm, CoverageForm, PointForm, first_error, no_matter, read_matter
from .models import Area
from .queries import areas_seen_by

_ROWS = 50
_WORDS_LENGTH = 60
_WORDS = {0: "gap", 1: "one", 2: "conflict"}


@dataclass(frozen=True)
class _Cell:
    status: str
    unit: str
    area_code: str


@dataclass(frozen=True)
class _Line:
    matter: catalogue.MatterRef
    kind: str
    cells: list[_Cell]


@login_required
def coverage_page(request: HttpRequest) -> HttpResponse:
    """Show who answers for each matter in each area: one unit, nobody, or several."""
    need(request, Capability.SEE_REGISTRY, "查看权责覆盖")
    form = CoverageForm(request.GET or {"level": AreaLevel.COMMUNITY})
    if not form.is_valid():
        return render(request, "registry/coverage.html", {"form": form}, status=422)
    asked = form.cleaned_data
    at = asked["at"] or timezone.now()
    found = coverage(
        at,
        asked["level"] or AreaLevel.COMMUNITY,
        under=asked["under"],
        kind=asked["kind"],
        within=areas_seen_by(principal_of_request(request)),
    )
    chosen = _chosen(found, asked["only"])
    page = _page(request.GET.get("page", "1"), len(chosen))
    context = {
        "form": form,
        "at": at,
        "areas": found.areas,
        "lines": _lines(found, chosen[(page - 1) * _ROWS : page * _ROWS]),
        "counts": found.counts,
        "matters": len(chosen),
        "page": page,
        "pages": max(1, -(-len(chosen) // _ROWS)),
    }
    return render(request, "registry/coverage.html", context)


@login_required
def cell_page(request: HttpRequest) -> HttpResponse:
    """Explain one cell of the matrix: what was considered, and why it won or lost."""
    need(request, Capability.SEE_REGISTRY, "查看权责覆盖")
    form = CellForm(request.GET)
    if not form.is_valid():
        raise Invalid("coverage.cell", first_error(form), mend="请从权责覆盖矩阵中点开。")
    kind, code = read_matter(form.cleaned_data["matter"])
    area_code = form.cleaned_data["area"]
    at = form.cleaned_data["at"] or timezone.now()
    require_area(principal_of_request(request), "registry.resolve", area_code)
    area = Area.objects.filter(code=area_code).only("code", "name").first()
    if area is None:
        raise unknown_area(area_code)
    context = {
        "matter": _matter(kind, code, at),
        "area": area,
        "at": at,
        "answer": resolve(kind, code, at, area_code=area_code),
    }
    return render(request, "registry/coverage_cell.html", context)


@login_required
def locate_page(request: HttpRequest) -> HttpResponse:
    """Show the map on which a point is chosen."""
    need(request, Capability.SEE_REGISTRY, "定位查询")
    layer = {"url": reverse("registry:areas-features"), "window": True, "title": "区域"}
    context = {"map": {"layers": [layer], "pick": True, "start": city_start()}, "form": PointForm()}
    return render(request, "registry/locate.html", context)


@login_required
def locate_result(request: HttpRequest) -> HttpResponse:
    """Answer a point's whole chain of areas, and for a matter who answers there."""
    need(request, Capability.SEE_REGISTRY, "定位查询")
    form = PointForm(request.GET)
    if not form.is_valid():
        raise Invalid("locate.point", "请先在地图上点选位置。", mend=first_error(form))
    lon, lat = form.cleaned_data["lon"], form.cleaned_data["lat"]
    kind, code = read_matter(form.cleaned_data["matter"])
    found = locate(lon, lat)
    context: dict[str, Any] = {"lon": lon, "lat": lat, "located": found}
    if found is None:
        context["suspected"] = suspected_crs(lon, lat)
    else:
        chain = (found.city, found.district, found.street, found.community, found.grid)
        context["chain"] = [area for area in chain if area is not None]
    if code:
        context["matter"] = _matter(kind, code, timezone.now())
        principal = principal_of_request(request)
        if found is None or principal.can(Capability.SEE_REGISTRY, area_code=found.code):
            context["answer"] = resolve(kind, code, timezone.now(), lon=lon, lat=lat)
        else:
            context["beyond"] = beyond(found.code)
    return render(request, "registry/locate_result.html", context)


@login_required
def matter_options(request: HttpRequest) -> HttpResponse:
    """Answer the matters that fit the words typed, as choices."""
    words = request.GET.get("matter_words", "").strip()
    kind = request.GET.get("kind", "")
    if len(words) > _WORDS_LENGTH:
        raise Invalid("matter.words", f"最多 {_WORDS_LENGTH} 个字。", mend="请只写最要紧的词。")
    if kind and kind not in MatterKind.values:
        raise Invalid(
            "matter.kind", "没有这个类别。", mend=f"可用 {'、'.join(MatterKind.values)}。"
        )
    found = catalogue.search(words, kind=kind, limit=12)
    context = {"options": found if words else [], "words": words}
    return render(request, "registry/matter_options.html", context)


def city_start() -> list[float] | None:
    """Return a point of the city to open a map at: the centre of its largest area with one."""
    rows = Area.objects.filter(centre__isnull=False).exclude(level=AreaLevel.PROVINCE)
    centre = rows.order_by("code").values_list("centre", flat=True).first()
    return list(centre) if centre else None


def _chosen(found: Coverage, only: str) -> list[int]:
    wanted = {"gap": (GAP,), "conflict": (CONFLICT,), "open": (GAP, CONFLICT)}.get(only)
    if wanted is None:
        return list(range(len(found.matters)))
    kept: list[int] = np.flatnonzero(np.isin(found.status, wanted).any(axis=1)).tolist()
    return kept


def _lines(found: Coverage, positions: list[int]) -> list[_Line]:
    known = units()
    lines = []
    for position in positions:
        status = found.status[position].tolist()
        organisations = found.organisation[position].tolist()
        cells = [
            _Cell(_WORDS[one], known[unit].name if unit in known else "", area.code)
            for one, unit, area in zip(status, organisations, found.areas, strict=True)
        ]
        matter = found.matters[position]
        lines.append(_Line(matter, f"{matter.kind}:{matter.code}", cells))
    return lines


def _page(text: str, rows: int) -> int:
    if re.fullmatch(r"[1-9][0-9]{0,5}", text) is None:
        raise Invalid("coverage.page", "页码无效。", mend="请从第 1 页重新开始。", field="page")
    return max(1, min(int(text), -(-rows // _ROWS)))


def _matter(kind: str, code: str, at: datetime) -> catalogue.MatterRef:
    found = catalogue.matter(kind, code, on=timezone.localtime(at).date())
    if found is None:
        raise no_matter()
    return found
