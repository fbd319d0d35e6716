"""Proposals over the API: what a caller's words may mean, before anything is written."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict, Field, StringConstraints

from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid, NotAllowed
from chengguan.registry.enums import MatterKind

from ..domain.proposing import Proposal, propose
from .parts import (
    ComponentCode,
    Lat,
    Line,
    Lon,
    MatterCode,
    Told,
    answer,
    principal_of,
)

router = Router(tags=["推荐"])

Said = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]


class ProposalIn(Schema):
    """来电人说的话，以及已经定下的（位置、事项）。位置为 CGCS2000 经纬度。"""

    model_config = ConfigDict(extra="forbid")

    text: Said = ""
    address: Line = ""
    lon: Lon | None = None
    lat: Lat | None = None
    kind: MatterKind | None = None
    matter_code: MatterCode = Field("", description="已选定的事项；须同时给出 kind")
    component_code: ComponentCode = ""


class CountedOut(Told):
    """`since` 以来可见案件中含 `word` 的 `total` 件，其中 `same` 件为此项。"""

    word: str
    since: datetime
    days: int
    total: int
    same: int


class MatterOut(Told):
    """一个推荐的事项；`score` 为说中的机会，0–1；`sure` 为真时多半说中，可先选上。"""

    kind: str
    code: str
    name: str
    score: float
    reason: str
    major_name: str
    words: list[str]
    counted: CountedOut | None
    basis: str
    sure: bool


class PlaceOut(Told):
    """一个推荐的位置。"""

    name: str
    kind: str
    point: tuple[float, float]
    area_code: str
    reason: str
    score: float
    component_code: str


class ProposedRuleOut(Told):
    """一条立案标准；最合描述的在前。"""

    id: int
    condition: str
    limit_text: str
    closing_condition: str
    photos_required: int
    reason: str


class UnitOut(Told):
    """按权责解析的处置单位：`status` 为 one、gap 或 conflict。"""

    status: str
    organisation_id: int | None
    organisation: str
    reason: str


class AreaOut(Told):
    """区域链的一级。"""

    code: str
    name: str
    level: str


class ProposalOut(Told):
    """推荐；没有把握的一项为空。`matter`、`point` 是立案标准与单位所依的；说不准时 `question` 是该再问来电人的一句。"""

    matters: list[MatterOut]
    places: list[PlaceOut]
    rules: list[ProposedRuleOut]
    unit: UnitOut | None
    matter: tuple[str, str] | None
    point: tuple[float, float] | None
    area: list[AreaOut]
    question: str


@router.post("/proposals", response={200: ProposalOut, 404: None}, summary="按描述推荐")
def proposals(request: HttpRequest, data: ProposalIn) -> HttpResponse:
    """只读；每项推荐附理由，件数只计本人可见的案件。用 POST，来电内容不会留在访问日志的地址里。"""
    principal = principal_of(request)
    if not any(map(principal.can, (Capability.REPORT, Capability.ACCEPT, Capability.SEE_CASES))):
        raise NotAllowed(
            "api.not_allowed", "您的岗位不能查询推荐。", mend="请联系系统管理员授予相应岗位。"
        )
    if (data.lon is None) != (data.lat is None):
        raise Invalid("cases.point", "经度与纬度须同时给出。", field="lon", mend="请补上另一个。")
    if data.matter_code and data.kind is None:
        raise Invalid("cases.kind", "给出事项代码时须给出类别。", field="kind", mend="请填 kind。")
    kind = str(data.kind or "")
    point = None if data.lon is None or data.lat is None else (data.lon, data.lat)
    found = propose(
        principal,
        text=data.text,
        address=data.address,
        point=point,
        kind=kind,
        at=timezone.now(),
        chosen=(kind, data.matter_code) if data.matter_code else None,
        component_code=data.component_code,
    )
    return answer(told(found))


def told(found: Proposal) -> dict[str, Any]:
    """Give a proposal as the API says it."""
    unit = found.unit
    return {
        "matters": [asdict(one) for one in found.matters],
        "places": [asdict(one) for one in found.places],
        "rules": [asdict(one) for one in found.rules],
        "unit": unit
        and {
            "status": unit.status,
            "organisation_id": unit.organisation_id,
            "organisation": unit.organisation,
            "reason": unit.reason,
        },
        "matter": found.matter,
        "point": found.point,
        "question": found.question,
        "area": [{"code": one.code, "name": one.name, "level": one.level} for one in found.area],
    }
