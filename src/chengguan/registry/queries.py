"""The only way from a person to registry rows: everything through a scope, a stranger sees none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Organisation

from .models import (
    Area,
    Camera,
    Component,
    Device,
    Duty,
    DutyGrid,
    Facility,
    FilingRule,
    ImportRun,
    Matter,
    Precedent,
    Vehicle,
)

M = TypeVar("M", bound=Model)


def areas_visible_to(principal: Principal) -> QuerySet[Area]:
    """Areas at or under the person's areas."""
    return Area.objects.filter(_by_area(principal, "code")).order_by("code")


def duty_grids_visible_to(principal: Principal) -> QuerySet[DutyGrid]:
    """Duty grids whose unit grids lie in the person's areas."""
    return DutyGrid.objects.filter(_by_area(principal, "area_code")).order_by("code")


def components_visible_to(principal: Principal) -> QuerySet[Component]:
    """Components in the person's areas; those outside every area only for those without limit."""
    return Component.objects.filter(_by_area(principal, "area_code")).order_by("code")


def cameras_visible_to(principal: Principal) -> QuerySet[Camera]:
    """Cameras in the person's areas."""
    return Camera.objects.filter(_by_area(principal, "area_code")).order_by("code")


def devices_visible_to(principal: Principal) -> QuerySet[Device]:
    """Devices in the person's areas."""
    return Device.objects.filter(_by_area(principal, "area_code")).order_by("code")


def facilities_visible_to(principal: Principal) -> QuerySet[Facility]:
    """Stations in the person's areas."""
    return Facility.objects.filter(_by_area(principal, "area_code")).order_by("code")


def vehicles_visible_to(principal: Principal) -> QuerySet[Vehicle]:
    """Vehicles that work in the person's areas."""
    return Vehicle.objects.filter(_by_area(principal, "area_code")).order_by("code")


def matters_visible_to(principal: Principal) -> QuerySet[Matter]:
    """The whole catalogue for everyone who may see the registry: it is public knowledge."""
    return _for_all(principal, Matter.objects.order_by("kind", "code"))


def rules_visible_to(principal: Principal) -> QuerySet[FilingRule]:
    """All filing rules for everyone who may see the registry."""
    rules = FilingRule.objects.select_related("matter")
    return _for_all(
        principal, rules.order_by("matter__kind", "matter__code", "position", "version")
    )


def duties_visible_to(principal: Principal) -> QuerySet[Duty]:
    """Duties in the person's areas, and those of the areas above them, which hold there too."""
    duties = Duty.objects.select_related("organisation")
    return duties.filter(_by_area(principal, "area_code", above=True)).order_by("code", "version")


def precedents_visible_to(principal: Principal) -> QuerySet[Precedent]:
    """Rulings in the person's areas, and those of the areas above them."""
    rulings = Precedent.objects.select_related("organisation")
    return rulings.filter(_by_area(principal, "area_code", above=True)).order_by("-ruled_at", "-pk")


def organisations_visible_to(principal: Principal) -> QuerySet[Organisation]:
    """The organisation tree for everyone who may see the registry."""
    return _for_all(principal, Organisation.objects.order_by("code"))


def imports_visible_to(principal: Principal) -> QuerySet[ImportRun]:
    """One's own runs; all of them for those who may edit the registry without limit of area."""
    runs = ImportRun.objects.order_by("-pk")
    edits = (Capability.EDIT_REGISTRY, Capability.EDIT_DUTIES)
    held = [grant for capability in edits for grant in principal.holding(capability)]
    if principal.is_system or any(not grant.area_code and not grant.by_unit for grant in held):
        return runs
    return runs.filter(created_by_id=principal.user_id) if held else runs.none()


def areas_seen_by(principal: Principal) -> tuple[str, ...]:
    """Give the codes under which a person may see the registry: ("",) everywhere, () nowhere."""
    if principal.is_system:
        return ("",)
    areas = {held.area_code for held in principal.holding(Capability.SEE_REGISTRY)}
    return ("",) if "" in areas else tuple(sorted(areas))


def _by_area(principal: Principal, column: str, *, above: bool = False) -> Q:
    """Give the rows at or under the areas of every grant that allows to see the registry.

    Not `scope_q`: a post that reaches cases by its unit still reads the registry by area, for a
    component or a boundary belongs to no unit.
    """
    areas = areas_seen_by(principal)
    if "" in areas:
        return Q()
    if not areas:
        return Q(pk__in=[])
    scope = Q(**{f"{column}__in": _over(areas)}) if above else Q(pk__in=[])
    for code in areas:
        scope |= Q(**{f"{column}__startswith": code})
    return scope


def _over(areas: Iterable[str]) -> list[str]:
    return sorted({code[:length] for code in areas for length in (0, 2, 4, 6, 9, 12)})


def _for_all(principal: Principal, rows: QuerySet[M]) -> QuerySet[M]:
    return rows if principal.can(Capability.SEE_REGISTRY) else rows.none()
