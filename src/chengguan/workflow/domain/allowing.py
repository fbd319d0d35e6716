"""Whether a step may be taken at all: the state, the post, the time, the request it belongs to."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from chengguan.audit.domain.actor import Actor
from chengguan.core.errors import Invalid, NotAllowed
from chengguan.store.today import local_today

from ..errors import WrongState
from . import tally
from .procedure import Procedure, Row
from .shape import Compiled, VerbSpec

if TYPE_CHECKING:
    from chengguan.accounts.domain.principal import Principal


def check_state(definition: Compiled, spec: VerbSpec, row: Row) -> None:
    """Raise `WrongState` unless the verb leads out of the row's state."""
    state = row.get("state") or ""
    if spec.new:
        if state:
            raise WrongState("workflow.begun", f"已经开始，不能再“{spec.title}”。", state=state)
        return
    if state in spec.froms:
        return
    named = definition.states.get(state)
    raise WrongState(
        "workflow.state",
        f"当前为“{named.title if named else '未开始'}”，不能“{spec.title}”。",
        mend="请刷新页面，查看现在可以办理的动作。",
        state=state,
        verb=spec.name,
    )


def permit(
    procedure: Procedure, definition: Compiled, spec: VerbSpec, row: Row, principal: Principal
) -> Actor:
    """Return who acts, in the post that allows the verb here.

    Raises:
        NotAllowed: no post held today allows it.
    """
    if principal.is_system:
        return principal.actor()
    scope = spec.scope
    if scope == "assignee":
        named = row.get(_person_column(procedure, definition, row))
        if named is not None and named != principal.user_id:
            raise NotAllowed("workflow.assignee", f"只有指定的办理人可以“{spec.title}”。")
    capability = _needed(definition, spec, row)
    if scope == "any":
        held = principal.held(capability, on=local_today())
    else:
        held = principal.held(
            capability,
            area_code=row.get(procedure.area_column) or "",
            organisation_path=(row.get(procedure.unit_path_column) or "")
            if scope == "unit"
            else None,
            matter_code=row.get(procedure.matter_column) or None,
            on=local_today(),
        )
    if held is None:
        raise NotAllowed(
            "workflow.capability",
            f"您的岗位在此处没有“{spec.title}”的权限。",
            mend="请由有权限的岗位办理，或联系安全管理员授权。",
            capability=capability,
        )
    return Actor(
        id=principal.user_id,
        name=principal.name,
        post=held.post,
        organisation_id=held.organisation_id,
        ip=principal.ip,
        request_id=principal.request_id,
    )


def _needed(definition: Compiled, spec: VerbSpec, row: Row) -> str:
    """Give the right the verb takes; what has passed its first review is refused by the last one."""
    if spec.role == "refuse" and tally.approvals(row.get("requests") or {}, spec.request):
        return definition.requests[spec.request].capabilities[-1]
    return spec.capability


def _person_column(procedure: Procedure, definition: Compiled, row: Row) -> str:
    state = definition.states.get(row.get("state") or "")
    queue = state.queue if state else None
    return (queue.column if queue else "") or procedure.handler_column


def check_time(row: Row, at: datetime) -> None:
    """Raise `Invalid` for a naive time or one before the last step."""
    if at.tzinfo is None:
        raise Invalid("workflow.time", "时间缺少时区。", field="at")
    changed = row.get("changed_at")
    if changed is not None and row.get("state") and at < changed:
        raise Invalid("workflow.time", "办理时间早于上一步，时间不能倒流。", field="at")


def request_moves(
    definition: Compiled, spec: VerbSpec, row: Row, principal: Principal
) -> list[tally.Move]:
    """Return what the verb does to the row's requests: its own move, and those it makes void.

    Raises:
        Conflict, NotAllowed: the request is not in place, or another person must decide.
    """
    held = row.get("requests") or {}
    moves: list[tally.Move] = []
    if spec.request:
        request = definition.requests[spec.request]
        tally.raise_refusal(request, spec.role, held)
        tally.check_person(request, spec.role, held, principal.user_id)
        moves.append((spec.request, spec.role))
    voided = definition.voids.get(spec.name)
    if voided:
        moves += [(k, "void") for k in voided if k != spec.request and tally.is_pending(held, k)]
    return moves
