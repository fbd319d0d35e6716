"""Areas by their names, as people type them into a filter."""

from __future__ import annotations

from typing import Final

from chengguan.registry.models import Area
from chengguan.store.cache import revised
from chengguan.store.today import local_today

#: So many areas are offered to choose from; the smallest levels give way first.
_OFFERED: Final = 600
_GRID: Final = 15


def codes_of(name: str) -> tuple[str, ...]:
    """Give the codes of the areas of this name, or of these last names of a chain: 「临港街道西社区」."""
    names = _names()
    exact = tuple(code for code, own in names.items() if own == name)
    if exact:
        return exact
    return tuple(
        code for code in names if chained(code).endswith(name) and len(name) > len(names[code])
    )


def chained(code: str) -> str:
    """Give the names of an area's chain from its district down, joined."""
    names = _names()
    return "".join(names[code[:n]] for n in (6, 9, 12, 15) if n <= len(code) and code[:n] in names)


@revised("areas")
def offered() -> list[tuple[str, str]]:
    """Give (code, chain of names) of districts, streets and communities, as many levels as fit."""
    codes = [code for code in _names() if len(code) < _GRID]
    for longest in (12, 9, 6):
        fit = sorted(code for code in codes if len(code) <= longest)
        if len(fit) <= _OFFERED:
            return [(code, chained(code) or _names()[code]) for code in fit]
    return []


@revised("areas")
def _names() -> dict[str, str]:
    today = local_today()
    rows = Area.objects.values_list("code", "name", "valid_from", "valid_to").order_by(
        "code", "valid_from"
    )
    return {
        code: name
        for code, name, since, until in rows
        if since <= today and (until is None or until >= today)
    }
