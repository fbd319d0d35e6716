"""Connects the screens' ports to accounts and audit, and fills the shell: navigation and slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest

from chengguan.accounts.enums import Capability
from chengguan.command.navigation import ENTRIES as COMMAND
from chengguan.registry.navigation import ENTRIES as REGISTRY
from chengguan.simulation.navigation import ENTRIES as SIMULATION
from chengguan.ui import navigation, ports, slots
from chengguan.ui.navigation import Entry
from chengguan.ui.ports import Past

WORK, CITY, SYSTEM = "办理", "城市台账", "系统"


def connect() -> None:
    """Fill every port and slot of the shell; called once at start."""
    ports.connect(asker=_asker, history=_history, note=_note)
    navigation.register(*ENTRIES, *COMMAND, *REGISTRY, *SIMULATION)
    slots.fill("shell.bar.middle", "portal/bar_find.html")
    slots.fill("shell.bar.end", "portal/bar_notices.html")
    slots.fill("shell.user", "portal/bar_user.html")


def _asker(request: HttpRequest) -> ports.Asker:
    from chengguan.accounts.domain.principal import principal_of_request

    return principal_of_request(request)


def _history(subject_type: str, subject_id: str) -> Sequence[Past]:
    from chengguan.audit.queries import history

    return [
        Past(
            at=entry.at,
            actor=entry.actor,
            post=entry.post,
            action=entry.action,
            result=entry.get_result_display(),
            detail=entry.detail,
        )
        for entry in history(subject_type, subject_id)[:200]
    ]


def _note(
    request: HttpRequest,
    action: str,
    subject_type: str,
    subject_id: str,
    detail: Mapping[str, Any],
) -> None:
    from chengguan.accounts.domain.principal import principal_of_request
    from chengguan.audit.domain.record import record

    record(
        action,
        actor=principal_of_request(request).actor(),
        subject_type=subject_type,
        subject_id=subject_id,
        detail=dict(detail),
    )


ENTRIES = (
    Entry("首页", "portal:home", WORK, 5, icon="home"),
    Entry("案件", "cases:list", WORK, 25, Capability.SEE_CASES, "list"),
    Entry("上报问题", "cases:new", WORK, 20, Capability.REPORT, "plus"),
    Entry("来电受理", "cases:call", WORK, 15, Capability.ACCEPT, "phone"),
    Entry("查来电人", "cases:caller", WORK, 17, Capability.SEE_PERSONAL, "phone"),
    Entry("消息", "notify:inbox", WORK, 40, icon="bell"),
)
