"""Addresses for the tests of the audit pages."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("chengguan.accounts.entrance")),
    path("audit/", include("chengguan.audit.urls")),
]
