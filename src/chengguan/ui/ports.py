"""What screens need from above and can't import: who asks, what was done before, what to note.

The portal fills these at start (`connect`); `ui` itself stands below accounts and audit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.http import HttpRequest


class Asker(Protocol):
    """The part of a principal that screens use."""

    @property
    def name(self) -> str: ...

    def can(self, capability: str) -> bool: ...


@dataclass(frozen=True)
class Past:
    """One line of a subject's history: when, who in which post, what, with what result."""

    at: datetime
    actor: str
    post: str
    action: str
    result: str
    detail: Mapping[str, Any] = field(default_factory=dict)


class Nobody:
    """Who is not signed in: may do nothing."""

    name = ""

    def can(self, capability: str) -> bool:
        return False


@dataclass
class _Ports:
    asker: Callable[[HttpRequest], Asker]
    history: Callable[[str, str], Sequence[Past]]
    note: Callable[[HttpRequest, str, str, str, Mapping[str, Any]], None]


def _nobody(request: HttpRequest) -> Asker:
    return Nobody()


def _no_history(subject_type: str, subject_id: str) -> Sequence[Past]:
    return ()


def _no_note(
    request: HttpRequest,
    action: str,
    subject_type: str,
    subject_id: str,
    detail: Mapping[str, Any],
) -> None:
    """Nothing is noted until the portal has connected the audit."""


_ports = _Ports(asker=_nobody, history=_no_history, note=_no_note)


def connect(
    *,
    asker: Callable[[HttpRequest], Asker],
    history: Callable[[str, str], Sequence[Past]],
    note: Callable[[HttpRequest, str, str, str, Mapping[str, Any]], None],
) -> None:
    """Give the screens their way to accounts and audit; called once at start."""
    _ports.asker, _ports.history, _ports.note = asker, history, note


def asker(request: HttpRequest) -> Asker:
    """Return who asks; found once a request."""
    found: Asker | None = getattr(request, "_asker", None)
    if found is None:
        user = getattr(request, "user", None)
        found = _ports.asker(request) if user is not None and user.is_authenticated else Nobody()
        request._asker = found  # type: ignore[attr-defined]
    return found


def history(subject_type: str, subject_id: str) -> Sequence[Past]:
    """Return what was done to a subject, the latest first."""
    return _ports.history(subject_type, subject_id)


def note(
    request: HttpRequest,
    action: str,
    *,
    subject_type: str = "",
    subject_id: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write an audit entry for something a screen did (an export)."""
    _ports.note(request, action, subject_type, subject_id, detail or {})
