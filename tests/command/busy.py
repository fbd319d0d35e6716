"""A small city with cases in every state and of several days, and its people of command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import factories
from cases.town import Town, make_town
from django.utils import timezone

from chengguan.accounts.enums import Capability

if TYPE_CHECKING:
    from chengguan.accounts.models import User
    from chengguan.cases.models import Case

EAST = factories.inside(2)


@dataclass
class Busy:
    """The town, the instant it was filled, and who looks on."""

    town: Town
    at: datetime
    wall: User
    street: User


def busy_town(*, password: str | None = None) -> Busy:
    """Fill a town: every state, three sources, both communities, from forty days ago to now."""
    town = make_town()
    at = timezone.now()
    for person in town.city.people.values():
        if password:
            person.set_password(password)
            person.save()
    wall = factories.user(
        "大屏", town.city.centre, factories.post("wall", Capability.WALL), username="wall",
        area_code=factories.DISTRICT, password=password,
    )  # fmt: skip
    street = factories.user(
        "街道领导", town.city.centre, factories.post("leader"), username="street",
        area_code=f"{factories.STREET}002", password=password,
    )  # fmt: skip
    for days in (0, 1, 6, 40):
        begun = at - timedelta(days=days, hours=2)
        closed(town, begun)
        closed(town, begun, source="collector", lon=EAST[0], lat=EAST[1], slow=days >= 6)
        town.do(town.report(begun), "void", begun + timedelta(minutes=5))
        town.report(begun, source="collector")
        handled(town, begun)
    overseen = handled(town, at - timedelta(days=2))
    town.do(
        overseen, "ask_oversight", at - timedelta(days=1), answer_by=at - timedelta(hours=3)
    )  # fmt: skip
    suspended = handled(town, at - timedelta(hours=3))
    town.do(suspended, "ask_suspension", at - timedelta(hours=2), until=at + timedelta(days=9))
    town.do(suspended, "grant_suspension", at - timedelta(hours=1), until=at + timedelta(days=9))
    town.report(at - timedelta(minutes=1), lon=EAST[0], lat=EAST[1])
    return Busy(town, at, wall, street)


def handled(town: Town, begun: datetime, **columns: object) -> Case:
    """Report, file and dispatch a case."""
    case = town.report(begun, **columns)
    town.do(case, "file", begun + timedelta(minutes=5))
    town.do(case, "dispatch", begun + timedelta(minutes=10))
    return case


def closed(town: Town, begun: datetime, *, slow: bool = False, **columns: object) -> Case:
    """Take a case the whole way; a slow one is handled two days after its limit."""
    case = handled(town, begun, **columns)
    done = begun + (timedelta(days=4) if slow else timedelta(minutes=40))
    town.do(case, "assign", begun + timedelta(minutes=15))
    steps = ("submit_handling", "confirm_handled", "forward", "close")
    for step, verb in enumerate(steps):
        town.do(case, verb, done + timedelta(minutes=5 * step))
    return case
