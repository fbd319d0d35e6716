"""What a registry row's page shows besides its own fields."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.ui.recipe.resource import Panel

_SHOWN = 200


def of_area(row: Any, request: HttpRequest) -> list[Panel]:
    """The areas above and below."""
    from . import queries

    lengths = [length for length in (2, 4, 6, 9, 12) if length < len(row.code)]
    seen = queries.areas_visible_to(principal_of_request(request)).only("code", "name", "level")
    above = list(seen.filter(code__in=[row.code[:n] for n in lengths]).order_by("code"))
    below = list(seen.filter(parent_code=row.code).order_by("code")[:_SHOWN])
    return [
        Panel("隶属", "registry/area_panel.html", {"above": above, "below": below, "shown": _SHOWN})
    ]


def of_matter(row: Any, request: HttpRequest) -> list[Panel]:
    """The filing rules of a matter, all versions."""
    from . import queries

    rules = queries.rules_visible_to(principal_of_request(request)).filter(matter=row)
    return [_rules("立案标准", rules)]


def of_rule(row: Any, request: HttpRequest) -> list[Panel]:
    """Every version of the rule."""
    from . import queries

    versions = queries.rules_visible_to(principal_of_request(request)).filter(code=row.code)
    return [_rules("历次版本", versions)]


def of_organisation(row: Any, request: HttpRequest) -> list[Panel]:
    """What the organisation answers for."""
    from . import queries

    duties = queries.duties_visible_to(principal_of_request(request)).filter(organisation=row)
    shown = list(duties.order_by("area_code", "matter_prefix", "pk")[:_SHOWN])
    return [Panel("权责", "registry/duties_panel.html", {"duties": shown})]


def _rules(title: str, rules: QuerySet[Any]) -> Panel:
    shown = list(rules.select_related("matter").order_by("position", "code", "-version")[:_SHOWN])
    return Panel(title, "registry/rules_panel.html", {"rules": shown})
