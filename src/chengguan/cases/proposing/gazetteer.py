"""The names of places, gathered by the worker from the registry and from earlier cases' addresses.

A table of its own, made anew as a whole: nothing is written while a report comes in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction

from chengguan.registry.models import Camera, Component, Device
from chengguan.store import revisions, rows

from ..models import Case, PlaceName
from .learned import REVISION

STEM: Final = "stem"
THING: Final = "thing"
ADDRESS: Final = "address"
#: The newest cases whose addresses are read.
_CASES: Final = 200_000
_BATCH: Final = 5_000
_COLUMNS: Final = ("stem", "name", "kind", "point", "area_code", "case_id", "uses")
_LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtext('cases.gazetteer'))"

#: What the name of a road, estate or building ends in; the second kind may also stand inside one.
ENDINGS: Final = (
    "大道|公路|路|街(?!道)|巷|弄|小区|新村|花园|花苑|家园|公寓|广场|公园|绿地|大厦|学校|小学|中学|大学|"
    "幼儿园|医院|菜场|市场|商场|超市|地铁站|车站|码头|大桥"
)
WEAKER: Final = "中心|桥|河|湖|港|苑|里|村"
_STEMS: Final = tuple(
    re.compile(rf"[一-鿿a-z0-9]{{1,12}}?(?:{endings})(?:大道|公路|路|街(?!道)|巷|弄)?")
    for endings in (ENDINGS, WEAKER)
)
# "申港街道海洋小区": what stands before is the area, which is known by its own name.
_AREAS: Final = re.compile(r"^[一-鿿]{2,12}(?:街道|社区|新区|省|市)")
_MARKS: Final = re.compile(r"[（(][^）)]*[）)]")


@dataclass(slots=True)
class _Name:
    stem: str
    name: str
    kind: str
    point: tuple[float, float]
    area_code: str
    case_id: int | None
    uses: int = 1


def stem_of(name: str) -> str:
    """Give the part of an address that it is found by; the whole of a name without such a part."""
    bare = _AREAS.sub("", _MARKS.sub("", name).replace(" ", "").casefold())
    found = next((found for one in _STEMS if (found := one.match(bare))), None)
    return (found[0] if found else bare)[:40]


def gather() -> int:
    """Make the table of names anew; gives how many there are, 0 if another process is at it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK)
            if not cursor.fetchone()[0]:
                return 0
        names = _gathered()
        kept = [*names.values(), *_stems(list(names.values()))]
        PlaceName.objects.all().delete()
        for at in range(0, len(kept), _BATCH):
            # By COPY: half a million names through the ORM took minutes.
            rows.insert_values(
                PlaceName, _COLUMNS, [_values(one) for one in kept[at : at + _BATCH]]
            )
        revisions.bump(REVISION)
    return len(kept)


def _values(one: _Name) -> tuple[object, ...]:
    return (one.stem, one.name[:200], one.kind, one.point, one.area_code, one.case_id, one.uses)


def _gathered() -> dict[str, _Name]:
    found: dict[str, _Name] = {}
    for name, point, area, case_id in (*_things(), *_addresses()):
        said = name.strip()
        known = found.get(said)
        if known is not None:
            known.uses += 1
            continue
        stem = stem_of(said)
        if len(stem) > 1:
            kind = THING if case_id is None else ADDRESS
            found[said] = _Name(stem, said, kind, point, area, case_id)
    return found


def _things() -> Iterator[tuple[str, tuple[float, float], str, None]]:
    for model, named in ((Component, False), (Camera, True), (Device, True)):
        fields = ["address", "point", "area_code", *(["name"] if named else [])]
        placed = model.objects.filter(point__isnull=False, valid_to__isnull=True)
        for address, point, area, *name in placed.values_list(*fields).iterator(_BATCH):
            for said in {address, *name} - {""}:
                yield said, point, area, None


def _addresses() -> Iterator[tuple[str, tuple[float, float], str, int]]:
    placed = Case.objects.filter(point__isnull=False).exclude(address="").order_by("-id")
    found = placed.values_list("address", "point", "area_code", "id")[:_CASES]
    for address, point, area, key in found.iterator(_BATCH):
        if point is not None:
            yield address, point, area, key


def _stems(names: list[_Name]) -> list[_Name]:
    """Give each stem once, where its middlemost name is; those of the registry before cases'."""
    grouped: dict[str, list[_Name]] = {}
    for one in names:
        grouped.setdefault(one.stem, []).append(one)
    found = []
    for stem, members in grouped.items():
        known = [one for one in members if one.case_id is None] or members
        middle = _middlemost(known)
        uses = sum(one.uses for one in members)
        found.append(_Name(stem, stem, STEM, middle.point, middle.area_code, middle.case_id, uses))
    return found


def _middlemost(names: list[_Name]) -> _Name:
    lon = sum(one.point[0] for one in names) / len(names)
    lat = sum(one.point[1] for one in names) / len(names)
    return min(names, key=lambda one: (one.point[0] - lon) ** 2 + (one.point[1] - lat) ** 2)
