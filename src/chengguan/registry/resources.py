"""The registries as declared to the recipe of `ui`: what each list shows, filters and imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.db.models import QuerySet

from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Organisation
from chengguan.ui.recipe import Choice, Column, Prefix, Resource, ValidOn, Words, Yes
from chengguan.ui.recipe.resource import ImportDoor

from . import models, panels
from .enums import MatterKind

_SEE, _EDIT, _DUTIES = Capability.SEE_REGISTRY, Capability.EDIT_REGISTRY, Capability.EDIT_DUTIES
_VALID = (Column("valid_from", sort="valid_from"), Column("valid_to"))


def _rows(name: str) -> Callable[[Any], QuerySet[Any]]:
    def rows(asker: Any) -> QuerySet[Any]:
        from . import queries

        found: QuerySet[Any] = getattr(queries, name)(asker)
        return found

    return rows


def _door(kind: str, *, has_place: bool = False, help: str = "") -> ImportDoor:  # noqa: A002 - its word
    def check(*args: Any) -> Any:
        from .domain import imports

        return imports.check(*args)

    def apply(*args: Any) -> Any:
        from .domain import imports

        return imports.apply(*args)

    def find(asker: Any, run: int) -> Any:
        from . import queries

        return queries.imports_visible_to(asker).filter(pk=run).first()

    return ImportDoor(
        kind=kind, check=check, apply=apply, find=find, has_place=has_place, help=help
    )


def _areas_at_zoom(rows: QuerySet[Any], zoom: float, narrowed: bool) -> QuerySet[Any]:
    if narrowed:
        return rows
    levels = ["grid"] if zoom >= 15 else ["community"] if zoom >= 11.5 else ["street", "district"]
    return rows.filter(level__in=levels)


AREAS: Final = Resource(
    slug="areas",
    model=models.Area,
    title="区域与单元网格",
    about="省、市、区（县）、街道（镇）、社区（村）、单元网格，代码即隶属关系。",
    see=_SEE,
    edit=_EDIT,
    rows=_rows("areas_visible_to"),
    columns=(
        Column("code", sort="code"),
        Column("name", sort="name"),
        Column("level"),
        Column("parent_code"),
        Column("area_m2"),
        Column("repair", chosen=False),
        Column("reserved", chosen=False),
        *_VALID,
    ),
    filters=(
        Words(("name",)),
        Choice("level"),
        Prefix("code", "代码开头"),
        Yes("reserved"),
        ValidOn(),
    ),
    place="geometry",
    at_zoom=_areas_at_zoom,
    panels=panels.of_area,
    importer=_door("areas", has_place=True, help="边界不得重叠、自交或留有 1 米以上的缝隙。"),
)

DUTY_GRIDS: Final = Resource(
    slug="duty-grids",
    model=models.DutyGrid,
    title="责任网格",
    about="若干单元网格合成一个责任网格，用于采集、片长或评价。",
    see=_SEE,
    edit=_EDIT,
    rows=_rows("duty_grids_visible_to"),
    columns=(
        Column("code", sort="code"),
        Column("name", sort="name"),
        Column("kind"),
        Column("grids", "单元网格数", show=lambda row: len(row.grids), style="number"),
        *_VALID,
    ),
    filters=(Words(("name",)), ValidOn()),
    importer=_door("duty_grids"),
)

MATTERS: Final = Resource(
    slug="matters",
    model=models.Matter,
    title="事项目录",
    about="GB/T 47678.5-2026 的部件、事项与本地扩展。",
    see=_SEE,
    edit=_EDIT,
    rows=_rows("matters_visible_to"),
    key="pk",
    columns=(
        Column("code", sort="code"),
        Column("name", sort="name"),
        Column("kind", sort="kind"),
        Column("major_name", sort="major_code"),
        Column("component_code", chosen=False),
        Column("standard"),
        Column("local", chosen=False),
        *_VALID,
    ),
    filters=(
        Words(("name", "major_name")),
        Choice("kind"),
        Prefix("code", "代码开头"),
        Yes("local"),
        ValidOn(),
    ),
    panels=panels.of_matter,
    importer=_door("matters"),
)

RULES: Final = Resource(
    slug="rules",
    model=models.FilingRule,
    title="立案标准",
    about="每条立案条件各有时限与结案条件；标准不改只续，按日期取有效的版本。",
    see=_SEE,
    edit=_EDIT,
    rows=_rows("rules_visible_to"),
    key="pk",
    related=("matter",),
    columns=(
        Column("code", sort="code"),
        Column("matter", "事项", sort="matter__code"),
        Column("condition"),
        Column("limit_text"),
        Column("closing_condition", chosen=False),
        Column("responsible"),
        Column("competent", chosen=False),
        Column("version"),
        *_VALID,
    ),
    filters=(
        Words(("condition", "matter__name", "responsible"), codes=("code", "matter__code")),
        Choice("matter__kind", "类别", options=lambda: MatterKind.choices),
        Prefix("matter__code", "事项代码开头"),
        ValidOn(),
    ),
    panels=panels.of_rule,
    importer=_door("rules", help="支持各市通行的九列表，合并单元格按其含义展开。"),
)


def _thing(
    slug: str, model: Any, title: str, query: str, columns: tuple[Column, ...], *filters: Any
) -> Resource:
    return Resource(
        slug=slug,
        model=model,
        title=title,
        see=_SEE,
        edit=_EDIT,
        rows=_rows(query),
        columns=(Column("code", sort="code"), *columns, Column("state"), *_VALID),
        filters=(
            Words(("name", "address")),
            *filters,
            Prefix("area_code", "区划或网格代码开头"),
            Choice("state"),
            ValidOn(),
        ),
        place="point",
        importer=_door(slug, has_place=True),
    )


COMPONENTS: Final = _thing(
    "components",
    models.Component,
    "部件",
    "components_visible_to",
    (
        Column("name", sort="name"),
        Column("matter_code", sort="matter_code"),
        Column("grid_code", sort="grid_code"),
        Column("address"),
        Column("competent", chosen=False),
        Column("owner"),
        Column("maintainer", chosen=False),
    ),
    Prefix("matter_code", "小类代码开头"),
)
CAMERAS: Final = _thing(
    "cameras",
    models.Camera,
    "摄像机",
    "cameras_visible_to",
    (
        Column("name", sort="name"),
        Column("grid_code", sort="grid_code"),
        Column("address"),
        Column("direction", chosen=False),
        Column("owner"),
    ),
)
DEVICES: Final = _thing(
    "devices",
    models.Device,
    "设备",
    "devices_visible_to",
    (
        Column("name", sort="name"),
        Column("kind_name", sort="kind_name"),
        Column("grid_code", sort="grid_code"),
        Column("address"),
        Column("seen_at"),
    ),
)
FACILITIES: Final = _thing(
    "facilities",
    models.Facility,
    "设施站点",
    "facilities_visible_to",
    (
        Column("name", sort="name"),
        Column("kind", sort="kind"),
        Column("grid_code", sort="grid_code"),
        Column("address"),
        Column("owner"),
        Column("hours", chosen=False),
        Column("capacity", chosen=False),
    ),
    Choice("kind"),
)

VEHICLES: Final = Resource(
    slug="vehicles",
    model=models.Vehicle,
    title="作业车辆",
    about="清扫、洒水、收运、渣土、执法、抢修等作业车辆；不登记司机，不登记私人车辆。",
    see=_SEE,
    edit=_EDIT,
    rows=_rows("vehicles_visible_to"),
    columns=(
        Column("code", sort="code"),
        Column("plate", sort="plate"),
        Column("kind", sort="kind"),
        Column("owner"),
        Column("area_code", sort="area_code"),
        Column("state"),
        *_VALID,
    ),
    filters=(
        Words(("plate", "owner")),
        Choice("kind"),
        Prefix("area_code", "区划代码开头"),
        Choice("state"),
        ValidOn(),
    ),
    importer=_door("vehicles"),
)

ORGANISATIONS: Final = Resource(
    slug="organisations",
    model=Organisation,
    title="机构",
    see=_SEE,
    edit=_EDIT,
    rows=_rows("organisations_visible_to"),
    related=("parent",),
    columns=(
        Column("code", sort="code"),
        Column("name", sort="name"),
        Column("kind", sort="kind"),
        Column("level"),
        Column("parent"),
        Column("area_code", sort="area_code"),
        Column("active"),
        Column("made_up"),
    ),
    filters=(Words(("name",)), Choice("kind"), Choice("level"), Prefix("area_code"), Yes("active")),
    panels=panels.of_organisation,
    importer=_door("organisations"),
)

DUTIES: Final = Resource(
    slug="duties",
    model=models.Duty,
    title="权责",
    about="哪个单位、什么事项、哪个区域、什么时间。越精确的越优先。",
    see=_SEE,
    edit=_DUTIES,
    rows=_rows("duties_visible_to"),
    key="pk",
    related=("organisation",),
    columns=(
        Column("code", sort="code"),
        Column("organisation"),
        Column("role"),
        Column("kind"),
        Column("matter_prefix", sort="matter_prefix"),
        Column("area_code", sort="area_code"),
        Column("basis", chosen=False),
        Column("version", chosen=False),
        *_VALID,
    ),
    filters=(
        Words(("organisation__name", "basis")),
        Choice("role"),
        Choice("kind"),
        Prefix("matter_prefix"),
        Prefix("area_code"),
        ValidOn(),
    ),
    importer=_door("duties"),
)

ALL: Final = (
    AREAS,
    DUTY_GRIDS,
    MATTERS,
    RULES,
    COMPONENTS,
    CAMERAS,
    DEVICES,
    FACILITIES,
    VEHICLES,
    ORGANISATIONS,
    DUTIES,
)
