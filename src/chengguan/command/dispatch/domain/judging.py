"""Looking again at what the machine dispatched, without its answer; and stopping it when it errs."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.registry.domain.duty_index import units

from ...models import AutomaticDispatch, AutomaticRule, Verdict
from .. import errors
from ..accuracy import NEEDED_PERCENT, of_rule, too_low
from .automatic import MACHINE
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
    if not principal.can(
        Capability.DISPATCH, area_code=one.area_code, matter_code=one.matter_code or None
    ):
        raise errors.may_not_judge()
    if unit not in units():
        raise errors.wrong_value("unit", "没有这个单位。", "请从列表中选择单位。")
    if len(note) > 200:
        raise errors.wrong_value("note", "说明至多 200 个字。", "请删减。")
    verdict = Verdict.RIGHT if unit == one.unit_id else Verdict.WRONG
    moment = at or timezone.now()
    won = AutomaticDispatch.objects.filter(pk=one.pk, drawn=True, verdict="").update(
        verdict=verdict,
        judged_unit_id=unit,
        judged_by=principal.name[:40],
        judged_by_id=principal.user_id,
        judged_at=moment,
        note=note.strip(),
    )
    if not won:
        raise errors.already_judged()
    record(
        "automatic.judge",
        actor=principal.actor(Capability.DISPATCH),
        subject_type="command.automatic",
        subject_id=one.rule_id,
        detail={"dispatch": one.pk, "verdict": str(verdict), "unit": unit},
    )
    review(one.rule, moment)
    return str(verdict)


def review(rule: AutomaticRule, at: datetime | None = None) -> bool:
    """Switch a rule off once fewer than 98 % of what it did is right; say whether it was."""
    right, wrong, _ = of_rule(rule, MACHINE)
    if not too_low(right, wrong):
        return False
    percent = f"{right * 100 / (right + wrong):.1f}%"
    reason = f"正确率 {percent}（{right}/{right + wrong}），低于 {NEEDED_PERCENT}%，系统自动关闭。"
    return stop(rule, MACHINE, reason, at or timezone.now())


def review_all(at: datetime | None = None) -> int:
    """Review every rule that is on; gives how many were switched off."""
    return sum(review(rule, at) for rule in AutomaticRule.objects.filter(off_at=None))
