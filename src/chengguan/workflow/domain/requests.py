"""Requests that need approval: each move is a verb of the definition, with its own event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chengguan.accounts.domain.principal import Principal
from chengguan.core.errors import NotFound

from ..models import Instance
from . import tally
from .acting import Applied, act
from .definition import definition_of


def ask(
    instance: Instance,
    kind: str,
    principal: Principal,
    data: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> Applied:
    """Ask for an extension, a suspension …; one request of a kind may be pending."""
    return act(instance, f"ask_{kind}", principal, data, at)


def decide(
    instance: Instance,
    kind: str,
    granted: bool,
    principal: Principal,
    data: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> Applied:
    """Grant or refuse the pending request; of two approvals the first only passes it on."""
    spec = definition_of(instance.definition_id).requests.get(kind)
    if spec is None:
        raise NotFound("workflow.request_kind", f"没有申请种类“{kind}”。")
    if not granted:
        role = "refuse"
    elif tally.approvals(instance.requests, kind) + 1 < spec.steps:
        role = "approve"
    else:
        role = "grant"
    return act(instance, f"{role}_{kind}", principal, data, at)


def withdraw(
    instance: Instance,
    kind: str,
    principal: Principal,
    at: datetime | None = None,
) -> Applied:
    """Withdraw the pending request; it does not count as asked."""
    return act(instance, f"withdraw_{kind}", principal, {}, at)
