"""Registry look-ups: where is this point, whose is this matter, what does the catalogue say."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import numpy as np
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.core.coordinates import CRS, convert
from chengguan.core.errors import Invalid, NotAllowed, NotFound
from chengguan.core.instants import usable

from .domain import catalogue
from .domain.duty import resolve
from .domain.locate import AreaRef, locate, locate_areas, located, suspected_crs
from .domain.rights import require_area
from .enums import MatterKind
from .errors import unknown_code
from .queries import areas_seen_by, components_visible_to

router = Router(tags=["台账"])

_NO_POINT = "请给出经纬度，或区域代码。"

Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
MatterCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,8}$")]
AreaCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{2,15})?$")]
ComponentCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{16,17})?$")]
Text = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")]
Day = Annotated[date, Field(ge=date(1950, 1, 1), le=date(2100, 1, 1))]


class AreaOut(Schema):
    """一级区域。"""

    code: str
    name: str
    level: str


class PlaceOut(Schema):
    """一个点所在的区域链，从大到小；不在本市则为空。"""

    code: str
    chain: list[AreaOut]
    suspected_crs: str | None = None


class Points(Schema):
    """一批点，[经度, 纬度]。"""

    points: Annotated[list[tuple[Lon, Lat]], Field(min_length=1, max_length=10_000)]
    crs: CRS = CRS.CGCS2000


class CodesOut(Schema):
    """每个点所在的最小区域代码，次序与请求相同；不在本市为空串。"""

    codes: list[str]


class ConsideredOut(Schema):
    """考虑过的一条依据。"""

    source: str
    won: bool
    organisation_id: int | None
    organisation: str
    reason: str
    duty_code: str
    matter_prefix: str
    area_code: str
    basis: str


class ResolutionOut(Schema):
    """归属：唯一（one）、空白（gap）、冲突（conflict），及全部依据。"""

    status: Literal["one", "gap", "conflict"]
    organisation_id: int | None
    organisation: str
    area_code: str
    candidates: list[int]
    reason: str
    trace: list[ConsideredOut]


class ResolveIn(Schema):
    """要问的事项、地点与时间。"""

    kind: MatterKind
    matter_code: MatterCode
    lon: Lon | None = None
    lat: Lat | None = None
    area_code: AreaCode = ""
    component_code: ComponentCode = ""
    crs: CRS = CRS.CGCS2000
    at: Annotated[AwareDatetime, AfterValidator(usable)] | None = None


class MatterOut(Schema):
    """事项目录的一个小类。"""

    standard: str
    kind: str
    code: str
    name: str
    major_code: str
    major_name: str
    local: bool


class RuleOut(Schema):
    """一条立案标准。"""

    id: int
    code: str
    version: int
    condition: str
    limit_value: Decimal
    limit_unit: str
    limit_text: str
    closing_condition: str
    photos_required: int
    competent: str
    responsible: str
    valid_from: date
    valid_to: date | None


class MatterDetail(MatterOut):
    """一个小类及当日有效的立案标准。"""

    rules: list[RuleOut]


class PointQuery(Schema):
    """一个点。"""

    lon: Lon
    lat: Lat
    crs: CRS = CRS.CGCS2000


class CatalogueQuery(Schema):
    """检索目录。"""

    kind: MatterKind | None = None
    q: Text = ""
    on: Day | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


@router.get("/locate", response=PlaceOut, summary="点在哪里")
def locate_point(request: HttpRequest, query: Query[PointQuery]) -> dict[str, Any]:
    """给出点所在的整条区域链；不在本市时，若按其他坐标系则在，指出可疑的坐标系。"""
    _require(request)
    lon, lat = convert(query.lon, query.lat, query.crs, CRS.CGCS2000)
    code = str(locate_areas(np.array([[lon, lat]]))[0])
    if code:
        return {"code": code, "chain": [_area(ref) for ref in _chain(code)]}
    return {"code": "", "chain": [], "suspected_crs": suspected_crs(lon, lat)}


@router.post("/locate", response=CodesOut, summary="一批点在哪里")
def locate_points(request: HttpRequest, data: Points) -> dict[str, Any]:
    """每次至多一万个点。"""
    _require(request)
    points = np.array([convert(lon, lat, data.crs, CRS.CGCS2000) for lon, lat in data.points])
    return {"codes": [str(code) for code in locate_areas(points)]}


@router.get("/resolve", response={200: ResolutionOut, 404: None}, summary="归谁处置")
def resolve_duty(request: HttpRequest, query: Query[ResolveIn]) -> Any:
    """按先例、部件权属、权责清单给出唯一单位，或说明空白与冲突；只回答管辖范围内的区域。"""
    principal = _require(request)
    if not query.area_code and (query.lon is None or query.lat is None):
        raise Invalid("registry.no_place", "没有地点。", field="area_code", mend=_NO_POINT)
    at: datetime = query.at or timezone.now()
    if catalogue.matter(query.kind, query.matter_code, on=timezone.localdate(at)) is None:
        raise NotFound(
            "registry.matter",
            f"没有事项 {query.matter_code}。",
            field="matter_code",
            mend="请查目录。",
        )
    lon, lat = query.lon, query.lat
    if lon is not None and lat is not None:
        lon, lat = convert(lon, lat, query.crs, CRS.CGCS2000)
    _require_place(principal, query, lon, lat, at)
    return resolve(
        query.kind,
        query.matter_code,
        at,
        lon=lon,
        lat=lat,
        area_code=query.area_code,
        component_code=query.component_code,
    )


@router.get("/catalogue", response=list[MatterOut], summary="检索目录")
def search_catalogue(request: HttpRequest, query: Query[CatalogueQuery]) -> Any:
    """按代码、名称、大类或立案条件检索，最贴近的在前。"""
    _require(request)
    return catalogue.search(query.q, kind=query.kind or "", on=query.on, limit=query.limit)


@router.get(
    "/catalogue/{kind}/{code}", response={200: MatterDetail, 404: None}, summary="一个小类及其标准"
)
def matter_detail(
    request: HttpRequest, kind: MatterKind, code: MatterCode, on: Day | None = None
) -> dict[str, Any]:
    """给出当日（默认今天）有效的立案条件、时限与结案条件。"""
    _require(request)
    day = on or timezone.localdate()
    found = catalogue.matter(kind, code, on=day)
    if found is None:
        raise NotFound("registry.matter", f"没有事项 {code}。", field="code", mend="请查目录。")
    fields = ("standard", "kind", "code", "name", "major_code", "major_name", "local")
    rules = [_rule(rule) for rule in catalogue.rules_on(kind, code, day)]
    return {name: getattr(found, name) for name in fields} | {"rules": rules}


def _require(request: HttpRequest) -> Principal:
    principal: Principal = request.auth  # type: ignore[attr-defined]
    if not principal.can(Capability.SEE_REGISTRY):
        raise NotAllowed("registry.see", "没有查看台账的权限。", mend="请联系安全管理员授权。")
    return principal


def _require_place(
    principal: Principal, query: ResolveIn, lon: float | None, lat: float | None, at: datetime
) -> None:
    """Pass only for an area and a part that the person may see; a point outside is no secret."""
    code = query.area_code
    if not code and lon is not None and lat is not None:
        found = locate(lon, lat, on=timezone.localdate(at))
        code = found.code if found else ""
    if code:
        require_area(principal, "registry.resolve", code)
    part = query.component_code
    if not part or "" in areas_seen_by(principal):
        return
    if not components_visible_to(principal).filter(code=part).exists():
        # Hidden and unknown are the same answer: whose it is tells that it is there.
        raise unknown_code("部件", part)


def _chain(code: str) -> list[AreaRef]:
    place = located(code)
    found = (place.city, place.district, place.street, place.community, place.grid)
    return [ref for ref in found if ref is not None]


def _area(ref: AreaRef) -> dict[str, Any]:
    return {"code": ref.code, "name": ref.name, "level": str(ref.level)}


def _rule(rule: catalogue.Rule) -> dict[str, Any]:
    names = (
        "id",
        "code",
        "version",
        "condition",
        "limit_text",
        "closing_condition",
        "photos_required",
        "competent",
        "responsible",
        "valid_from",
        "valid_to",
    )
    return {name: getattr(rule, name) for name in names} | {
        "limit_value": rule.limit.value,
        "limit_unit": rule.limit.unit,
    }
