"""Units of another town that may be ordered for a time, under an approved deployment; from memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.cases.crossing import Permit
from chengguan.registry.domain.towns import DISTRICT, town_of
from chengguan.store.cache import revised

from ...models import Deployment

REVISION: Final = "deployments"


@dataclass(frozen=True, slots=True)
class Lent:
    """An approved deployment by value: `units` of other towns work in `town` in its time."""

    id: int
    town: str
    units: frozenset[int]
    begins_at: datetime
    ends_at: datetime

    @property
    def subject(self) -> str:
        """What orders under it name as their subject."""
        return f"command.deployment:{self.id}"

    def covers(self, at: datetime) -> bool:
        """Say whether an instant lies in its time, the end not included."""
        return self.begins_at <= at < self.ends_at


def permit(town: str, unit_id: int, at: datetime) -> Permit | None:
    """Give the approval under which a unit works in a town at an instant, the longest of several."""
    found = [one for one in _approved() if one.town == town and unit_id in one.units]
    found = [one for one in found if one.covers(at)]
    if not found:
        return None
    longest = max(found, key=lambda one: (one.ends_at, one.id))
    return Permit(longest.id, longest.ends_at)


def lent_to(principal: Principal, at: datetime | None = None) -> dict[int, Lent]:
    """Give the units of other towns that one may order now, each with its deployment.

    Whoever commands the whole town that asked may: the shift changes, the approval stays.
    """
    found: dict[int, Lent] = {}
    for one in running(principal, at or timezone.now()):
        found.update(dict.fromkeys(one.units, one))
    return found


def running(principal: Principal, at: datetime) -> list[Lent]:
    """Give the deployments of the towns one commands that run at an instant, the longest last."""
    found = [one for one in _approved() if one.covers(at) and _commands(principal, one.town)]
    return sorted(found, key=lambda one: (one.ends_at, one.id))


def towns_of(principal: Principal) -> list[str]:
    """Give the towns that one commands as a whole and no more than those; [] for a county's own."""
    found: list[str] = []
    for held in principal.holding(Capability.ORDER):
        if held.by_unit:
            continue
        town = town_of(held.area_code)
        if not town and len(held.area_code) <= DISTRICT:
            return []
        if town == held.area_code and town not in found:
            found.append(town)
    return found


def _commands(principal: Principal, town: str) -> bool:
    return any(
        not held.by_unit and town.startswith(held.area_code)
        for held in principal.holding(Capability.ORDER)
    )


@revised(REVISION)
def _approved() -> tuple[Lent, ...]:
    rows = Deployment.objects.filter(
        approved_at__isnull=False, ended_at=None, ends_at__gt=timezone.now()
    )
    return tuple(
        Lent(one.pk, one.town, frozenset(one.units), one.begins_at, one.ends_at) for one in rows
    )
