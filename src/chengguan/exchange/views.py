"""Where other platforms knock: signed forms in, signed questions for the day's ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from chengguan.core.errors import DomainError, Invalid

from .domain.receive import receive
from .domain.reconcile import ledgers
from .domain.signing import Signed, trust

View = Callable[..., JsonResponse]


def _problems(view: View) -> View:
    """Answer refusals as problem+json, whatever the caller accepts: it is a machine."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        try:
            return view(request, *args, **kwargs)
        except DomainError as error:
            problem = error.problem()
            return JsonResponse(
                problem, status=error.status, content_type="application/problem+json"
            )

    return answered


@csrf_exempt
@require_POST
@_problems
def take(request: HttpRequest) -> JsonResponse:
    """Keep one form and answer with its receipt."""
    received = receive(request.headers, request.body)
    return JsonResponse(
        {"receipt": str(received.receipt), "again": received.again},
        status=200 if received.again else 201,
    )


@require_GET
@_problems
def ledger(request: HttpRequest, day: str) -> JsonResponse:
    """Give what went both ways between the asking peer and us on a day."""
    try:
        asked = date.fromisoformat(day)
    except ValueError:
        raise Invalid("exchange.day", "日期不正确。", mend="应为2026-11-23的形式。") from None
    with transaction.atomic():
        now = timezone.now()
        peer = trust(Signed.of(request.headers), action="ledger", key=day, body=b"", at=now)
    return JsonResponse(ledgers(peer, asked))
