"""Who sees a joint order beside its lead: the units that assist, and those above them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from chengguan.accounts.domain.principal import Held, Principal
from chengguan.accounts.enums import Capability
from chengguan.registry.domain.duty_index import units
from chengguan.store.cache import revised

from .models import Case
from .models.case import JOINT


def assisted_by(principal: Principal) -> Q:
    """Give the joint orders in which units of this principal's posts assist (none for others)."""
    found = Q()
    for held in principal.holding(Capability.SEE_CASES):
        if not held.by_unit:
            continue
        mine = Q()
        for unit in _units_under(held.organisation_path):
            mine |= Q(assisting__contains=[unit])
        if mine:
            found |= JOINT & mine & _reach(held)
    return found


def owed_by(principal: Principal) -> Q:
    """Give the open joint orders in which a unit that this principal manages still has its part.

    Nothing for who manages no unit; the cases it leads are not among them.
    """
    found = Q()
    for held in principal.holding(Capability.HANDLE_UNIT):
        if not held.by_unit:
            continue
        mine = Q()
        for unit in _units_under(held.organisation_path):
            mine |= Q(assisting__contains=[unit]) & ~Q(assisted__contains=[unit])
        if mine:
            found |= JOINT & mine & _reach(held)
    if not found:
        return Q(pk__in=[])
    return found & Q(closed_at__isnull=True, main_case_id__isnull=True)


@revised("organisations")
def _units_under(path: str) -> tuple[int, ...]:
    return tuple(one.id for one in units().values() if one.path.startswith(path))


def assists(grants: Sequence[Held], case: Case) -> bool:
    """Say of a case that has been read whether `assisted_by` of these grants has it."""
    if not case.assisting:
        return False
    known = units()
    paths = [known[one].path for one in case.assisting if one in known]
    return any(
        held.by_unit
        and held.covers(case.area_code, None, case.matter_code)
        and any(path.startswith(held.organisation_path) for path in paths)
        for held in grants
    )


def _reach(held: Held) -> Q:
    reach = Q(area_code__startswith=held.area_code) if held.area_code else Q()
    classes = Q()
    for prefix in held.matters:
        classes |= Q(matter_code__startswith=prefix)
    return reach & classes
