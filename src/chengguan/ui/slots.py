"""Places in templates that packages above fill: `{% slot "cases.detail.tabs" %}`.

`core.slots` keeps who fills what; here a filling is a template name, or a function that gets
the page's context and returns safe HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from chengguan.core import slots

Filling = str | Callable[[Mapping[str, Any]], SafeString]


def fill(slot: str, filling: Filling, *, order: int = slots.ORDER) -> None:
    """Put a template, or what a function makes of the page's context, into a slot."""
    slots.register(slot, filling, order)


def render(slot: str, context: Mapping[str, Any]) -> SafeString:
    """Return everything in the slot, in order; empty when nobody filled it."""
    return mark_safe("".join(_one(filling, context) for filling in slots.providers(slot)))  # noqa: S308


def _one(filling: Filling, context: Mapping[str, Any]) -> SafeString:
    if callable(filling):
        return filling(context)
    return render_to_string(filling, dict(context), request=context.get("request"))
