"""The addresses of command: each room has its own list, all names are of one namespace."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "command"

urlpatterns: list[URLPattern | URLResolver] = []
