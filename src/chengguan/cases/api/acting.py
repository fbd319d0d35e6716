"""Verbs over the API: what I may do with a case and why not the rest, and doing it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Header, Path, Router
from pydantic import Field, StringConstraints

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.core.errors import Conflict, DomainError, Invalid, NotAllowed
from chengguan.exchange.domain.receipts import Answer, digest_of, once
from chengguan.files.enums import Role
from chengguan.workflow.domain import available, definition_of

from ..domain.acting import act
from ..finding import find_case
from ..models import Case
from .parts import Given, JsonObject, Key, Number, Told, client_of, evidence_of, principal_of

router = Router(tags=["办理"])

Verb = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]

_ROLES = {
    "before": Role.HANDLE_BEFORE,
    "after": Role.HANDLE_AFTER,
}
_ROLE_OF_VERB = {
    "submit_verification": Role.VERIFY,
    "submit_check": Role.CHECK,
    "submit_handling": Role.HANDLE_AFTER,
    "report": Role.REPORT,
}
_FILES = frozenset({"photos", "files"})


class FieldOut(Told):
    """表单的一项。"""

    name: str
    title: str
    type: str
    required: bool
    choices: list[tuple[str, str]]
    min: int | None
    max: int | None
    help: str


class OfferOut(Told):
    """一个动作：能做，或为什么不能。"""

    verb: str
    title: str
    allowed: bool
    reason: str
    form: list[FieldOut]


class ActIn(Given):
    """要做的动作、表单内容，以及按表单项给出的上传。"""

    verb: Verb
    data: JsonObject = Field(
        default_factory=dict,
        description="表单各项。所选的人此刻离岗时答 422（cases.person_away，params 写明由谁代班）；"
        "确需指派本人时加 although_away: true，并记入审计",
    )
    uploads: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")], list[UUID]],
        Field(max_length=5),
    ] = Field(default_factory=dict)
    seq: Annotated[int, Field(ge=1, le=10**9)] | None = Field(
        None, description="所见案件的 seq；已有新进展则 409"
    )


class ActedOut(Told):
    """动作之后的案件。"""

    number: str
    event_id: int
    state: str
    stage: str
    seq: int
    stage_due_at: str | None
    due_at: str | None


@router.get(
    "/cases/{number}/verbs", response={200: list[OfferOut], 404: None}, summary="我能做什么"
)
def verbs(request: HttpRequest, number: Path[Number]) -> Any:
    """列出此刻从该状态出发的全部动作；不能做的说明原因。"""
    principal = principal_of(request)
    return available(find_case(principal, number), principal)


@router.post("/cases/{number}/act", response={200: ActedOut, 404: None, 409: None}, summary="办理")
def apply(
    request: HttpRequest,
    number: Path[Number],
    data: ActIn,
    idempotency_key: Annotated[Key | None, Header(alias="Idempotency-Key")] = None,
) -> Any:
    """八人同时办理同一步，只有一人成功，其余得到 409。"""
    principal = principal_of(request)
    if idempotency_key is None:
        return _apply(principal, number, data)
    digest = digest_of(request.body, request.path)
    return once(
        client_of(principal),
        f"act:{idempotency_key}",
        digest,
        lambda: Answer(200, _apply(principal, number, data)),
    ).body


def _apply(principal: Principal, number: str, data: ActIn) -> dict[str, Any]:
    case = find_case(principal, number)
    _check(case, data, principal)
    if data.seq is not None and data.seq != case.seq:
        raise Conflict(
            "cases.moved", "案件已有新的进展。", field="seq", mend="请刷新后再办理。", seq=case.seq
        )
    roles = {
        field: _ROLES.get(field, _ROLE_OF_VERB.get(data.verb, Role.OTHER)) for field in data.uploads
    }
    evidence = evidence_of(data.uploads, principal, {k: str(v) for k, v in roles.items()})
    done = act(case, data.verb, principal, data.data, attachments=evidence)
    row = done.row
    return {
        "number": number,
        "event_id": done.event.id,
        "state": row["state"],
        "stage": row["stage"],
        "seq": row["seq"],
        "stage_due_at": _text(row["stage_due_at"]),
        "due_at": _text(row["due_at"]),
    }


def _check(case: Case, data: ActIn, principal: Principal) -> None:
    """Refuse what no page offers: a verb of the system, and files that were never uploaded."""
    spec = definition_of(case.definition_id).verbs.get(data.verb)
    if spec is None:
        return
    if spec.hidden:
        error: DomainError = NotAllowed(
            "cases.verb_hidden", f"“{spec.title}”由系统办理。", mend="请选择其他动作。"
        )
        record(
            f"case.{data.verb}",
            actor=principal.actor(),
            subject_type="case",
            subject_id=case.pk,
            result=Result.REFUSED,
            detail={"code": error.code, "why": error.message, "state": case.state},
        )
        raise error
    for field in spec.form:
        if field.type in _FILES and field.name in data.data:
            raise Invalid(
                "cases.files_in_data",
                f"“{field.title}”不能写在 data 里。",
                field=field.name,
                mend="请先上传文件，再在 uploads 中按该项给出上传编号。",
            )


def _text(moment: Any) -> str | None:
    return None if moment is None else timezone.localtime(moment).isoformat()
