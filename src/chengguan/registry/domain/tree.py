"""The tree of areas by name: what lies directly within an area, for whoever chooses one step by step."""

from __future__ import annotations

from collections.abc import Mapping

from chengguan.store.cache import revised
from chengguan.store.today import local_today

from ..enums import AreaLevel
from ..models import Area
from .locate import LENGTHS, AreaRef


def within(code: str) -> tuple[AreaRef, ...]:
    """Give the areas directly within one by code, in the order of codes; of "" the largest there are.

    Where a level is left out (a street without communities), the next one that is there answers.
    """
    return _children().get(code, ())


def top() -> str:
    """Give the smallest area that holds all others, where choosing begins; "" where there are several."""
    code = ""
    while len(inside := within(code)) == 1 and within(inside[0].code):
        code = inside[0].code
    return code


@revised("areas")
def _children() -> Mapping[str, tuple[AreaRef, ...]]:
    today = local_today()
    rows = Area.objects.values_list("code", "name", "level", "valid_from", "valid_to")
    known: dict[str, AreaRef] = {}
    found: dict[str, list[AreaRef]] = {}
    for code, name, level, since, until in rows.order_by("code", "valid_from"):
        if since <= today and (until is None or until >= today):
            known[code] = AreaRef(code, name, AreaLevel(level))
    for code, ref in known.items():
        above = (code[:length] for length in sorted(LENGTHS, reverse=True) if length < len(code))
        found.setdefault(next((one for one in above if one in known), ""), []).append(ref)
    return {code: tuple(inside) for code, inside in found.items()}
