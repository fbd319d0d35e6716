"""Whose town (街道、镇) an area, a unit or a grant belongs to: the area of level 街镇 in its chain.

A unit of the district or the city belongs to no town: it works in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import Organisation
from chengguan.store.cache import revised

from ..enums import AreaLevel
from .locate import chain

DISTRICT: Final = 6


def town_of(area_code: str) -> str:
    """Give the code of the town that an area is or lies in, "" for what is larger or unknown."""
    found = (area.code for area in chain(area_code) if area.level == AreaLevel.STREET)
    return next(found, "") if area_code else ""


def town_of_unit(unit_id: int) -> str:
    """Give the town of an organisation by its own area; "" where it has none, or a larger one."""
    return town_of(_homes().get(unit_id, ""))


def town_name(code: str) -> str:
    """Give a town's name, its code where it is unknown."""
    found = chain(code)
    return found[-1].name if found and found[-1].code == code else code


def is_of_town(principal: Principal, capability: str, town: str) -> bool:
    """Say whether one's posts with a capability cover a town, or lie in it.

    Of a post that is bounded by a unit nothing is said: it reaches its unit wherever that works.
    """
    return principal.is_system or any(
        not held.by_unit and (town.startswith(held.area_code) or held.area_code.startswith(town))
        for held in principal.holding(capability)
    )


@revised("organisations")
def _homes() -> Mapping[int, str]:
    return dict(Organisation.objects.exclude(area_code="").values_list("pk", "area_code"))
