"""A city of 5,000 grids from a fixed seed, with the shipped catalogue, rules, posts and calendar.

The grids are a lattice whose inner corners are moved at random, so that they are neither boxes nor
alike, without gaps or overlaps; a community is 10 × 10 of them, a street five communities.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

SEED: Final = 20_261_123
SINCE: Final = date(2025, 1, 1)
DISTRICT: Final = "310115"
WEST, SOUTH, EAST, NORTH = 121.80, 30.85, 121.92, 30.90
COLUMNS, ROWS, BLOCK = 100, 50, 10
UNITS: Final = 30
COLLECTORS: Final = 8


@dataclass
class World:
    """What requests are made of: tokens by post, units with their handlers, matters."""

    tokens: dict[str, list[str]] = field(default_factory=dict)
    units: list[tuple[int, str, int]] = field(default_factory=list)
    matters: list[str] = field(default_factory=list)
    streets: list[str] = field(default_factory=list)


def points(count: int, seed: int = SEED) -> NDArray[np.float64]:
    """Give points spread over the city (N × 2, CGCS2000 degrees)."""
    chance = np.random.default_rng(seed)
    return np.column_stack([chance.uniform(WEST, EAST, count), chance.uniform(SOUTH, NORTH, count)])


def make_world(progress: Any) -> World:
    """Make the city in the database in use."""
    from django.db import transaction

    from chengguan.accounts.domain.principal import Principal
    from chengguan.cases.procedure import CODE, shipped_source
    from chengguan.cases.replay.town import without_photographs
    from chengguan.config.demo import calendars, standards
    from chengguan.registry.models import Matter
    from chengguan.store import revisions
    from chengguan.workflow.domain.definition import ensure

    with transaction.atomic():
        grids = _areas()
        progress(f"{grids} grids")
        standards.load_catalogue()
        standards.load_rules()
        calendars.load()
        # The bench uploads no photographs: verbs ask for none, as in a replay of history.
        ensure(CODE, without_photographs(shipped_source()), Principal.system("bench"))
        world = World(streets=[_street(number) for number in range(10)])
        _people(world)
        found = Matter.objects.filter(kind="matter").order_by("code")
        world.matters = list(found.values_list("code", flat=True))
        revisions.bump("areas", "catalogue", "organisations", "accounts", "duties")
    revisions.refresh()
    return world


def _areas() -> int:
    from chengguan.registry.models import Area

    corners = _corners()
    made = [_area("31", "province"), _area("3101", "city")]
    whole = []
    by_community: dict[str, list[Any]] = {}
    for column in range(COLUMNS):
        for row in range(ROWS):
            ring = [corners[column + i, row + j] for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))]
            by_community.setdefault(_community(column, row), []).append(shapely.Polygon(ring))
    for community, shapes in sorted(by_community.items()):
        for number, shape in enumerate(shapes, 1):
            made.append(_area(f"{community}{number:03d}", "grid", shape))
        made.append(_area(community, "community", shapely.union_all(shapes)))
        whole += shapes
    for street in {one[:9] for one in by_community}:
        parts = [s for code, shapes in by_community.items() if code[:9] == street for s in shapes]
        made.append(_area(street, "street", shapely.union_all(parts)))
    made.append(_area(DISTRICT, "district", shapely.union_all(whole)))
    Area.objects.bulk_create(made, batch_size=500)
    return len(whole)


def _corners() -> NDArray[np.float64]:
    wide, high = (EAST - WEST) / COLUMNS, (NORTH - SOUTH) / ROWS
    chance = np.random.default_rng(SEED)
    found = np.empty((COLUMNS + 1, ROWS + 1, 2))
    found[..., 0] = (WEST + wide * np.arange(COLUMNS + 1))[:, None]
    found[..., 1] = SOUTH + high * np.arange(ROWS + 1)
    moved = chance.uniform(-0.25, 0.25, (COLUMNS - 1, ROWS - 1, 2)) * [wide, high]
    found[1:-1, 1:-1] += moved
    return found


def _community(column: int, row: int) -> str:
    block_column, block_row = column // BLOCK, row // BLOCK
    return f"{_street(block_column)}{block_row + 1:03d}"


def _street(number: int) -> str:
    return f"{DISTRICT}{number + 1:03d}"


def _area(code: str, level: str, shape: Any = None) -> Any:
    from chengguan.registry.models import Area

    parents = {15: 12, 12: 9, 9: 6, 6: 4, 4: 2}
    columns: dict[str, Any] = {}
    if shape is not None:
        centre = shape.centroid
        columns = {
            "geometry": shapely.geometry.mapping(shape),
            "bbox": list(shape.bounds),
            "centre": (centre.x, centre.y),
            "area_m2": shape.area * 95_500 * 111_000,
        }
    parent = code[: parents[len(code)]] if len(code) in parents else ""
    return Area(
        code=code,
        name=f"{level} {code}",
        level=level,
        parent_code=parent,
        valid_from=SINCE,
        **columns,
    )


def _people(world: World) -> None:
    from chengguan.accounts.domain.posts import load_posts

    posts = {post.code: post for post in load_posts()}
    top = _organisation("BENCH", "区城管局", "city", None)
    centre = _organisation("CENTRE", "监督指挥中心", "centre", top)
    for code in ("acceptor", "dispatcher", "leader"):
        _person(world, code, centre, posts[code])
    for number in range(COLLECTORS):
        _person(world, "collector", centre, posts["collector"], number)
    for number in range(UNITS):
        unit = _organisation(f"UNIT{number:02d}", f"处置单位{number}", "department", top)
        _person(world, "unit_clerk", unit, posts["unit_clerk"], number)
        handler = _person(world, "handler", unit, posts["handler"], number)
        world.units.append((unit.pk, unit.path, handler))
    for number, street in enumerate(world.streets):
        _person(world, "area_chief", centre, posts["area_chief"], number, street)


def _organisation(code: str, name: str, kind: str, parent: Any) -> Any:
    from chengguan.accounts.models import Organisation

    made = Organisation.objects.create(
        code=code, name=name, kind=kind, parent=parent, area_code=DISTRICT, made_up=True
    )
    made.path = f"{parent.path if parent else '/'}{made.pk}/"
    made.save(update_fields=["path"])
    return made


def _person(world: World, code: str, at: Any, post: Any, number: int = 0, area: str = "") -> int:
    from chengguan.accounts.domain.tokens import digest_of
    from chengguan.accounts.models import ApiToken, Grant, User

    made = User(username=f"{code}-{number}", name=f"{code} {number}", organisation=at, made_up=True)
    made.set_unusable_password()
    made.save()
    Grant.objects.create(user=made, post=post, organisation=at, area_code=area, valid_from=SINCE)
    token = f"cg_{random.Random(f'{SEED}{code}{number}').getrandbits(200):x}"
    ApiToken.objects.create(user=made, name="bench", digest=digest_of(token))
    world.tokens.setdefault(code, []).append(token)
    return int(made.pk)
