"""A principal's scope as a condition on rows: the only way from a person to the rows of a table."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from chengguan.accounts.domain.principal import Held, Principal


def scope_q(
    principal: Principal,
    capability: str,
    *,
    area: str | None = "area_code",
    organisation_path: str | None = None,
    matter: str | None = None,
    people: Sequence[str] = (),
) -> Q:
    """Give the rows `principal` may reach with `capability`: the OR over the grants held today.

    `area`, `organisation_path` and `matter` name the row's columns, None where it has none;
    `people` names columns of user ids: with the capability at all, one's own rows are always
    reached. Where a column that bounds a grant is not named, the grant reaches only one's own
    rows; matters alone are not asked about in a table without them. Prefixes become index ranges, for the columns are in the C collation.
    """
    if principal.is_system:
        return Q()
    grants = list(principal.holding(capability))
    if not grants:
        return Q(pk__in=[])
    found: list[Q] = []
    for held in grants:
        reach = _reach(held, area, organisation_path, matter)
        if reach is not None and not reach:
            return Q()
        if reach is not None and reach not in found:
            found.append(reach)
    found += [Q(**{name: principal.user_id}) for name in people]
    if not found:
        return Q(pk__in=[])
    whole = found[0]
    for one in found[1:]:
        whole |= one
    return whole


def _reach(held: Held, area: str | None, unit: str | None, matter: str | None) -> Q | None:
    reach = Q()
    if held.by_unit:
        if unit is None:
            return None
        reach &= Q(**{f"{unit}__startswith": held.organisation_path})
    if held.area_code:
        if area is None:
            return None
        reach &= Q(**{f"{area}__startswith": held.area_code})
    if held.matters and matter is not None:
        classes = Q()
        for prefix in held.matters:
            classes |= Q(**{f"{matter}__startswith": prefix})
        reach &= classes
    return reach
