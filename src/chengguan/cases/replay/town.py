"""The town a replay plays in: area tree, lattice of grids, matters, rules, units, one handler each.

Everything comes in through the imports and verbs a city would use. The procedure is the shipped
one with one change, published as a version of its own: recorded history has no photographs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.conf import settings

from chengguan.accounts.domain.people import create_user
from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import Organisation
from chengguan.core.worktime import limit_text
from chengguan.registry.domain import catalogue, imports
from chengguan.registry.domain.tessellate import tessellate
from chengguan.registry.enums import MatterKind
from chengguan.workflow.domain.definition import ensure
from chengguan.workflow.domain.revising import import_calendar

from ..procedure import CODE, shipped_source
from .mapping import ReplayMapping
from .reading import Recorded

SINCE: Final = date(1990, 1, 1)
SYSTEM: Final = Principal.system("历史回放")
_STANDARD: Final = "历史数据"
_MAJOR: Final = "98"
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class Town:
    """What rows are translated with: matter → code and rule, unit → organisation and handler."""

    matters: dict[str, str]
    rules: dict[str, int]
    units: dict[str, tuple[int, int]]
    home: str


def make_town(rows: Sequence[Recorded], mapping: ReplayMapping) -> Town:
    """Make the town that these rows need.

    Raises:
        Conflict, Invalid: something the mapping says can't be brought in.
    """
    calendar = import_calendar(mapping.calendar, SYSTEM)
    settings.CHENGGUAN_CALENDAR = calendar.calendar.code
    ensure(CODE, without_photographs(shipped_source()), SYSTEM)
    matters = {
        name: f"{_MAJOR}{number:03d}"
        for number, name in enumerate(sorted({row.matter for row in rows}), 1)
    }
    home = _areas(mapping)
    _catalogue(matters)
    return Town(matters, _rules(matters, mapping), _units({row.unit for row in rows}), home)


def without_photographs(source: str) -> str:
    """Give the shipped procedure with every demand for photographs taken out."""
    return re.sub(r'(type = "photos"), required = true, min = \d+', r"\1", source)


def _areas(mapping: ReplayMapping) -> str:
    place = mapping.place
    tree = [(place.code[:2], place.name), (place.code[:4], place.name)]
    _bring("areas", "replay-tree.csv", imports.table(["区划代码", "名称"], tree))
    community = f"{place.code}001001"
    ring = [
        [place.west, place.south],
        [place.east, place.south],
        [place.east, place.north],
        [place.west, place.north],
        [place.west, place.south],
    ]
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": place.name, "reserved": True},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for code in (place.code, f"{place.code}001", community)
    ]
    whole = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    _bring("areas", "replay-place.geojson", whole, {"crs": "CGCS2000", "abroad": True})
    tessellate(community, SYSTEM, valid_from=SINCE)
    return community


def _catalogue(matters: dict[str, str]) -> None:
    heads = ["标准", "类别", "小类代码", "小类名称", "大类代码", "大类名称", "本地扩展"]
    rows = [
        [_STANDARD, "事项", code, _short(name, code), _MAJOR, "历史事项", "是"]
        for name, code in matters.items()
    ]
    _bring("catalogue", "replay-matters.csv", imports.table(heads, rows))


def _rules(matters: dict[str, str], mapping: ReplayMapping) -> dict[str, int]:
    rows = [
        ["事项", code, name, limit_text(mapping.limits[name])]
        for name, code in matters.items()
        if name in mapping.limits
    ]
    if mapping.due == "limits" and rows:
        heads = ["类别", "小类代码", "立案条件", "处置时限"]
        _bring("rules", "replay-rules.csv", imports.table(heads, rows))
    found = {}
    for name, code in matters.items():
        rules = catalogue.rules_on(MatterKind.MATTER, code, SINCE)
        if rules:
            found[name] = rules[0].id
    return found


def _units(names: Iterable[str]) -> dict[str, tuple[int, int]]:
    coded = {name: f"REPLAY{number:04d}" for number, name in enumerate(sorted(names), 1)}
    rows = [[code, name[:80] or code, "department"] for name, code in coded.items()]
    _bring(
        "organisations", "replay-units.csv", imports.table(["机构代码", "机构名称", "类别"], rows)
    )
    by_code = {one.code: one for one in Organisation.objects.filter(code__in=coded.values())}
    return {name: (by_code[code].pk, _handler(by_code[code])) for name, code in coded.items()}


def _handler(unit: Organisation) -> int:
    username = f"{unit.code.lower()}-handler"
    made = create_user(
        username=username,
        name="历史记录",
        organisation=unit,
        principal=SYSTEM,
        made_up=True,
        is_system=True,
    )
    return made.pk


def _short(name: str, code: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:50]} {code}"


def _bring(kind: str, name: str, content: bytes, options: dict[str, Any] | None = None) -> None:
    imports.bring(
        kind,
        name,
        content,
        {"effective": SINCE, **(options or {})},
        SYSTEM,
        code="replay.import",
    )
