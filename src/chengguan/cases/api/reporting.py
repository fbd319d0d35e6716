"""Reports over the API: one, or up to 5,000 at once; the same key is the same report."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Header, Router
from pydantic import Field

from chengguan.accounts.domain.principal import Principal
from chengguan.core.collecting import collector_paused, give_back
from chengguan.core.coordinates import CRS
from chengguan.files.enums import Role
from chengguan.registry.enums import MatterKind

from ..domain.intake import NewReport, Refused, Taken, take_in, take_in_many
from ..enums import Source
from .parts import (
    AreaCode,
    ComponentCode,
    Given,
    JsonObject,
    Key,
    Lat,
    Line,
    Lon,
    LongText,
    MatterCode,
    Moment,
    Name,
    Phone,
    Reference,
    Told,
    answer,
    client_of,
    evidence_of,
    principal_of,
)

router = Router(tags=["上报"])

IdempotencyKey = Annotated[Key | None, Header(alias="Idempotency-Key")]


class Reporter(Given):
    """举报人；只有获授权者可见。"""

    name: Name = ""
    phone: Phone = ""


class ReportIn(Given):
    """一条上报。地点用经纬度，或用区域代码；都没有则由受理员补。"""

    source: Source = Source.EXTERNAL
    key: Key | None = Field(None, description="幂等键；也可放在 Idempotency-Key 请求头")
    at: Moment | None = Field(None, description="对方记录的上报时间")
    text: LongText = ""
    address: Line = ""
    lon: Lon | None = None
    lat: Lat | None = None
    crs: CRS = CRS.CGCS2000
    area_code: AreaCode = ""
    kind: MatterKind | None = None
    matter_code: MatterCode = ""
    component_code: ComponentCode = ""
    source_ref: Reference = ""
    reporter: Reporter = Field(default_factory=Reporter)
    uploads: Annotated[list[UUID], Field(default_factory=list, max_length=9)]
    raw: JsonObject = Field(default_factory=dict, description="原始消息，照存")


class TakenOut(Told):
    """已受理；`created` 为假表示此前已收到同一条。"""

    report_id: int
    case_id: int
    number: str
    created: bool


class BatchIn(Given):
    """一批上报，至多 5,000 条。"""

    reports: Annotated[list[ReportIn], Field(min_length=1, max_length=5000)]


class FaultOut(Told):
    """一条未受理的原因。"""

    code: str
    detail: str
    field: str | None = None
    mend: str | None = None


class RowOut(Told):
    """一批中一条的结果。"""

    row: int
    taken: TakenOut | None = None
    error: FaultOut | None = None


class BatchOut(Told):
    """一批的结果，次序与请求相同。"""

    accepted: int
    refused: int
    results: list[RowOut]


@router.post(
    "/reports",
    response={201: TakenOut, 200: TakenOut, 404: None, 409: None},
    summary="上报一个问题",
)
def report(
    request: HttpRequest, data: ReportIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """落盘后才应答。同一键重发应答 200 与同一编号。"""
    principal = principal_of(request)
    taken = take_in(_new(data, principal, data.key or idempotency_key or uuid4().hex), principal)
    return answer(asdict(taken), HTTPStatus.CREATED if taken.created else HTTPStatus.OK)


@router.post("/reports/batch", response={200: BatchOut, 404: None, 409: None}, summary="批量上报")
def report_many(
    request: HttpRequest, data: BatchIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """每条独立：一条不合格不影响其余，结果逐条给出（`row` 从 1 起）。"""
    with collector_paused(len(data.reports)):
        return _take_in(data, principal_of(request), idempotency_key or uuid4().hex)


class _BatchAnswer(HttpResponse):
    """The answer to a batch; once it is sent, nothing holds what came any more."""

    def close(self) -> None:
        super().close()
        give_back()


def _take_in(data: BatchIn, principal: Principal, whole: str) -> HttpResponse:
    news = [
        _new(item, principal, item.key or f"{whole}:{row}")
        for row, item in enumerate(data.reports, 1)
    ]
    # Clocks start when we received it: a sender's own time is kept on the report alone.
    answers = take_in_many(news, principal, timezone.now())
    results = [_row(row, one) for row, one in enumerate(answers, 1)]
    refused = sum(isinstance(one, Refused) for one in answers)
    told = {"accepted": len(answers) - refused, "refused": refused, "results": results}
    return answer(told, kind=_BatchAnswer)


def _new(data: ReportIn, principal: Principal, key: str) -> NewReport:
    uploads = data.uploads
    return NewReport(
        source=data.source,
        client=client_of(principal),
        key=key,
        text=data.text,
        at=data.at,
        address=data.address,
        lon=data.lon,
        lat=data.lat,
        crs=data.crs,
        area_code=data.area_code,
        kind=data.kind or "",
        matter_code=data.matter_code,
        component_code=data.component_code,
        reporter_id=principal.user_id,
        reporter_name=data.reporter.name,
        reporter_phone=data.reporter.phone,
        source_ref=data.source_ref,
        raw=data.raw,
        attachments=evidence_of({"photos": uploads}, principal, {"photos": Role.REPORT})
        if uploads
        else (),
    )


def _row(row: int, one: Taken | Refused) -> dict[str, Any]:
    if isinstance(one, Taken):
        return {"row": row, "taken": one, "error": None}
    fault = one.error
    return {
        "row": row,
        "taken": None,
        "error": {
            "code": fault.code,
            "detail": fault.message,
            "field": fault.field,
            "mend": fault.mend,
        },
    }
