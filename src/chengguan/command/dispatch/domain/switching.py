"""Switching automatic dispatch on and off: by who may, with what history says, or by itself."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.notify.domain import tell
from chengguan.registry.domain import catalogue
from chengguan.store import revisions

from ...models import AutomaticRule
from .. import errors
from ..history import NEEDED, NEEDED_PERCENT, tally_of

REVISION: Final = "command.automatic"
_SHARES: Final = range(1, 101)
_AREAS: Final = frozenset({6, 9, 12})


def switch_on(
    principal: Principal,
    *,
    kind: str,
    matter: str,
    area: str,
    share: int = 5,
    at: datetime | None = None,
) -> AutomaticRule:
    """Let the machine dispatch a matter in an area (district, street or community) from now on.

    `share` percent of its dispatches are drawn to be looked at again, by a seed that is kept.

    Raises:
        NotAllowed: no right to automate there.
        Invalid: no such matter, area or share.
        Conflict: on already; too few cases to judge by, or the rules were too often wrong.
    """
    _require(principal, area, matter, "automatic.on")
    _check(kind, matter, area, share)
    now = at or timezone.now()
    history = tally_of(Principal.system("自动派遣"), now, kind, matter, area)
    if history.decided < NEEDED:
        raise errors.too_few(history.decided, NEEDED)
    if not history.enough:
        percent = f"{history.right * 100 / history.decided:.1f}%"
        raise errors.too_often_wrong(percent, NEEDED_PERCENT)
    try:
        with transaction.atomic():
            rule = AutomaticRule.objects.create(
                kind=kind,
                matter_code=matter,
                area_code=area,
                share=share,
                seed=secrets.randbelow(2**53),
                history_right=history.right,
                history_all=history.decided,
                on_at=now,
                on_by=principal.name[:40],
                on_by_id=principal.user_id,
            )
            _note(principal, "automatic.on", rule, history=f"{history.right}/{history.decided}")
            revisions.bump(REVISION)
    except IntegrityError as error:
        raise errors.already_on() from error
    return rule


def switch_off(
    principal: Principal, rule: AutomaticRule, *, reason: str, at: datetime | None = None
) -> None:
    """Stop the machine from now on; what it dispatched stays, and stays counted.

    Raises:
        NotAllowed, Invalid, Conflict: not his to switch, no reason, off already.
    """
    _require(principal, rule.area_code, rule.matter_code, "automatic.off")
    if not reason.strip() or len(reason) > 500:
        raise errors.wrong_value("reason", "关闭须写明理由（500 字以内）。", "请填写理由。")
    if not stop(rule, principal, reason.strip(), at or timezone.now()):
        raise errors.already_off()


def stop(rule: AutomaticRule, principal: Principal, reason: str, at: datetime) -> bool:
    """Switch a rule off once, tell who switched it on; say whether it was on."""
    with transaction.atomic():
        on = AutomaticRule.objects.filter(pk=rule.pk, off_at=None)
        if not on.update(off_at=at, off_by=principal.name[:40], off_reason=reason):
            return False
        _note(principal, "automatic.off", rule, reason=reason)
        if rule.on_by_id is not None and rule.on_by_id != principal.user_id:
            known = catalogue.matter(rule.kind, rule.matter_code)
            name = known.name if known else rule.matter_code
            tell(
                "command.automatic_off",
                user_ids=[rule.on_by_id],
                payload={
                    "title": f"自动派遣已关闭：{name}（{rule.area_code}）",
                    "body": reason,
                    "url": f"/dispatch/automatic/{rule.pk}/",
                },
            )
        revisions.bump(REVISION)
    return True


def _require(principal: Principal, area: str, matter: str, action: str) -> None:
    if principal.can(Capability.AUTOMATE, area_code=area, matter_code=matter):
        return
    record(
        action,
        actor=principal.actor(),
        subject_type="command.automatic",
        subject_id=area,
        result=Result.REFUSED,
        detail={"matter": matter},
    )
    raise errors.may_not_automate()


def _check(kind: str, matter: str, area: str, share: int) -> None:
    if catalogue.matter(kind, matter) is None:
        raise errors.wrong_value("matter", f"目录中没有现行的事项 {matter}。", "请重新选择。")
    if len(area) not in _AREAS or not area.isdigit():
        raise errors.wrong_value(
            "area", "区域应为区、街道或社区的代码。", "请填 6、9 或 12 位代码。"
        )
    if share not in _SHARES:
        raise errors.wrong_value("share", "复核比例应为 1 至 100 的整数。", "一般填 5。")


def _note(principal: Principal, action: str, rule: AutomaticRule, **detail: str) -> None:
    record(
        action,
        actor=principal.actor(Capability.AUTOMATE),
        subject_type="command.automatic",
        subject_id=rule.pk,
        detail={"matter": rule.matter_code, "area": rule.area_code, **detail},
    )
