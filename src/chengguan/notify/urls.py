"""Addresses below /notices/."""

from __future__ import annotations

from typing import Any

app_name = "notify"
urlpatterns: list[Any] = []
