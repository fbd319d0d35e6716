"""One case's story: steps by demo staff at chosen times, gathered as commands."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.models import User
from chengguan.cases.models import Case
from chengguan.core.worktime import Limit, LimitUnit, parse_limit
from chengguan.registry.domain.catalogue import Rule, rules_on
from chengguan.registry.domain.duty import resolve
from chengguan.workflow.domain import Command, Evidence

from .photos import photo

MINUTE: Final = timedelta(minutes=1)
#: How long a limit is on the wall clock, roughly: a working day is a day with its night.
_WALL: Final = {
    LimitUnit.MINUTE: timedelta(minutes=1),
    LimitUnit.URGENT_HOUR: timedelta(hours=1),
    LimitUnit.URGENT_DAY: timedelta(days=1),
    LimitUnit.WORK_HOUR: timedelta(hours=2),
    LimitUnit.WORK_DAY: timedelta(days=1.2),
    LimitUnit.NATURAL_DAY: timedelta(days=1),
}


class Cast:
    """Who acts: by user name, and by unit its clerk and its handler."""

    def __init__(self) -> None:
        users = User.objects.filter(made_up=True).select_related("organisation")
        self._by_name = {user.username: user for user in users}
        self._clerks: dict[int, User] = {}
        self._handlers: dict[int, User] = {}
        for user in self._by_name.values():
            kept = self._clerks if "_guanli" in user.username else self._handlers
            if "_guanli" in user.username or "_chuzhi" in user.username:
                kept[user.organisation_id] = user

    def __getitem__(self, username: str) -> Principal:
        return principal_of(self._by_name[username])

    def id(self, username: str) -> int:
        """Give the id of a person."""
        return int(self._by_name[username].pk)

    def clerk(self, unit: int) -> Principal:
        """Give who manages a unit's cases."""
        return principal_of(self._clerks[unit])

    def handler(self, unit: int) -> Principal:
        """Give who works in the street for a unit."""
        return principal_of(self._handlers[unit])

    def unit(self, username: str) -> int:
        """Give the unit of a person."""
        return int(self._by_name[username].organisation_id)


@dataclass(slots=True)
class Story:
    """A case on its way; `at` is the time of its last step, `unit` who has it."""

    case: Case
    key: str
    name: str
    limit_text: str
    cast: Cast
    now: datetime
    chance: random.Random
    at: datetime
    place: str = ""
    unit: int = 0
    commands: list[Command] = field(default_factory=list)

    def do(
        self,
        who: Principal | str,
        verb: str,
        data: Mapping[str, Any] | None = None,
        *,
        after: timedelta | tuple[float, float] = MINUTE,
        photos: Mapping[str, str] | None = None,
    ) -> None:
        """Take a step some time after the last one, never later than now.

        `after` is a time or a range of minutes; `photos` gives the role of a sketch by form field.
        """
        if isinstance(after, tuple):
            after = MINUTE * self.chance.uniform(*after)
        # The rest of the way to now is never used up: later steps want their time too.
        left = self.now - self.at
        self.at += min(after, left / 4)
        principal = self.cast[who] if isinstance(who, str) else who
        point = self.case.point or (0.0, 0.0)
        evidence = [
            Evidence(
                photo(self.key, role, self.at, point, self.name, self.place),
                f"{self.key}-{role}.jpg",
                role=role,
                field=form,
            )
            for form, role in (photos or {}).items()
        ]
        self.commands.append(
            Command(self.case.pk, verb, principal, data or {}, self.at, attachments=evidence)
        )

    def wait_until(self, least: float, most: float) -> None:
        """Let the next step fall between so many minutes before now, if it is not later already."""
        moment = self.now - MINUTE * self.chance.uniform(least, most)
        self.at = max(self.at, moment - MINUTE)

    @property
    def rule(self) -> Rule | None:
        """The filing rule the acceptor takes: the first of the matter."""
        found = rules_on(self.case.kind, self.case.matter_code, self.at.date())
        return found[0] if found else None

    @property
    def limit(self) -> Limit:
        """The time the unit has."""
        rule = self.rule
        return rule.limit if rule else parse_limit(self.limit_text)

    def share_of_limit(self, share: float) -> timedelta:
        """Give a share of the limit on the wall clock."""
        limit = self.limit
        return _WALL[limit.unit] * float(limit.value) * share

    # ---- the steps of the loop ----------------------------------------------------------------

    def file(self, after: tuple[float, float] = (2, 16)) -> None:
        rule = self.rule
        data = {"rule": rule.id} if rule else {"limit": self.limit_text}
        self.do(self.chance.choice(["shouli1", "shouli2"]), "file", data, after=after)

    def dispatch(self, after: tuple[float, float] = (2, 17), *, to: int = 0) -> None:
        data: dict[str, Any] = {}
        if not to:
            found = resolve(
                self.case.kind,
                self.case.matter_code,
                self.at,
                area_code=self.case.area_code,
                component_code=self.case.component_code,
            )
            assert found.organisation_id is not None, found.reason
            to = found.organisation_id
        else:
            data["override"] = "原单位反映不属其职责，改由该单位处置"
        self.unit = to
        who = self.chance.choice(["paiqian1", "paiqian2"])
        self.do(who, "dispatch", {"unit": to, **data}, after=after)

    def assign(self, after: tuple[float, float] = (5, 45)) -> None:
        handler = self.cast.handler(self.unit)
        self.do(self.clerk, "assign", {"handler": handler.user_id}, after=after)

    def submit(self, share: float) -> None:
        self.do(
            self.cast.handler(self.unit),
            "submit_handling",
            {"note": "已到现场处置，见处置后照片。"},
            after=self.share_of_limit(share),
            photos={"before": "handle_before", "photos": "handle_after"},
        )

    def confirm(self, after: tuple[float, float] = (5, 60)) -> None:
        self.do(self.clerk, "confirm_handled", {"note": "已复核。"}, after=after)

    def forward(self, after: tuple[float, float] = (5, 40)) -> None:
        self.do(self.chance.choice(["paiqian1", "paiqian2"]), "forward", after=after)

    def check(self, finding: str = "solved") -> None:
        who = self.chance.choice(["caiji1", "caiji2", "caiji3"])
        data = {"person": self.cast.id(who), "note": "请到现场核查。"}
        self.do("shouli1", "request_check", data, after=(5, 60))
        self.do(
            who, "submit_check", {"finding": finding}, after=(8, 38), photos={"photos": "check"}
        )

    def close(self, after: tuple[float, float] = (5, 90)) -> None:
        who = self.chance.choice(["shouli1", "shouli2", "zhiban1"])
        self.do(who, "close", {"confirmed": True, "note": "符合结案条件。"}, after=after)

    def verify(self, finding: str = "true") -> None:
        who = self.chance.choice(["caiji1", "caiji2", "caiji3"])
        data = {"person": self.cast.id(who), "note": "请到现场核实。"}
        self.do("shouli1", "request_verification", data, after=(2, 12))
        self.do(
            who,
            "submit_verification",
            {"finding": finding},
            after=(8, 36),
            photos={"photos": "verify"},
        )

    @property
    def clerk(self) -> Principal:
        return self.cast.clerk(self.unit)
