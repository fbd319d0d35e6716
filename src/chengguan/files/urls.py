"""Addresses below /files/."""

from __future__ import annotations

from typing import Any

app_name = "files"
urlpatterns: list[Any] = []
