"""The real addresses, with four views before them to try the rules of sign-in on."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from chengguan.accounts.requests import principal
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.config.urls import urlpatterns as real


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse(principal(request).name or "nobody")


def post_only(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"name": principal(request).name, "method": request.method})


def refused(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def recorded(request: HttpRequest) -> HttpResponse:
    """Refuse, and say why in the log: in a transaction that is rolled back when "lost" is asked."""
    with transaction.atomic():
        actor = principal(request).actor()
        record("site.try", actor=actor, result=Result.REFUSED)
        if "lost" in request.GET:
            raise PermissionDenied
    raise PermissionDenied


urlpatterns = [
    path("api/v1/me", post_only),
    path("refused/", refused),
    path("recorded/", recorded),
    path("", home),
    *real,
]
