"""Cases over the API: one page by the same filters as the screens, and one case whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Path, Query, Router, Schema
from pydantic import ConfigDict, Field

from chengguan.core.coordinates import CRS
from chengguan.core.errors import Invalid
from chengguan.registry.domain import catalogue
from chengguan.registry.enums import MatterKind
from chengguan.workflow.domain import definition_of
from chengguan.workflow.enums import Light

from ..disclosure import noted
from ..drawing import Drawn, circle_of, polygons_of
from ..enums import Source
from ..filters import FLAGS, CaseFilter, Person
from ..finding import find_case
from ..queries import CaseRow, line_of, page
from ..scores import SCORES, score_of
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


SignedMatter = Annotated[str, Field(pattern=r"^-?[0-9]{1,8}$")]
SignedArea = Annotated[str, Field(pattern=r"^-?[0-9]{2,15}$")]
SignedId = Annotated[int, Field(ge=-(2**53), le=2**53)]
ScoreText = Annotated[
    str,
    Field(
        pattern=rf"^({'|'.join(SCORES)}):([0-9]{{1,4}}-?|-[0-9]{{1,4}}|[0-9]{{1,4}}-[0-9]{{1,4}})$"
    ),
]


class CaseQuery(Schema):
    """筛选；各项之间为“且”，同一项的多个值为“或”，标记须全部具备。"""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[str, Field(pattern=r"^[0-9]{0,19}$")] = ""
    q: Words = Field(
        "",
        description="描述与地点中的词，空格分开，`-词` 为不含；四位以上数字也找编号与部件的末几位",
    )
    kind: MatterKind | None = None
    matter: MatterCode = Field("", description="事项代码或其前缀")
    rule: RowId | None = None
    source: Annotated[list[Source], Field(max_length=20)] = []
    not_source: Annotated[list[Source], Field(max_length=20)] = []
    matters: Annotated[list[SignedMatter], Field(max_length=20)] = Field(
        [], description="事项代码或其前缀，任一即可；前加 - 为排除"
    )
    rules: Annotated[list[RowId], Field(max_length=50)] = []
    component: Annotated[str, Field(pattern=r"^[0-9]{0,17}$")] = ""
    area: AreaCode = ""
    areas: Annotated[list[SignedArea], Field(max_length=50)] = Field(
        [], description="区划代码或其前缀，任一即可；前加 - 为排除"
    )
    circle: Annotated[str, Field(max_length=80, pattern=r"^[^\x00]*$")] = Field(
        "", description="圆形范围：经度,纬度,半径米"
    )
    shape: Annotated[str, Field(max_length=60_000, pattern=r"^[^\x00]*$")] = Field(
        "", description="多边形范围：GeoJSON Polygon 或 MultiPolygon"
    )
    crs: CRS = Field(CRS.CGCS2000, description="circle 与 shape 的坐标系")
    unit: RowId | None = None
    units: Annotated[list[SignedId], Field(max_length=50)] = Field(
        [], description="处置单位及其下级，任一即可；负数为排除"
    )
    person: Annotated[list[RowId], Field(max_length=50)] = Field([], description="经办人，任一即可")
    part: Literal["", "acceptor", "dispatcher", "handler", "collector"] = Field(
        "", description="person 在案件中的角色，空为任一"
    )
    handler: RowId | None = None
    reporter: RowId | None = None
    state: Annotated[list[State], Field(max_length=20)] = []
    not_state: Annotated[list[State], Field(max_length=20)] = []
    stage: Annotated[str, Field(pattern=r"^[a-z_]{0,16}$")] = ""
    light: Light | None = None
    lights: Annotated[list[Light], Field(max_length=4)] = []
    open: bool | None = None
    opened_from: Moment | None = None
    opened_to: Moment | None = None
    closed_from: Moment | None = None
    closed_to: Moment | None = None
    due_from: Moment | None = None
    due_before: Moment | None = None
    flag: Annotated[list[Flag], Field(max_length=15)] = []
    not_flag: Annotated[list[Flag], Field(max_length=15)] = []
    score: Annotated[list[ScoreText], Field(max_length=8)] = Field(
        [], description="计分条件 名称:下限-上限，如 returns:2-、share:80-100"
    )
    sort: Literal["-opened", "opened", "due", "-closed"] = "-opened"
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
    """只列出有权查看的案件；按 `due` 排序只列未结案件，按 `-closed` 只列已结案件。"""
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
        source=_signed(query.source, query.not_source),
        matters=tuple(query.matters),
        rules=tuple(query.rules),
        component=query.component,
        areas=tuple(query.areas),
        place=_place(query),
        units=tuple(query.units),
        people=(Person(tuple(query.person), query.part),) if query.person else (),
        lights=tuple(query.lights),
        scores=tuple(map(score_of, query.score)),
        due_from=query.due_from,
        area=query.area,
        unit=query.unit,
        handler=query.handler,
        reporter=query.reporter,
        states=_signed(query.state, query.not_state),
        stage=query.stage,
        light=query.light or "",
        open=query.open,
        opened_from=query.opened_from,
        opened_to=query.opened_to,
        closed_from=query.closed_from,
        closed_to=query.closed_to,
        due_before=query.due_before,
        flags=_signed(query.flag, query.not_flag),
    )


def _signed(values: Sequence[str], left_out: Sequence[str]) -> tuple[str, ...]:
    return (*map(str, values), *(f"-{one}" for one in left_out))


def _place(query: CaseQuery) -> Drawn | None:
    if query.circle and query.shape:
        raise Invalid(
            "cases.filter.place",
            "circle 与 shape 只能给一个。",
            field="shape",
            mend="请去掉其中一个。",
        )
    if query.shape:
        return polygons_of(query.shape, query.crs)
    return circle_of(query.circle, query.crs) if query.circle else None


def _line(row: CaseRow) -> dict[str, Any]:
    return _read(CaseOut, row)


def _read(told: type[Told], one: object) -> dict[str, Any]:
    return {name: getattr(one, name) for name in told.model_fields}
