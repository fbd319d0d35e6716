"""Cases over the API: one page by the same filters as the screens, and one case whole."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Path, Query, Router, Schema
from pydantic import ConfigDict, Field

from chengguan.registry.domain import catalogue
from chengguan.registry.enums import MatterKind
from chengguan.workflow.domain import definition_of
from chengguan.workflow.enums import Light

from ..disclosure import noted
from ..enums import Source
from ..filters import FLAGS, CaseFilter
from ..finding import find_case
from ..queries import CaseRow, line_of, page
from ..screens import clocks
from ..whole import belongings_of
from .parts import (
    AreaCode,
    MatterCode,
    Moment,
    Number,
    RowId,
    Told,
    Words,
    answer,
    known_parameters,
    principal_of,
)

router = Router(tags=["案件"])

Flag = Annotated[str, Field(pattern=r"^[a-z_]{1,20}$", json_schema_extra={"enum": list(FLAGS)})]
State = Annotated[str, Field(pattern=r"^[a-z_]{1,24}$")]


class CaseQuery(Schema):
    """筛选；各项之间为“且”，同一项的多个值为“或”，标记须全部具备。"""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[str, Field(pattern=r"^[0-9]{0,19}$")] = ""
    q: Words = Field("", description="描述与地点中的词，空格分开")
    kind: MatterKind | None = None
    matter: MatterCode = Field("", description="事项代码或其前缀")
    rule: RowId | None = None
    source: Annotated[list[Source], Field(max_length=20)] = []
    area: AreaCode = ""
    unit: RowId | None = None
    handler: RowId | None = None
    reporter: RowId | None = None
    state: Annotated[list[State], Field(max_length=20)] = []
    stage: Annotated[str, Field(pattern=r"^[a-z_]{0,16}$")] = ""
    light: Light | None = None
    open: bool | None = None
    opened_from: Moment | None = None
    opened_to: Moment | None = None
    closed_from: Moment | None = None
    closed_to: Moment | None = None
    due_before: Moment | None = None
    flag: Annotated[list[Flag], Field(max_length=15)] = []
    sort: Literal["-opened", "opened", "due"] = "-opened"
    cursor: Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9_-]*$")] = ""
    size: Annotated[int, Field(ge=1, le=200)] = 50


class CaseOut(Told):
    """列表中的一个案件。"""

    id: int
    number: str
    state: str
    state_title: str
    stage: str
    seq: int
    source: str
    kind: str
    matter_code: str
    matter_name: str
    text: str
    address: str
    area_code: str
    area_name: str
    point: tuple[float, float] | None
    unit_id: int | None
    unit_name: str
    handler_id: int | None
    handler_name: str
    reports: int
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    stage_due_at: datetime | None
    due_at: datetime | None
    light: str
    on_time: bool | None
    overseen: bool
    important: bool
    suspended_until: datetime | None


class PageOut(Told):
    """一页；`next` 为空即到末尾，否则放进 `cursor` 取下一页。"""

    rows: list[CaseOut]
    next: str
    at: datetime


class EventOut(Told):
    """一步。"""

    id: int
    seq: int
    verb: str
    from_state: str
    to_state: str
    at: datetime
    actor: str
    post: str
    data: dict[str, Any]


class ClockOut(Told):
    """一个环节的计时；秒数按该时钟自己的时间（工作、连续或自然日）。"""

    name: str
    title: str
    mode: str
    limit: int
    used: int
    paused: int
    round: int
    started_at: datetime
    ended_at: datetime | None
    due: datetime | None
    status: str
    light: str


class FileOut(Told):
    """一个附件；`url` 需登录。"""

    id: int
    event_id: int | None
    role: str
    name: str
    media_type: str
    size: int
    sha256: str
    url: str


class RequestOut(Told):
    """一个申请。"""

    id: int
    kind: str
    status: str
    reason: str
    asked_at: datetime
    decided_at: datetime | None


class ReporterOut(Told):
    """一次上报；无权者看不到姓名电话（hidden）。"""

    report_id: int
    at: datetime
    source: str
    name: str
    phone: str
    hidden: bool


class RuleRef(Told):
    """立案所依的标准。"""

    id: int
    condition: str
    limit_text: str
    closing_condition: str


class CaseDetail(CaseOut):
    """一个案件的全部。"""

    rule: RuleRef | None
    events: list[EventOut]
    clocks: list[ClockOut]
    files: list[FileOut]
    requests: list[RequestOut]
    reporters: list[ReporterOut]


@router.get("/cases", response=PageOut, summary="案件列表")
def cases(request: HttpRequest, query: Query[CaseQuery]) -> HttpResponse:
    """只列出有权查看的案件；按 `due` 排序只列未结案件。"""
    known_parameters(request, CaseQuery)
    found = page(principal_of(request), _filter(query), query.sort, query.cursor, query.size)
    rows = [_line(row) for row in found.rows]
    return answer({"rows": rows, "next": found.next_cursor, "at": found.at})


@router.get("/cases/{number}", response={200: CaseDetail, 404: None}, summary="案件详情")
def case(request: HttpRequest, number: Path[Number]) -> HttpResponse:
    """含每一步、每个环节的计时、全部附件与申请。"""
    principal = principal_of(request)
    found = find_case(principal, number)
    also = belongings_of(found, principal)
    readings = clocks.readings(found.clocks, definition_of(found.definition_id))
    return answer(
        _line(line_of(found, timezone.now()))
        | {
            "rule": _rule(found.rule_id),
            "events": also.events,
            "clocks": [_read(ClockOut, one) for one in readings],
            "files": also.files,
            "requests": also.requests,
            "reporters": noted(found, principal, also.reporters),
        }
    )


def _rule(rule_id: int | None) -> dict[str, Any] | None:
    found = catalogue.rule(rule_id) if rule_id else None
    return _read(RuleRef, found) if found else None


def _filter(query: CaseQuery) -> CaseFilter:
    return CaseFilter(
        number=query.number,
        words=query.q,
        kind=query.kind or "",
        matter=query.matter,
        rule=query.rule,
        source=tuple(query.source),
        area=query.area,
        unit=query.unit,
        handler=query.handler,
        reporter=query.reporter,
        states=tuple(query.state),
        stage=query.stage,
        light=query.light or "",
        open=query.open,
        opened_from=query.opened_from,
        opened_to=query.opened_to,
        closed_from=query.closed_from,
        closed_to=query.closed_to,
        due_before=query.due_before,
        flags=tuple(query.flag),
    )


def _line(row: CaseRow) -> dict[str, Any]:
    return _read(CaseOut, row)


def _read(told: type[Told], one: object) -> dict[str, Any]:
    return {name: getattr(one, name) for name in told.model_fields}
