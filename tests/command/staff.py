"""The small city with those who command it: a commander, a second clerk, a neighbour district."""

from __future__ import annotations

from typing import Any

import factories
from factories import City

from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import User

COMMAND = (
    Capability.SEE_CASES,
    Capability.LEAD,
    Capability.ORDER,
    Capability.SEE_PEOPLE,
    Capability.SEE_REGISTRY,
)


def staffed(*, password: str | None = None) -> City:
    """Make the working city with a commander (zhihui), two clerks of 环卫所 and an area chief."""
    city = factories.working_city(password=password)
    commander = factories.post("commander", *COMMAND, name="值班指挥长")
    duty = factories.post("duty_officer", *COMMAND[:1], Capability.ORDER, name="值班员")
    chief = factories.post("area_chief", Capability.SEE_CASES, name="片长")

    def add(code: str, name: str, at: Any, post: Any, **more: Any) -> None:
        more.setdefault("username", code)
        city.people[code] = factories.user(name, at, post, password=password, **more)

    add("commander", "华指挥", city.centre, commander)
    add("officer", "值班员甲", city.centre, duty)
    add("unit2", "环卫所经办乙", city.unit, factories.post("unit"))
    add("chief", "西片长", city.centre, chief, area_code=f"{factories.STREET}001")
    # A neighbour district with its own commander and people.
    away = factories.organisation("邻区指挥中心", kind="centre", area_code="310116")
    add("away", "邻区指挥", away, commander)
    add("away_worker", "邻区人员", away, factories.post("collector"))
    return city


def who(city: City, code: str) -> Principal:
    """Give a person's principal, freshly loaded."""
    loading.forget()
    return principal_of(city.people[code])


def number(user: User) -> int:
    """Give a person's id."""
    return int(user.pk)
