"""Switching a machine on and off: by who may, with what history says, or by itself."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.notify.domain import tell
from chengguan.registry.domain import catalogue
from chengguan.store import revisions

from ...models import AutomaticRule
from .. import errors
from ..accuracy import NEEDED_PERCENT, percent_of
from ..history import NEEDED
from .machines import REVISION, Machine

_AREAS: Final = frozenset({6, 9, 12})


def switch_on(
    machine: Machine,
    principal: Principal,
    *,
    kind: str,
    matter: str,
    area: str,
    share: int = 5,
    at: datetime | None = None,
) -> AutomaticRule:
    """Let a machine act on a matter in an area (district, street or community) from now on.

    `share` percent of its acts are drawn to be looked at again, by a seed that is kept.

    Raises:
        NotAllowed: no right to automate there, or none to do there what the machine does.
        Invalid: no such matter, area or share.
        Conflict: on already; too few cases to judge by, or the rules were too often wrong.
    """
    _require(machine, principal, area, matter, "on")
    _check(machine, kind, matter, area, share)
    now = at or timezone.now()
    history = machine.tally(machine.principal, now, kind, matter, area)
    if history.decided < NEEDED:
        raise errors.too_few(machine.title, history.decided, NEEDED)
    if not history.enough:
        percent = percent_of(history.right, history.wrong)
        raise errors.too_often_wrong(machine.title, percent, NEEDED_PERCENT)
    try:
        with transaction.atomic():
            rule = AutomaticRule.objects.create(
                act=machine.act,
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
            _note(machine, principal, "on", rule, history=f"{history.right}/{history.decided}")
            revisions.bump(REVISION)
    except IntegrityError as error:
        raise errors.already_on(machine.title) from error
    return rule


def switch_off(
    machine: Machine,
    principal: Principal,
    rule: AutomaticRule,
    *,
    reason: str,
    at: datetime | None = None,
) -> None:
    """Stop the machine from now on; what it did stays, and stays counted.

    Raises:
        NotAllowed, Invalid, Conflict: not his to switch, no reason, off already.
    """
    _require(machine, principal, rule.area_code, rule.matter_code, "off")
    if not reason.strip() or len(reason) > 500:
        raise errors.wrong_value("reason", "关闭须写明理由（500 字以内）。", "请填写理由。")
    if not stop(machine, rule, principal, reason.strip(), at or timezone.now()):
        raise errors.already_off()


def stop(
    machine: Machine, rule: AutomaticRule, principal: Principal, reason: str, at: datetime
) -> bool:
    """Switch a rule off once, tell who switched it on; say whether it was on."""
    with transaction.atomic():
        on = AutomaticRule.objects.filter(pk=rule.pk, off_at=None)
        if not on.update(off_at=at, off_by=principal.name[:40], off_reason=reason):
            return False
        _note(machine, principal, "off", rule, reason=reason)
        if rule.on_by_id is not None and rule.on_by_id != principal.user_id:
            known = catalogue.matter(rule.kind, rule.matter_code)
            name = known.name if known else rule.matter_code
            tell(
                machine.topic,
                user_ids=[rule.on_by_id],
                payload={
                    "title": f"{machine.title}已关闭：{name}（{rule.area_code}）",
                    "body": reason,
                    "url": f"{machine.url}{rule.pk}/",
                },
            )
        revisions.bump(REVISION)
    return True


def may_switch(machine: Machine, principal: Principal, area: str, matter: str = "") -> bool:
    """Say whether a person may switch a machine in an area, by all that it asks for.

    A machine acts for whatever unit the duties name, so a post that reaches only what one unit
    handles doesn't do: it is asked about the path that no unit has.
    """
    return all(
        principal.can(one, area_code=area, matter_code=matter or None, organisation_path="")
        for one in machine.switches
    )


def _require(machine: Machine, principal: Principal, area: str, matter: str, action: str) -> None:
    if may_switch(machine, principal, area, matter):
        return
    record(
        f"{machine.audit}.{action}",
        actor=principal.actor(),
        subject_type="command.automatic",
        subject_id=area,
        result=Result.REFUSED,
        detail={"matter": matter},
    )
    raise errors.may_not_automate(machine.title)


def _check(machine: Machine, kind: str, matter: str, area: str, share: int) -> None:
    if catalogue.matter(kind, matter) is None:
        raise errors.wrong_value("matter", f"目录中没有现行的事项 {matter}。", "请重新选择。")
    if len(area) not in _AREAS or not area.isdigit():
        raise errors.wrong_value(
            "area", "区域应为区、街道或社区的代码。", "请填 6、9 或 12 位代码。"
        )
    if not machine.least <= share <= 100:
        raise errors.wrong_value(
            "share", f"复核比例应为 {machine.least} 至 100 的整数。", "一般填 5。"
        )


def _note(
    machine: Machine, principal: Principal, action: str, rule: AutomaticRule, **detail: str
) -> None:
    record(
        f"{machine.audit}.{action}",
        actor=principal.actor(machine.switches[0]),
        subject_type="command.automatic",
        subject_id=rule.pk,
        detail={"matter": rule.matter_code, "area": rule.area_code, **detail},
    )
