"""Where a caller means: coordinates, numbers of things and areas, names as people say them.

Every answer is read in the person's scope: the registry's names by his areas, a case's address
only where he may see the case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from chengguan.accounts.domain.principal import Principal
from chengguan.core.coordinates import convert
from chengguan.registry.domain.locate import locate, place_name, suspected_crs
from chengguan.registry.enums import AreaLevel
from chengguan.registry.models import Area
from chengguan.registry.queries import (
    areas_seen_by,
    cameras_visible_to,
    components_visible_to,
    devices_visible_to,
)
from chengguan.store.cache import revised

from ..models import PlaceName
from ..queries import cases_visible_to
from . import grams
from .gazetteer import ENDINGS, STEM, WEAKER
from .learned import REVISION

MOST: Final = 6
_STEMS: Final = 50_000
_LOOKED_AT: Final = 40
_PAIR: Final = re.compile(r"(?<![\d.])(\d{1,3}\.\d{3,})\s*[,，;；/\s]\s*(\d{1,3}\.\d{3,})(?![\d.])")
_CODE: Final = re.compile(r"(?<![0-9A-Za-z-])[0-9A-Za-z-]{4,40}(?![0-9A-Za-z-])")
_NUMBER: Final = re.compile(r"[0-9]+")
_ENDING: Final = re.compile(rf"(?:{ENDINGS}|{WEAKER}|街道|社区|居委会|村委会|镇|网格)$")
_KINDS: Final = {"stem": "道路、小区等", "thing": "部件、设备地址", "address": "以往案件地址"}


@dataclass(frozen=True, slots=True)
class ProposedPlace:
    """A place the words may mean. `point` is CGCS2000 (lon, lat), `score` 0 to 1."""

    name: str
    kind: str
    point: tuple[float, float]
    area_code: str
    reason: str
    score: float = 1.0
    component_code: str = ""


def places(principal: Principal, text: str, address: str) -> list[ProposedPlace]:
    """Give the places that the words name, best first; statements don't grow with rows."""
    whole = f"{address} {text}".strip()
    found = [*_coordinates(whole), *_numbered(principal, whole), *_named(principal, whole)]
    best: dict[tuple[float, float], ProposedPlace] = {}
    for one in sorted(found, key=lambda one: -one.score):
        best.setdefault(one.point, one)
    return list(best.values())[:MOST]


def _coordinates(whole: str) -> list[ProposedPlace]:
    found = []
    for first, second in _PAIR.findall(whole):
        lon, lat = float(first), float(second)
        if lon <= 90 < lat:
            lon, lat = lat, lon
        if lon > 180 or lat > 90:
            continue
        said, reason = (lon, lat), "话中有经纬度"
        if locate(lon, lat) is None:
            crs = suspected_crs(lon, lat)
            if crs is None:
                continue
            said, reason = convert(lon, lat, crs), f"话中有经纬度，按 {crs} 换算后在本市"
        area = locate(*said)
        if area is not None:
            name = f"{said[0]:.6f}, {said[1]:.6f}"
            found.append(ProposedPlace(name, "坐标", said, area.code, reason))
    return found


def _numbered(principal: Principal, whole: str) -> list[ProposedPlace]:
    codes = list(dict.fromkeys(_CODE.findall(whole)))[:8]
    codes = [code for code in codes if any(mark.isdigit() for mark in code)]
    if not codes:
        return []
    found = _areas_numbered(principal, [code for code in codes if code.isdigit()])
    found += _cases_numbered(principal, [code for code in codes if len(code) == 19])
    for kind, rows in (
        ("部件", components_visible_to(principal)),
        ("摄像机", cameras_visible_to(principal)),
        ("设备", devices_visible_to(principal)),
    ):
        wanted = [code for code in codes if kind != "部件" or len(code) in (16, 17)]
        if not wanted:
            continue
        for row in rows.filter(code__in=wanted, point__isnull=False):
            name = " ".join(filter(None, (row.name, row.address))) or row.code
            component = row.code if kind == "部件" else ""
            reason = f"{kind}编号 {row.code}"
            found.append(
                ProposedPlace(name, kind, row.point, row.area_code, reason, 1.0, component)
            )
    return found


def _areas_numbered(principal: Principal, codes: list[str]) -> list[ProposedPlace]:
    known = [code for code in codes if len(code) in (9, 12, 15) and _reaches(principal, code)]
    if not known:
        return []
    rows = Area.objects.filter(code__in=known, centre__isnull=False)
    return [
        ProposedPlace(
            place_name(code), level, centre, code, f"区域代码 {code}", 0.9,
        )
        for code, level, centre in (
            (row.code, row.get_level_display(), row.centre) for row in rows
        )
    ]  # fmt: skip


def _cases_numbered(principal: Principal, numbers: list[str]) -> list[ProposedPlace]:
    if not numbers:
        return []
    rows = cases_visible_to(principal).filter(number__in=numbers, point__isnull=False)
    return [
        ProposedPlace(
            row.address or row.number, "案件", row.point, row.area_code, f"案件 {row.number} 的位置"
        )
        for row in rows.only("number", "address", "point", "area_code")
        if row.point is not None
    ]


