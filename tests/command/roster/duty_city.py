"""The small city with a unit that works round the clock: four teams, three shifts (四班三运转)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import factories
from factories import City

from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import User
from chengguan.command.models import Rule, ShiftKind
from chengguan.command.roster.domain.rules import save_rule

ZONE: Final = ZoneInfo("Asia/Shanghai")
CYCLE: Final = ("早", "早", "中", "中", "夜", "夜", "", "")
SHIFTS: Final = (
    ("早", "早班", "day", time(0), time(8)),
    ("中", "中班", "day", time(8), time(16)),
    ("夜", "夜班", "night", time(16), time(0)),
)
FIRST: Final = date(2026, 6, 1)


def at(day: int, hour: int, minute: int = 0, month: int = 6) -> datetime:
    """Give an instant of 2026 by the city's clock."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


@dataclass
class DutyCity:
    """A city, who keeps its roster, and four collectors, one for each team."""

    city: City
    keeper: User
    people: list[User] = field(default_factory=list)

    @property
    def keeping(self) -> Principal:
        return principal_of(self.keeper)


def duty_city(*, password: str | None = None) -> DutyCity:
    """Make the city with shifts, a keeper of the roster and four collectors."""
    city = factories.working_city(password=password)
    keeping = factories.post("shift_lead", Capability.ROSTER, Capability.SEE_CASES, name="值班长")
    keeper = factories.user(
        "周值班", city.centre, keeping, username="keeper_of_duty", password=password
    )
    made = DutyCity(city, keeper)
    collector = factories.post("collector")
    for number, name in enumerate(("甲一", "乙二", "丙三", "丁四"), 1):
        made.people.append(
            factories.user(
                name,
                city.centre,
                collector,
                username=f"team{number}",
                phone=f"000-{number}",
                password=password,
            )
        )
    shifts(city)
    return made


def shifts(city: City) -> None:
    """Make the three shifts of the centre."""
    for code, name, period, start, end in SHIFTS:
        ShiftKind.objects.create(
            organisation=city.centre,
            code=code,
            name=name,
            period=period,
            start=start,
            end=end,
            valid_from=date(2026, 1, 1),
        )


def rotation(made: DutyCity, **columns: object) -> Rule:
    """Make the rule: four teams of one, each at the western community."""
    given: dict[str, object] = {
        "organisation": made.city.centre,
        "name": "四班三运转",
        "post": "collector",
        "cycle": CYCLE,
        "step": 2,
        "members": [
            (number, user, f"{factories.STREET}001") for number, user in enumerate(made.people, 1)
        ],
        "valid_from": FIRST,
    }
    return save_rule(made.keeping, **{**given, **columns})  # type: ignore[arg-type]
