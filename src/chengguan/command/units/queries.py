"""Which units a person may look into: those his posts reach, with all below them."""

from __future__ import annotations

from dataclasses import dataclass

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability, OrganisationKind
from chengguan.accounts.models import Organisation
from chengguan.core.errors import NotFound

#: What handles cases; centres and cities command.
HANDLE = (
    OrganisationKind.DEPARTMENT,
    OrganisationKind.STREET,
    OrganisationKind.COMMUNITY,
    OrganisationKind.CONTRACTOR,
    OrganisationKind.ENTERPRISE,
)


@dataclass(frozen=True)
class OwnUnits:
    """The units of a person's by-unit posts; empty for those who see by area."""

    roots: tuple[Organisation, ...]
    by_area: bool


def own_units(principal: Principal) -> OwnUnits:
    """Give the organisations whose handling a person answers for; one statement."""
    held = list(principal.holding(Capability.SEE_CASES))
    ids = {one.organisation_id for one in held if one.by_unit}
    roots = tuple(Organisation.objects.filter(pk__in=ids).order_by("path"))
    return OwnUnits(roots, principal.is_system or any(not one.by_unit for one in held))


def find_unit(principal: Principal, unit_id: int) -> Organisation:
    """Give a unit that the person may look into.

    Raises:
        NotFound: there is none, or it isn't his to see.
    """
    unit = Organisation.objects.select_related("parent").filter(pk=unit_id).first()
    if unit is not None and _reaches(principal, unit):
        return unit
    raise NotFound(
        "units.unit",
        "没有找到这个处置单位。",
        mend="请从处置单位列表进入；它也可能不在您的管辖范围内。",
    )


def _reaches(principal: Principal, unit: Organisation) -> bool:
    if principal.is_system:
        return True
    # By area a unit is known to everybody who sees cases there; what it handled is still narrowed
    # to the cases of his own area.
    return any(
        not one.by_unit or unit.path.startswith(one.organisation_path)
        for one in principal.holding(Capability.SEE_CASES)
    )
