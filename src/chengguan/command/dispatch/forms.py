"""What dispatch is asked in addresses and forms, read once and refused with the field's name."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest

from .candidates import FactFilter
from .errors import wrong_value


def dispatch_data(request: HttpRequest) -> dict[str, Any]:
    """Give the data of the verb as the panel's form posts it; empty fields are left out."""
    post = request.POST
    # A row of the table or, below it, another unit: what was chosen last down the page holds.
    chosen = [one for one in post.getlist("unit") if one] or [""]
    given: dict[str, Any] = {
        "unit": number(chosen[-1], "unit", "处置单位"),
        "override": post.get("override", "").strip(),
        "note": post.get("note", "").strip(),
        "assist": [one for one in post.getlist("assist") if one],
        "await_assist": post.get("await_assist") == "true",
    }
    return {name: value for name, value in given.items() if value}


def fact_filter(request: HttpRequest) -> FactFilter:
    """Give which facts an address asks for."""
    asked = request.GET
    matter = asked.get("matter", "")
    kind, _, code = matter.rpartition(":")
    return FactFilter(
        unit=number(asked.get("unit", ""), "unit", "单位"),
        kind=kind,
        matter=code,
        since=day(asked.get("since", ""), "since"),
        on_time={"1": True, "0": False}.get(asked.get("on_time", "")),
    )


def number(text: str, field: str, title: str) -> int | None:
    """Read a number, None for nothing."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise wrong_value(field, f"“{title}”应为编号。", "请从列表中选择。")
    return int(text)


def day(text: str, field: str) -> date | None:
    """Read a date, None for nothing."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise wrong_value(field, f"“{text[:20]}”不是日期。", "应写作 2026-05-01。") from None


def matter_of(text: str) -> tuple[str, str]:
    """Read a matter as the pages write it: kind:code."""
    kind, found, code = text.partition(":")
    if not found or not code.isdigit():
        raise wrong_value("matter", "请选择事项。", "从表中选择一个事项。")
    return kind, code
