"""Whom a holder of 指挥调度 may order, and who answers for a unit.

An order goes down one's own scope only: an area's holder reaches the people and units of that area,
and the units that have a duty inside it; never those of another district. Units of another town are
reached while the county has lent them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from chengguan.accounts.domain.principal import Held, Principal
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Grant, Organisation, User
from chengguan.registry.domain.duty_index import in_force
from chengguan.store.today import local_today

from .lending import lent_to


@dataclass(frozen=True, slots=True)
class Clerk:
    """A person who answers for a unit."""

    user_id: int
    name: str


def grants_today(capability: str = "") -> QuerySet[Grant]:
    """Give the grants valid today of living accounts, those of `capability` where it is named."""
    today = local_today()
    found = Grant.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=today),
        valid_from__lte=today,
        user__is_active=True,
        user__locked=False,
        user__is_system=False,
        organisation__active=True,
    )
    return found.filter(post__capabilities__contains=[capability]) if capability else found


def commands(principal: Principal, area_code: str) -> bool:
    """Say whether `principal` commands an area as a whole: what is ordered there by anybody.

    A post over a unit reaches that unit's people and tasks; what others order in the same streets
    is none of its business, though no area bounds it.
    """
    return principal.is_system or any(
        not held.by_unit and area_code.startswith(held.area_code)
        for held in principal.holding(Capability.ORDER)
    )


def leaders_over(area_code: str, *, within: int = 0) -> list[int]:
    """Give the ids of who commands an area and decides there: 指挥调度 and 领导审批 over all of it.

    `within` is the least length of their own area code: a county's are asked before a city's.
    """
    rows = (
        grants_today(Capability.LEAD)
        .filter(post__capabilities__contains=[Capability.ORDER], post__by_unit=False)
        .order_by("user_id")
        .values_list("user_id", "area_code", "organisation__area_code")
    )
    held = [(user_id, area or own) for user_id, area, own in rows]
    found = [
        user_id for user_id, area in held if area_code.startswith(area) and len(area) >= within
    ]
    return list(dict.fromkeys(found))


def reachable_units(principal: Principal) -> QuerySet[Organisation]:
    """Give the active units `principal` may order: one statement, duties from memory.

    With those of other towns that are lent to his own just now (ADR 0024).
    """
    own = own_units(principal)
    lent = lent_to(principal)
    if not lent:
        return own
    return Organisation.objects.filter(
        Q(pk__in=sorted(lent)) | Q(pk__in=own.values("pk")), active=True
    )


def own_units(principal: Principal) -> QuerySet[Organisation]:
    """Give the active units in the scope of one's own posts."""
    if principal.is_system:
        return Organisation.objects.filter(active=True)
    reach = Q(pk__in=[])
    for held in principal.holding(Capability.ORDER):
        reach |= _units_of(held)
    return Organisation.objects.filter(reach, active=True)


def reachable_people(principal: Principal) -> QuerySet[User]:
    """Give the living accounts `principal` may order, by organisation or by a grant in the area."""
    people = User.objects.filter(is_active=True, locked=False, is_system=False)
    if principal.is_system:
        return people
    reach = Q(pk__in=[])
    for held in principal.holding(Capability.ORDER):
        if held.by_unit:
            reach |= Q(organisation__path__startswith=held.organisation_path)
        elif not held.area_code:
            return people
        else:
            reach |= Q(organisation__area_code__startswith=held.area_code)
            within = grants_today().filter(area_code__startswith=held.area_code)
            reach |= Q(pk__in=within.values("user_id"))
    return people.filter(reach)


def clerks_of(paths: Iterable[str]) -> dict[str, list[Clerk]]:
    """Give for each unit's path who answers for it: the nearest unit upward that has clerks.

    A clerk is a holder of 处置单位管理 over the unit's subtree. One statement.
    """
    wanted = set(paths)
    if not wanted:
        return {}
    above = {prefix for path in wanted for prefix in _prefixes(path)}
    rows = (
        grants_today(Capability.HANDLE_UNIT)
        .filter(post__by_unit=True, organisation__path__in=above)
        .order_by("user__name", "user_id")
        .values_list("organisation__path", "user_id", "user__name")
        .distinct()
    )
    by_path: dict[str, list[Clerk]] = defaultdict(list)
    for path, user_id, name in rows:
        by_path[path].append(Clerk(user_id, name))
    return {path: _nearest(path, by_path) for path in wanted}


def answers_for(principal: Principal, user_id: int | None, unit_path: str) -> bool:
    """Say whether `principal` may answer: the person himself, or any clerk of the unit."""
    if principal.user_id is None:
        return False
    if user_id is not None:
        return user_id == principal.user_id
    return any(
        held.by_unit and unit_path.startswith(held.organisation_path)
        for held in principal.holding(Capability.HANDLE_UNIT)
    )


def answered_paths(principal: Principal) -> set[str]:
    """Give the subtrees for which `principal` answers as a clerk."""
    return {
        held.organisation_path for held in principal.holding(Capability.HANDLE_UNIT) if held.by_unit
    }


def _units_of(held: Held) -> Q:
    if held.by_unit:
        return Q(path__startswith=held.organisation_path)
    if not held.area_code:
        return Q(pk__isnull=False)
    return Q(area_code__startswith=held.area_code) | Q(pk__in=_with_duty(held.area_code))


def _with_duty(area_code: str) -> Collection[int]:
    today = local_today()
    return {
        duty.unit.id
        for duty in in_force(today)
        if duty.area_code.startswith(area_code) and duty.unit.active
    }


def _prefixes(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: end + 1]) + "/" for end in range(len(parts))]


def _nearest(path: str, by_path: Mapping[str, list[Clerk]]) -> list[Clerk]:
    for prefix in reversed(_prefixes(path)):
        if by_path.get(prefix):
            return by_path[prefix]
    return []
