"""Looking again at a closing: the pictures and times as they were, and no word of what was decided."""

from __future__ import annotations

from datetime import datetime

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.models import Case
from chengguan.notify.domain import tell

from ...dispatch import errors
from ...dispatch.domain.judging import review, write_verdict
from ...models import AutomaticClosing, Verdict
from .automatic import CLOSING


def judge(
    one: AutomaticClosing,
    principal: Principal,
    *,
    closable: bool,
    note: str = "",
    at: datetime | None = None,
) -> str:
    """Write down whether a person would have closed a case; gives right or wrong.

    He is not told what was decided, nor whether it is a decoy. A closing he would not have made is
    told to who switched the machine on, so that the case is reopened; below 98 % it stops.

    Raises:
        NotAllowed: he may not close there, had a hand in the case, or switched the machine on.
        Invalid: no reason why it should not have been closed, or too long a one.
        Conflict: a colleague has judged it.
    """
    if principal.user_id in one.people or principal.user_id == one.rule.on_by_id:
        raise errors.not_impartial()
    if not closable and not note.strip():
        raise errors.wrong_value("note", "不应结案的须写明理由。", "请写明缺什么、看到什么。")
    verdict = Verdict.RIGHT if closable is not one.decoy else Verdict.WRONG
    detail = {"closable": closable, "decoy": one.decoy}
    write_verdict(CLOSING, one, principal, verdict, note, at, detail=detail)
    if not one.decoy:
        if verdict == Verdict.WRONG:
            _tell(one, note.strip())
        review(CLOSING, one.rule, at)
    return str(verdict)


def _tell(one: AutomaticClosing, why: str) -> None:
    number = Case.objects.values_list("number", flat=True).get(pk=one.case_id)
    if one.rule.on_by_id is not None:
        tell(
            "command.automatic_closing_wrong",
            user_ids=[one.rule.on_by_id],
            payload={
                "title": f"自动结案复核不一致：{number}",
                "body": f"复核认为不应结案：{why}。请核实，必要时督查重开。",
                "url": f"/cases/{number}/",
            },
        )
