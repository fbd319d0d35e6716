"""Looking again at what a machine did, without its answer; and stopping it when it errs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import record
from chengguan.registry.domain.duty_index import units

from ...models import AutomaticAct, AutomaticDispatch, AutomaticRule, Verdict
from .. import errors
from ..accuracy import NEEDED_PERCENT, percent_of, too_low
from .automatic import DISPATCHING
from .machines import Machine
from .switching import stop


def judge(
    one: AutomaticDispatch,
    principal: Principal,
    *,
    unit: int,
    note: str = "",
    at: datetime | None = None,
) -> str:
    """Write down which unit a dispatcher would have chosen; gives right or wrong.

    He chooses before he is told what the machine chose: agreeing with what one is shown is no
    check of it.

    Raises:
        NotAllowed: he may not dispatch there.
        Invalid: no such unit, or too long a note.
        Conflict: a colleague has judged it.
    """
    if unit not in units():
        raise errors.wrong_value("unit", "没有这个单位。", "请从列表中选择单位。")
    verdict = Verdict.RIGHT if unit == one.unit_id else Verdict.WRONG
    write_verdict(
        DISPATCHING, one, principal, verdict, note, at, judged_unit_id=unit, detail={"unit": unit}
    )
    review(DISPATCHING, one.rule, at)
    return str(verdict)


def write_verdict(
    machine: Machine,
    one: AutomaticAct,
    principal: Principal,
    verdict: Verdict,
    note: str,
    at: datetime | None,
    *,
    detail: dict[str, Any],
    **columns: Any,
) -> None:
    """Write a verdict once, with who gave it; `columns` are further ones of the act's line.

    Raises:
        NotAllowed: he may not do there what the machine did.
        Invalid: too long a note.
        Conflict: a colleague has judged it.
    """
    if not principal.can(
        machine.judges, area_code=one.area_code, matter_code=one.matter_code or None
    ):
        raise errors.may_not_judge(machine.did)
    if len(note) > 200:
        raise errors.wrong_value("note", "说明至多 200 个字。", "请删减。")
    with transaction.atomic():
        open_ = type(one)._default_manager.filter(pk=one.pk, drawn=True, verdict="")
        won = open_.update(
            verdict=verdict,
            judged_by=principal.name[:40],
            judged_by_id=principal.user_id,
            judged_at=at or timezone.now(),
            note=note.strip(),
            **columns,
        )
        if not won:
            raise errors.already_judged()
        record(
            f"{machine.audit}.judge",
            actor=principal.actor(machine.judges),
            subject_type="command.automatic",
            subject_id=one.rule_id,
            detail={machine.act: one.pk, "verdict": str(verdict), **detail},
        )


def review(machine: Machine, rule: AutomaticRule, at: datetime | None = None) -> bool:
    """Switch a rule off once fewer than 98 % of what it did is right; say whether it was."""
    right, wrong, _ = machine.ledger.of_rule(rule, machine.principal)
    if not too_low(right, wrong):
        return False
    share = f"{percent_of(right, wrong)}（{right}/{right + wrong}）"
    reason = f"正确率 {share}，低于 {NEEDED_PERCENT}%，系统自动关闭。"
    return stop(machine, rule, machine.principal, reason, at or timezone.now())


def review_all(machine: Machine, at: datetime | None = None) -> int:
    """Review every rule of a machine that is on; gives how many were switched off."""
    rules = AutomaticRule.objects.filter(off_at=None, act=machine.act)
    return sum(review(machine, rule, at) for rule in rules)
