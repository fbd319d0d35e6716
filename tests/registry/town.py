"""A small made-up town: one street of two communities, each two by two lattice squares wide."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import shapely

from chengguan.accounts.domain.principal import Held, Principal
from chengguan.accounts.enums import OrganisationKind
from chengguan.accounts.models import Organisation
from chengguan.registry.domain.imports import apply, check
from chengguan.registry.domain.locate import LENGTHS
from chengguan.registry.domain.shapes import geometry_columns
from chengguan.registry.enums import MatterKind
from chengguan.registry.models import Area, ImportRun, Matter
from chengguan.store import revisions

WEST, SOUTH, STEP = 121.90, 30.90, 0.002
STREET = "310115100"
LEFT, RIGHT = "310115100001", "310115100002"
START = date(2020, 1, 1)


def square(west: float, south: float, width: float = STEP, height: float = STEP) -> Any:
    return shapely.box(west, south, west + width, south + height)


def add_area(code: str, name: str, shape: Any = None, **more: Any) -> Area:
    columns = geometry_columns(shape) if shape is not None else {}
    cuts = [0, *LENGTHS]
    parent = code[: cuts[cuts.index(len(code)) - 1]]
    values = {"name": name, "level": LENGTHS[len(code)], "parent_code": parent, "valid_from": START}
    area: Area = Area.objects.create(code=code, **{**values, **columns, **more})
    revisions.bump("areas")
    return area


def holder(
    *capabilities: str, area_code: str = "", name: str = "张三", user_id: int = 7
) -> Principal:
    held = Held(
        post="keeper",
        post_name="台账员",
        capabilities=frozenset(str(item) for item in capabilities),
        organisation_id=1,
        organisation_path="/1/",
        area_code=area_code,
        matters=(),
        valid_from=date(2000, 1, 1),
        valid_to=None,
    )
    return Principal(user_id, name, name, 1, "/1/", grants=(held,))


def add_unit(code: str, **more: Any) -> Organisation:
    values = {"name": f"{code}单位", "kind": OrganisationKind.DEPARTMENT, **more}
    unit: Organisation = Organisation.objects.create(code=code, **values)
    revisions.bump("organisations")
    return unit


def add_town() -> None:
    add_area("31", "上海市")
    add_area("3101", "市辖区")
    add_area("310115", "浦东新区")
    add_area(STREET, "试验街道", square(WEST, SOUTH, 2 * STEP))
    add_area(LEFT, "左社区", square(WEST, SOUTH))
    add_area(RIGHT, "右社区", square(WEST + STEP, SOUTH))


def add_catalogue() -> None:
    for kind, code, name in (
        (MatterKind.MATTER, "06001", "私搭乱建"),
        (MatterKind.MATTER, "06002", "暴露垃圾"),
        (MatterKind.MATTER, "01001", "供水井盖异常"),
        (MatterKind.COMPONENT, "01001", "供水井盖"),
    ):
        Matter.objects.create(
            standard="GB/T 47678.5-2026",
            kind=kind,
            code=code,
            name=name,
            major_code=code[:2],
            major_name="市容环境类" if code[:2] == "06" else "市政公用设施",
            valid_from=START,
        )
    revisions.bump("catalogue")


def offer(
    kind: str, text: str | bytes, keeper: Principal, /, *, name: str = "表.csv", **options: Any
) -> ImportRun:
    """Check a file of this content."""
    data = text.encode() if isinstance(text, str) else text
    return check(kind, BytesIO(data), options, keeper, name=name)


def bring_in(kind: str, text: str | bytes, keeper: Principal, /, **options: Any) -> ImportRun:
    """Check and apply; the file must be right."""
    run = offer(kind, text, keeper, **options)
    assert run.errors == []
    return apply(run.pk, keeper)
