"""What a form asks about matter and place, read the same way by guards and effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chengguan.workflow.domain.procedure import Context

from .places import Place, place_of


def matter_of(context: Context) -> tuple[str, str]:
    """Give (kind, matter code) as the form sets it, else as the case has it."""
    row, data = context.row, context.data
    if "matter" not in data:
        return row["kind"], row["matter_code"]
    return data.get("kind") or row["kind"] or "matter", data["matter"]


def asked_place(context: Context) -> Place | None:
    """Give the place that the form names, None where it leaves the place alone.

    Raises:
        Invalid: the point is not one, or lies outside the city; the area is not ours.
    """
    data: Mapping[str, Any] = context.data
    if "point" not in data and "area" not in data:
        return None
    return place_of(data.get("point"), data.get("area", ""))