@dataclass(frozen=True, slots=True)
class _Stems:
    """Names in memory by their pairs; a row is (name, kind, point, area, case, uses)."""

    rows: list[tuple[str, str, tuple[float, float], str, int | None, int]]
    by_gram: dict[str, list[int]]


@revised(REVISION, "areas")
def _stems() -> _Stems:
    areas = Area.objects.filter(
        level__in=(AreaLevel.STREET, AreaLevel.COMMUNITY), centre__isnull=False
    )
    rows: list[Any] = [
        (name, AreaLevel(level).label, centre, code, None, 0)
        for name, level, centre, code in areas.values_list("name", "level", "centre", "code")
    ]
    stems = PlaceName.objects.filter(kind=STEM).order_by("-uses")[:_STEMS]
    rows += stems.values_list("name", "kind", "point", "area_code", "case_id", "uses")
    by_gram: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        for gram in set(grams.named(row[0])):
            by_gram.setdefault(gram, []).append(at)
    return _Stems(rows, by_gram)


def _named(principal: Principal, whole: str) -> list[ProposedPlace]:
    line = grams.plain(whole).replace(" ", "")
    held = _stems()
    hits: dict[int, int] = {}
    for gram in set(grams.named(whole)):
        for at in held.by_gram.get(gram, ()):
            hits[at] = hits.get(at, 0) + 1
    likely = sorted(hits, key=lambda at: (-hits[at], len(held.rows[at][0])))[:_LOOKED_AT]
    told = []
    for at in likely:
        row = held.rows[at]
        run = _agreeing(line, grams.plain(row[0]))
        if run:
            told.append((len(run) / len(row[0]), len(run), run, row))
    told.sort(key=lambda one: (-one[1] * one[0], -one[3][5]))
    told = told[:MOST]
    exact = _exact(principal, line, [(run, row) for _, _, run, row in told if row[1] == STEM][:3])
    visible = _cases_seen(principal, {row[4] for *_, row in told if row[4]})
    areas = areas_seen_by(principal)
    stems = [
        ProposedPlace(
            row[0], _KINDS.get(row[1], row[1]), row[2], row[3], _why(run, row), _sure(share)
        )
        for share, _, run, row in told
        if (row[4] in visible if row[4] else row[3].startswith(areas))
    ]
    return exact + stems


def _agreeing(line: str, name: str) -> str:
    """Give the longest stretch of the name that was said, "" where it is only its ending."""
    own = len(_ENDING.sub("", name)) or len(name)
    best = ""
    for start in range(min(own, len(name))):
        if start and name[start].isdigit() and name[start - 1].isdigit():
            # "77大街" is no part of "第277大街".
            continue
        end = start + max(len(best) + 1, 2)
        while end <= len(name) and name[start:end] in line:
            best = name[start:end]
            # Only what tells this name from others counts.
            end += 1
    said = min(len(best), own - name.find(best)) if best else 0
    return best if said >= min(2, own) and len(best) >= min(3, len(name)) else ""


def _exact(principal: Principal, line: str, told: list[tuple[str, Any]]) -> list[ProposedPlace]:
    """Give the addresses under the stems that carry the number, or the second name, said too."""
    if not told:
        return []
    whole = [one for one in told if one[0] == grams.plain(one[1][0])]
    told = whole or told
    others = {run for run, _ in told}
    rest = line
    for run in others:
        # The number in a road's own name is no house number.
        rest = rest.replace(run, " ")
    numbers = set(_NUMBER.findall(rest))
    stems = {row[0] for _, row in told}
    rows = list(
        PlaceName.objects.filter(stem__in=stems).exclude(kind=STEM).order_by("-uses")[:2000]
    )
    scored = []
    for row in rows:
        said = grams.plain(row.name).replace(" ", "")
        own = set(_NUMBER.findall(said.replace(row.stem, "", 1)))
        more = sum(1 for run in others if run not in row.stem and run in said)
        same = len(own & numbers)
        if same or more:
            scored.append((same + more - 0.3 * len(own - numbers), row))
    scored.sort(key=lambda one: (-one[0], -one[1].uses))
    scored = [one for one in scored if one[0] > 0][:MOST]
    visible = _cases_seen(principal, {row.case_id for _, row in scored if row.case_id})
    areas = areas_seen_by(principal)
    return [
        ProposedPlace(
            row.name, _KINDS[row.kind], row.point, row.area_code,
            f"与“{row.name}”同有“{'”“'.join(grams.shared_words(line, grams.named(row.name)))}”",
            min(0.98, 0.85 + 0.05 * score),
        )
        for score, row in scored
        if (row.case_id in visible if row.case_id else row.area_code.startswith(areas))
    ]  # fmt: skip


def _cases_seen(principal: Principal, ids: set[int]) -> set[int]:
    if not ids:
        return set()
    return set(cases_visible_to(principal).filter(pk__in=ids).values_list("pk", flat=True))


def _reaches(principal: Principal, code: str) -> bool:
    areas = areas_seen_by(principal)
    return bool(areas) and code.startswith(areas)


def _why(run: str, row: Any) -> str:
    # How many addresses bear a name isn't told: earlier cases he may not see are among them.
    same = run == grams.plain(row[0])
    return f"话中有“{run}”" if same else f"话中有“{run}”，似指“{row[0]}”"


def _sure(share: float) -> float:
    return round(0.3 + 0.5 * share, 2)
