"""Who is on duty near an area, on the area's own page (五方联动): by unit, with telephones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from chengguan.accounts.domain.principal import principal_of_request

from .queries import on_duty

_SHOWN = 60


def panel(context: Mapping[str, Any]) -> SafeString:
    """Render the people on duty now that the asker may see; nothing where there are none."""
    row, request = context.get("row"), context.get("request")
    if row is None or request is None:
        return mark_safe("")
    found = on_duty(timezone.now(), area_code=row.code, seen_by=principal_of_request(request))
    if not found:
        return mark_safe("")
    said = {"people": found[:_SHOWN], "total": len(found), "area_code": row.code}
    return render_to_string("command/roster/area_people.html", said, request=request)
