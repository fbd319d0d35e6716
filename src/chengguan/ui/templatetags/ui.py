"""Template tags and filters of every page; loaded everywhere as builtins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from chengguan.ui import assets, clockface, icons, ports, slots

register = template.Library()


@register.simple_tag(takes_context=True, name="slot")
def slot(context: Context, name: str) -> SafeString:
    """Render what packages above put into this place."""
    return slots.render(name, {str(key): value for key, value in context.flatten().items()})


@register.simple_tag(takes_context=True)
def may(context: Context, capability: str) -> bool:
    """Say whether a post of who asks allows this at all."""
    request = context.get("request")
    return request is not None and ports.asker(request).can(capability)


@register.simple_tag
def page_assets(entry: str) -> SafeString:
    """Render the style and script tags of a built entry."""
    return assets.tags(entry)


@register.simple_tag
def assets_built() -> bool:
    """Say whether the page assets exist."""
    return assets.built()


@register.simple_tag
def icon(name: str) -> SafeString:
    """Render one of the shell's icons."""
    return mark_safe(icons.svg(name))  # noqa: S308


@register.simple_tag
def url_or_none(name: str, *args: Any) -> str:
    """Return an address, or nothing where no package serves it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """Show an instant in local time, exact to the second on hover."""
    if at is None:
        return "—"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        clockface.exact(at),
        clockface.short(at),
    )


@register.filter
def exact_moment(at: datetime | None) -> str:
    """Show an instant in local time to the second."""
    return clockface.exact(at)


@register.filter
def duration(seconds: float | None, mode: str = "wall") -> str:
    """Show seconds as 天/小时/分, or with "work" as 工作日/工作时/分."""
    return clockface.duration(seconds, mode)


@register.simple_tag
def deadline(
    due: datetime | None, warn: datetime | None = None, at: datetime | None = None
) -> SafeString:
    """Show a deadline: light, time left or overdue, the instant itself."""
    face = clockface.face(due, warn, at)
    if face.light == "none":
        return mark_safe('<span class="light light-none">未计时</span>')
    return format_html(
        '<span class="light light-{}" title="{} 到期">{}</span>', face.light, face.exact, face.text
    )


@register.filter
def lookup(mapping: Mapping[Any, Any] | None, key: Any) -> Any:
    """Return `mapping[key]`, or nothing."""
    return mapping.get(key, "") if mapping else ""


@register.filter
def or_dash(value: Any) -> Any:
    """Show a dash for what is not said."""
    return "—" if value is None or value == "" or value == [] else value


@register.filter
def attribute(row: Any, name: str) -> Any:
    """Return an attribute whose name the page was told."""
    return getattr(row, name)
