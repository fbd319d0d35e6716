"""Home with my queues, and what this platform is made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.cases.enums import Source
from chengguan.cases.queries import rows_of
from chengguan.cases.screens import queues
from chengguan.notify.queries import inbox
from chengguan.store.answers import Alike
from chengguan.ui.refusal import is_background

_WORK_ROWS: Final = 15
_NOTICES: Final = 6
_homes: Final = Alike()


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Show what waits for the person: queues with time left, the most urgent cases, notices.

    A page that asks by itself is given what changes on it, and nothing where nothing has.
    """
    if is_background(request):
        principal = principal_of_request(request)
        return _homes.answer(request, principal.user_id, lambda: _fresh(request))
    return render(request, "portal/home.html", _work(request))


def _fresh(request: HttpRequest) -> tuple[str, datetime]:
    context = _work(request)
    return render_to_string("portal/home_fresh.html", context, request), context["now"]


def _work(request: HttpRequest) -> dict[str, Any]:
    principal = principal_of_request(request)
    sees = principal.can(Capability.SEE_CASES)
    now = timezone.now()
    mine = queues.my_queues(principal) if sees else []
    first = queues.my_case_ids(principal, queues.EVERY, _WORK_ROWS) if mine else []
    notices = inbox(principal.user_id, unread=True).items[:_NOTICES] if principal.user_id else []
    return {
        "sees": sees,
        "now": now,
        "mine": mine,
        "waiting": sum(queue.count for queue in mine),
        "late": sum(queue.late for queue in mine),
        "work": rows_of(first, now),
        "open": queues.open_by_state(principal) if sees else [],
        "notices": notices,
        "sources": dict(Source.choices),
        "may_report": principal.can(Capability.REPORT),
    }


def about(request: HttpRequest) -> HttpResponse:
    """Name the data, the software and their licences."""
    return render(request, "portal/about.html", {})
