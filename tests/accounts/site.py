"""The real addresses, with three views before them to try the rules of sign-in on."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from chengguan.accounts.requests import principal
from chengguan.config.urls import urlpatterns as real


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse(principal(request).name or "nobody")


def post_only(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"name": principal(request).name, "method": request.method})


def refused(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


urlpatterns = [
    path("api/v1/me", post_only),
    path("refused/", refused),
    path("", home),
    *real,
]
