"""Taking back one's own step, where the procedure has a step that does so.

Nothing is erased: an undo is a verb of its own with its own event. What has left the desk (a case
filed, dispatched, closed) is the next desk's, and is not offered; see ADR 0014.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.models import Case
from chengguan.core.errors import Conflict
from chengguan.workflow.domain import Applied, available, definition_of
from chengguan.workflow.models import Event

from .acting import act_at_desk

#: Verb → the verb that takes it back, and the form that verb asks for.
_INVERSE: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "assign": ("revoke_assignment", {}),
    "merge": ("unmerge", {"reason": "刚才的并案系误操作，撤销"}),
}
_ASK, _WITHDRAW = "ask_", "withdraw_"


def inverse_of(verb: str) -> tuple[str, Mapping[str, Any]] | None:
    """Give the verb that takes `verb` back with its form; None where nothing does."""
    if verb.startswith(_ASK):
        return _WITHDRAW + verb.removeprefix(_ASK), {}
    return _INVERSE.get(verb)


def undo_title(principal: Principal, case: Case, verb: str) -> str:
    """Give the title of the verb by which the person could take his step back now; "" for none."""
    found = inverse_of(verb)
    if found is None or found[0] not in definition_of(case.definition_id).verbs:
        return ""
    offers = available(case, principal)
    return next((one.title for one in offers if one.verb == found[0] and one.allowed), "")


def undo(principal: Principal, case: Case, verb: str, seq: int) -> Applied:
    """Take back `verb`, which made the event `seq` of the case.

    Raises:
        Conflict: it isn't the person's own last step, or nothing takes it back.
        NotAllowed: as the engine says.
    """
    found = inverse_of(verb)
    last = Event.objects.filter(instance_id=case.pk).order_by("-seq").first()
    own = last is not None and last.seq == seq and last.actor_id == principal.user_id
    if found is None or last is None or not own or last.verb != verb:
        raise Conflict(
            "desk.undo",
            "这一步已不能撤销：案件此后又有变化，或已交到下一环节。",
            mend="请打开案件，查看现在可以办理的动作。",
        )
    return act_at_desk(principal, case, found[0], found[1], seen=seq)
