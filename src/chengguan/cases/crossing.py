"""Help across a town's border: when it needs an approval, which cases have it, and who sees those.

The approvals stand above (command's 跨镇域调配) and are asked through a port. What is read here is
kept in memory: a case without such help costs nobody a statement, neither its steps nor its lists.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from chengguan.accounts.domain.principal import Held, Principal
from chengguan.accounts.enums import Capability
from chengguan.registry.domain.duty_index import units
from chengguan.registry.domain.towns import is_of_town, town_name, town_of, town_of_unit
from chengguan.store import revisions, rows
from chengguan.store.cache import revised

from .models import Case
from .models.crossing import Crossing

REVISION: Final = "crossings"
#: What an event's data calls them.
DATA: Final = "crossings"


@dataclass(frozen=True, slots=True)
class Permit:
    """An approval that covers a unit in a town at an instant."""

    deployment_id: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Crossed:
    """One row of `Crossing` by value."""

    case_id: int
    home: str
    lender: str
    unit_id: int
    deployment_id: int | None
    until: datetime | None

    @property
    def towns(self) -> str:
        """Both towns in words, the case's own first."""
        return f"{town_name(self.home)} ← {town_name(self.lender)}"

    @property
    def unit_name(self) -> str:
        """The unit that helps."""
        unit = units().get(self.unit_id)
        return unit.name if unit else str(self.unit_id)

    def lasts(self, at: datetime) -> bool:
        """Say whether the lending town sees the case by it: only under an approval, in its time."""
        return self.until is not None and self.until > at


@dataclass
class _Port:
    permit: Callable[[str, int, datetime], Permit | None]


_port = _Port(permit=lambda _home, _unit_id, _at: None)


def connect(*, permit: Callable[[str, int, datetime], Permit | None]) -> None:
    """Give cases their way to the approvals; called once at start."""
    _port.permit = permit


def refusal(
    principal: Principal, capability: str, area_code: str, unit_ids: Collection[int], at: datetime
) -> str | None:
    """Say why one may not call these units into an area; None where one may.

    A unit of another town than one's posts with `capability` cover needs an approval for it.
    """
    home = town_of(area_code)
    for one in unit_ids:
        lender = town_of_unit(one)
        if not lender or not home or lender == home or is_of_town(principal, capability, lender):
            continue
        if _port.permit(home, one, at) is None:
            unit = units().get(one)
            name = unit.name if unit else str(one)
            return (
                f"{name}属于{town_name(lender)}，跨镇域协办须先经县（区）批准；"
                "请在“跨镇域调配”中申请。"
            )
    return None


def noted(area_code: str, unit_ids: Collection[int], at: datetime) -> list[dict[str, Any]]:
    """Give, as an event keeps them, the crossings that calling these units into an area makes."""
    home = town_of(area_code)
    found = []
    for one in unit_ids:
        lender = town_of_unit(one)
        if not home or not lender or lender == home:
            continue
        permit = _port.permit(home, one, at)
        found.append(
            {
                "home": home,
                "lender": lender,
                "unit": one,
                "deployment": permit.deployment_id if permit else None,
                "until": permit.until.isoformat() if permit else None,
            }
        )
    return found


def write_noted(case_id: int, said: Sequence[Mapping[str, Any]], at: datetime) -> None:
    """Write the crossings that an event noted, in its transaction; fetches nothing."""
    rows.insert(
        Crossing,
        [
            {
                "case_id": case_id,
                "home": one["home"],
                "lender": one["lender"],
                "unit_id": one["unit"],
                "deployment_id": one["deployment"],
                "since": at,
                "until": parse_datetime(one["until"]) if one["until"] else None,
            }
            for one in said
        ],
    )
    revisions.bump(REVISION)


def note_case(case: Case, unit_ids: Collection[int], at: datetime) -> int:
    """Write the crossings of an order that concerns a case, each once; give how many."""
    known = {(one.unit_id, one.deployment_id) for one in of_case(case.pk)}
    said = [
        one
        for one in noted(case.area_code, unit_ids, at)
        if (one["unit"], one["deployment"]) not in known
    ]
    if said:
        with transaction.atomic():
            write_noted(case.pk, said, at)
    return len(said)


def end_of_deployment(deployment_id: int, at: datetime) -> list[Crossed]:
    """End what a deployment lets the lending town see; give its crossings, which stay countable."""
    found = Crossing.objects.filter(deployment_id=deployment_id)
    with transaction.atomic():
        found.filter(until__gt=at).update(until=at)
        revisions.bump(REVISION)
    return [_crossed(one) for one in found.order_by("pk").values_list(*_COLUMNS)]


def of_case(case_id: int) -> Sequence[Crossed]:
    """Give a case's crossings, oldest first; from memory."""
    return _all().get(case_id, ())


def towns_text(case_id: int) -> str:
    """Give a case's crossings in words, each pair of towns once; "" for most cases."""
    return "、".join(dict.fromkeys(one.towns for one in of_case(case_id)))


def lent_to(principal: Principal) -> Q:
    """Give the cases in which a unit of one's own town, or one's unit, helps now (none for most)."""
    now = timezone.now()
    lasting = [one for one in _unfinished() if one.lasts(now)]
    found = Q()
    if not lasting:
        return found
    for held in principal.holding(Capability.SEE_CASES):
        mine = sorted({one.case_id for one in lasting if _concerns(held, one)})
        classes = Q()
        for prefix in held.matters:
            classes |= Q(matter_code__startswith=prefix)
        if mine:
            found |= Q(pk__in=mine) & classes
    return found


def is_lent_to(grants: Sequence[Held], case: Case) -> bool:
    """Say of a case that has been read whether `lent_to` of these grants has it."""
    now = timezone.now()
    return any(
        one.lasts(now)
        and _concerns(held, one)
        and (not held.matters or case.matter_code.startswith(held.matters))
        for one in of_case(case.pk)
        for held in grants
    )


def _concerns(held: Held, one: Crossed) -> bool:
    if not held.by_unit:
        return one.lender.startswith(held.area_code)
    unit = units().get(one.unit_id)
    return unit is not None and unit.path.startswith(held.organisation_path)


_COLUMNS: Final = ("case_id", "home", "lender", "unit_id", "deployment_id", "until")


def _crossed(values: Sequence[Any]) -> Crossed:
    return Crossed(*values)


@revised(REVISION)
def _all() -> Mapping[int, tuple[Crossed, ...]]:
    found: dict[int, tuple[Crossed, ...]] = {}
    for values in Crossing.objects.order_by("pk").values_list(*_COLUMNS):
        one = _crossed(values)
        found[one.case_id] = (*found.get(one.case_id, ()), one)
    return found


@revised(REVISION)
def _unfinished() -> tuple[Crossed, ...]:
    """Give those that lasted when they were read: few, and only these are looked through by lists."""
    now = timezone.now()
    return tuple(one for every in _all().values() for one in every if one.lasts(now))
