"""The tally of requests that an instance keeps: kind → what is pending and what was granted.

It is part of the fold, so that "already two extensions granted" needs no query and
"one pending per kind" holds before the database says it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chengguan.core.errors import Conflict, NotAllowed

from .shape import RequestSpec

#: kind → {"asked", "granted", and while pending: "seq", "by", "approved": [user ids]}
Tally = Mapping[str, Mapping[str, Any]]
#: (kind, role) of one step; roles are those of `request_verbs` and "void"
Move = tuple[str, str]

_PENDING: Final = ("seq", "by", "approved")


def is_pending(tally: Tally, kind: str) -> bool:
    """Say whether a request of this kind waits for a decision."""
    return "seq" in tally.get(kind, ())


def approvals(tally: Tally, kind: str) -> int:
    """Return how many approvals the pending request has so far."""
    return len(tally.get(kind, {}).get("approved", ()))


def refusal(spec: RequestSpec, role: str, tally: Tally) -> str | None:
    """Return why a request can't take this role now, None when it can."""
    own = tally.get(spec.kind, {})
    pending = "seq" in own
    if role == "ask":
        return _ask_refusal(spec, own, pending)
    if not pending:
        return f"没有待审批的{spec.title}申请。"
    last = len(own["approved"]) + 1 >= spec.steps
    if role == "approve" and last:
        return f"{spec.title}申请已经初审，须终审。"
    if role == "grant" and not last:
        return f"{spec.title}申请尚未初审。"
    return None


def check_person(spec: RequestSpec, role: str, tally: Tally, user_id: int | None) -> None:
    """Refuse a decision by whoever asked, or by the same person twice.

    Raises:
        NotAllowed: four eyes are needed.
    """
    if user_id is None or role in ("ask", "withdraw"):
        return
    own = tally[spec.kind]
    if own["by"] == user_id:
        raise NotAllowed("workflow.own_request", f"不能审批自己提出的{spec.title}申请。")
    if user_id in own["approved"]:
        raise NotAllowed("workflow.same_approver", f"{spec.title}申请的终审须由另一人进行。")


def after(tally: Tally, move: Move, seq: int, user_id: int | None) -> dict[str, Mapping[str, Any]]:
    """Return the tally after one move made by event `seq`."""
    kind, role = move
    own = dict(tally.get(kind, {}))
    if role == "ask":
        own |= {"asked": own.get("asked", 0) + 1, "seq": seq, "by": user_id, "approved": []}
    elif role == "approve":
        own["approved"] = [*own["approved"], user_id]
    else:
        for key in _PENDING:
            own.pop(key, None)
        if role == "grant":
            own["granted"] = own.get("granted", 0) + 1
        if role == "withdraw":
            own["asked"] -= 1
    return {**tally, kind: own}


def raise_refusal(spec: RequestSpec, role: str, tally: Tally) -> None:
    """Raise `Conflict` with the sentence of `refusal`, if there is one."""
    why = refusal(spec, role, tally)
    if why:
        raise Conflict("workflow.request", why, kind=spec.kind, role=role)


def _ask_refusal(spec: RequestSpec, own: Mapping[str, Any], pending: bool) -> str | None:
    if pending:
        return f"已有待审批的{spec.title}申请。"
    if spec.max_granted and own.get("granted", 0) >= spec.max_granted:
        return f"{spec.title}已同意 {spec.max_granted} 次，不能再申请。"
    if spec.max_asked and own.get("asked", 0) >= spec.max_asked:
        return f"{spec.title}至多申请 {spec.max_asked} 次。"
    return None
