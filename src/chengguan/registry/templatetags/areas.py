"""`{% area_field form.area %}`: a field for areas with a link that chooses one step by step."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django import template
from django.forms import BoundField
from django.urls import reverse

from ..domain.locate import chain

register = template.Library()


@register.inclusion_tag("registry/area_field.html", takes_context=True)
def area_field(context: dict[str, Any], field: BoundField, css: str = "") -> dict[str, Any]:
    """Show the field, the name of the area chosen in it, and the way to choose another.

    The way is a link to a page; a script opens that page's panel beside the field instead.
    """
    value = str(field.value() or "").strip()
    code = value if re.fullmatch(r"[0-9]{2,15}", value) else ""
    named = chain(code) if code else []
    query = {"field": field.name, "back": context["request"].get_full_path()}
    if named:
        query["at"] = code
    return {
        "field": field,
        "css": css,
        "named": "".join(one.name for one in named[-2:]),
        "url": f"{reverse('registry:area-pick')}?{urlencode(query)}",
        "panel": reverse("registry:area-pick"),
    }
