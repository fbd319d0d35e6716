"""Refusals (403) of pages and API reach the audit log; one entry a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from chengguan.accounts import requests
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result

_NOTED = "_chengguan_refusal_noted"


def note_refusal(
    request: HttpRequest,
    action: str = "http.refused",
    *,
    subject_type: str = "path",
    subject_id: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write that this request was refused; a second call for the same request does nothing.

    The middleware calls it for every answer 403 that nobody has recorded; a view that refuses otherwise (404 for what a
    stranger must not know of) may call it itself.
    """
    if getattr(request, _NOTED, False):
        return
    setattr(request, _NOTED, True)
    who = requests.principal(request)
    record(
        action,
        actor=who.actor(),
        subject_type=subject_type,
        subject_id=subject_id or request.path,
        result=Result.REFUSED,
        detail={"method": request.method, "path": request.path[:500], **(detail or {})},
    )
