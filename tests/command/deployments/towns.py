"""Three towns of one county: who commands each, the county's commander, a unit of the second town."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import factories
from cases.town import Town
from django.utils import timezone

from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Organisation, User
from chengguan.cases.domain.acting import act
from chengguan.cases.models import Case
from chengguan.command.deployments.domain.asking import Asked, ask
from chengguan.command.deployments.domain.deciding import decide
from chengguan.command.models import Deployment

HOME, LENDER, THIRD = factories.STREET, "310115502", "310115503"
CHIEF = (Capability.SEE_CASES, Capability.ORDER, Capability.DISPATCH)
COUNTY = (Capability.SEE_CASES, Capability.ORDER, Capability.LEAD, Capability.DISPATCH)


@dataclass
class Towns:
    """The towns, their people by name, the unit that is lent, and short words for what they do."""

    town: Town
    unit: Organisation
    own: Organisation
    people: dict[str, User] = field(default_factory=dict)

    def who(self, name: str) -> Principal:
        loading.forget()
        return principal_of(self.people[name])

    def asked(self, **more: Any) -> Asked:
        now = timezone.now()
        given: dict[str, Any] = {
            "units": [self.unit.pk],
            "title": "夜间占道整治",
            "reason": "本镇人手不足",
            "begins_at": now,
            "ends_at": now + timedelta(hours=3),
            "text": "到环湖西路集合",
        }
        return Asked(**{**given, **more})

    def ask(self, **more: Any) -> Deployment:
        return ask(self.who("home"), self.asked(**more))

    def approved(self, **more: Any) -> Deployment:
        return decide(self.who("county"), self.ask(**more).pk, approve=True, words="同意")

    def case(self) -> Case:
        """Give a case of the first town that is with its unit."""
        return self.town.walk(self.town.report(), "file", "dispatch")

    def call(self, case: Case, name: str = "home", at: datetime | None = None) -> Case:
        """Ask the second town's unit to assist in a case."""
        data = {"assist": [self.unit.pk], "await_assist": False}
        act(case, "call_assist", self.who(name), data, at or timezone.now())
        return case


def make_towns(town: Town) -> Towns:
    """Make the towns around the one in which cases are handled."""
    factories.area(LENDER, "泥城镇", "street")
    factories.area(THIRD, "书院镇", "street")
    top = town.city.centre
    lent = factories.organisation("泥城城建办", parent=top, area_code=LENDER)
    own = factories.organisation("临港城建办", parent=top, area_code=HOME)
    made = Towns(town, lent, own)
    chief = factories.post("town_chief", *CHIEF, name="街镇指挥")
    county = factories.post("county_chief", *COUNTY, name="值班指挥长")
    officer = factories.post("county_officer", Capability.ORDER, name="值班员")

    def add(code: str, name: str, at: Organisation, post: Any, **more: Any) -> None:
        made.people[code] = factories.user(name, at, post, username=f"t_{code}", **more)

    add("home", "临港指挥", top, chief, area_code=HOME)
    add("home2", "临港指挥乙", top, chief, area_code=HOME)
    add("lender", "泥城指挥", top, chief, area_code=LENDER)
    add("third", "书院指挥", top, chief, area_code=THIRD)
    add("county", "县指挥长", top, county)
    add("officer", "县值班员", top, officer)
    add("clerk", "泥城经办", lent, factories.post("unit"))
    add("own_clerk", "临港经办", own, factories.post("unit"))
    add("away", "邻县指挥", factories.organisation("邻县", area_code="310116"), county)
    return made
