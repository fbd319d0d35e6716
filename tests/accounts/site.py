"""Addresses for the tests of sign-in: ours, and three views to try the rules on."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from chengguan.accounts.requests import principal


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse(principal(request).name or "nobody")


def post_only(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"name": principal(request).name, "method": request.method})


def refused(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


urlpatterns = [
    path("", include("chengguan.accounts.entrance")),
    path("accounts/", include("chengguan.accounts.urls")),
    path("api/v1/me", post_only),
    path("refused/", refused),
    path("", home),
]
