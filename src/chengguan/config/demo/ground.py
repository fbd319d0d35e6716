"""Areas of the demo: published communities, repaired; unit grids cut from them; duty grids.

The source's shapes are drawings for display: neighbours overlap by some metres and leave slits.
The import repairs them (`registry.domain.repair`) and keeps each original beside its repair.
No boundary of the town is published with them: town and district get the union of the
communities, holes filled, with a margin of 300 m for quays, mud flats and the roads outside.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import numpy as np
import shapely

from chengguan.registry.domain.imports import table
from chengguan.registry.domain.plane import plane_of, to_degrees, to_metres
from chengguan.registry.domain.shapes import to_geojson, to_shape
from chengguan.registry.domain.tessellate import tessellate
from chengguan.registry.enums import AreaLevel
from chengguan.registry.models import Area

from .bringing import DATA, LOADER, bring, read

CITY: Final = "3101"
DISTRICT: Final = "310115"
STREET: Final = "310115145"
#: Communities whose names have no published code are numbered from here.
RESERVED: Final = 901
MARGIN_M: Final = 300.0
#: Unit grids in one duty grid, at most: what one collector can walk.
WALK: Final = 150


def load_areas() -> str:
    """Load city, district, town and communities."""
    tree = [(CITY, "上海市"), (DISTRICT, "浦东新区"), (STREET, "南汇新城镇")]
    bring("areas", "demo-区划.csv", table(["区划代码", "名称"], tree))
    coded = communities()
    features = [
        _feature(code, name, shape, reserved=code >= f"{STREET}{RESERVED}")
        for code, name, shape in coded
    ]
    bring(
        "areas",
        "demo-社区.geojson",
        _collection(features),
        {"crs": "WGS84", "repair": True, "allow_gaps": True},
    )
    around = surroundings()
    whole = [_feature(DISTRICT, "浦东新区", around), _feature(STREET, "南汇新城镇", around)]
    bring("areas", "demo-镇域.geojson", _collection(whole), {"crs": "CGCS2000", "allow_gaps": True})
    real = sum(code < f"{STREET}{RESERVED}" for code, _, _ in coded)
    return f"市、区、镇各 1，社区 {len(coded)}（真实代码 {real}，保留码段 {len(coded) - real}）"


def load_grids() -> str:
    """Cut every community into unit grids of a hectare, larger where 999 would not do."""
    from .bringing import SINCE

    made = tessellate(STREET, LOADER, valid_from=SINCE)
    return f"{made.total} 个，每社区 {min(made.grids.values())} 至 {max(made.grids.values())} 个"


def load_duty_grids() -> str:
    """Bind the grids of each community to collectors' duty grids, in runs of at most `WALK`."""
    codes: dict[str, list[str]] = {}
    grids = Area.objects.filter(level=AreaLevel.GRID, code__startswith=STREET).order_by("code")
    for code in grids.values_list("code", flat=True):
        codes.setdefault(code[:12], []).append(code)
    names = dict(
        Area.objects.filter(level=AreaLevel.COMMUNITY, code__startswith=STREET).values_list(
            "code", "name"
        )
    )
    rows = []
    for community, own in codes.items():
        parts = -(-len(own) // WALK)
        for part, piece in enumerate(np.array_split(np.array(own), parts), start=1):
            name = f"{names[community]}责任网格{part if parts > 1 else ''}"
            rows.append((f"{community}Z{part:02d}", name, "、".join(piece.tolist())))
    bring("duty_grids", "demo-责任网格.csv", table(["责任网格代码", "名称", "单元网格"], rows))
    return f"{len(rows)} 个，含全部单元网格"


def communities() -> list[tuple[str, str, dict[str, Any]]]:
    """Give (code, published name, GeoJSON as published) of the 31 communities.

    A name matches a published one when, after `plain_name`, both are the same.
    """
    published = {
        plain_name(row["name"]): row["code"]
        for row in read(DATA / "divisions" / "310115-villages.csv")
        if row["street_code"] == STREET
    }
    text = (DATA / "lingang" / "grid_committees_31.geojson").read_text(encoding="utf-8")
    found = []
    number = RESERVED
    for feature in json.loads(text)["features"]:
        name = feature["properties"]["name"]
        code = published.get(plain_name(name))
        if code is None:
            code, number = f"{STREET}{number}", number + 1
        found.append((code, name, feature["geometry"]))
    return sorted(found, key=lambda one: one[0])


def plain_name(name: str) -> str:
    """Bring a community's name into one form: 海汇社区居委会 = 海汇居委会, 第一居委会 = 一居委会."""
    short = re.sub(r"第([一二三四五六七八九十]+)(?=居委会)", r"\1", name)
    return re.sub(r"社区(?=居委会)", "", short)


def surroundings() -> dict[str, Any]:
    """Give the ground of the town as GeoJSON: its repaired communities and the margin."""
    stored = Area.objects.filter(level=AreaLevel.COMMUNITY, code__startswith=STREET)
    shapes = np.array(
        [to_shape(g) for g in stored.values_list("geometry", flat=True)], dtype=object
    )
    plane = plane_of(shapes)
    wide = shapely.buffer(shapely.union_all(to_metres(plane, shapes)), MARGIN_M)
    parts = [shapely.polygons(part.exterior) for part in shapely.get_parts(wide)]
    return to_geojson(to_degrees(plane, shapely.union_all(np.array(parts, dtype=object)), digits=7))


def _feature(
    code: str, name: str, geometry: dict[str, Any], *, reserved: bool = False
) -> dict[str, Any]:
    properties = {"code": code, "name": name, "reserved": "是" if reserved else "否"}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _collection(features: list[dict[str, Any]]) -> bytes:
    whole = {"type": "FeatureCollection", "features": features}
    return json.dumps(whole, ensure_ascii=False).encode()
