"""Who is asking and what they hold: the one object every verb and every query is given.

A principal is a value: it can be kept, sent to another thread and compared. Scopes are prefixes:
an area code covers what starts with it, an organisation path its subtree, a matter its classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Self, overload

from django.http import HttpRequest

from chengguan.accounts.models import User
from chengguan.audit.domain.actor import Actor
from chengguan.store.today import local_today


@dataclass(frozen=True, slots=True)
class Held:
    """A post somebody holds: what it allows, over what, from when to when (both days included).

    `by_unit` posts reach what their organisation's subtree handles; the others reach an area, the
    grant's own or, when it names none, the organisation's (both empty: everywhere).
    """

    post: str
    post_name: str
    capabilities: frozenset[str]
    organisation_id: int
    organisation_path: str
    area_code: str
    matters: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    by_unit: bool = False
    separate: str = ""

    def is_valid(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def covers(
        self, area_code: str | None, organisation_path: str | None, matter_code: str | None
    ) -> bool:
        """Say whether a row lies in this grant's scope; None is not asked about."""
        if area_code is not None and not area_code.startswith(self.area_code):
            return False
        if (
            self.by_unit
            and organisation_path is not None
            and not organisation_path.startswith(self.organisation_path)
        ):
            return False
        return matter_code is None or not self.matters or matter_code.startswith(self.matters)


class _System:
    """`Principal.system(name)` makes the system's principal; `principal.system` asks whether it is."""

    @overload
    def __get__(self, one: None, owner: type[Principal]) -> Callable[..., Principal]: ...

    @overload
    def __get__(self, one: Principal, owner: type[Principal]) -> bool: ...

    def __get__(
        self, one: Principal | None, owner: type[Principal]
    ) -> Callable[..., Principal] | bool:
        return _of_system if one is None else one.is_system


@dataclass(frozen=True, slots=True)
class Principal:
    """A person (or the system) who asks, with every post held and where the request came from."""

    user_id: int | None
    username: str
    name: str
    organisation_id: int | None
    organisation_path: str
    grants: tuple[Held, ...] = ()
    ip: str | None = None
    request_id: str = ""
    is_system: bool = False

    system = _System()

    @classmethod
    def nobody(cls, *, ip: str | None = None, request_id: str = "") -> Self:
        """Give the principal of a request nobody signed in for: it may do nothing."""
        return cls(None, "", "", None, "", ip=ip, request_id=request_id)

    @property
    def is_known(self) -> bool:
        return self.is_system or self.user_id is not None

    def can(
        self,
        capability: str,
        *,
        area_code: str | None = None,
        organisation_path: str | None = None,
        matter_code: str | None = None,
        on: date | None = None,
    ) -> bool:
        """Say whether some post held `on` that day (today) allows this there."""
        if self.is_system:
            return True
        held = self.held(
            capability,
            area_code=area_code,
            organisation_path=organisation_path,
            matter_code=matter_code,
            on=on,
        )
        return held is not None

    def held(
        self,
        capability: str,
        *,
        area_code: str | None = None,
        organisation_path: str | None = None,
        matter_code: str | None = None,
        on: date | None = None,
    ) -> Held | None:
        """Give the first grant that allows this there, None without one."""
        for held in self.holding(capability, on):
            if held.covers(area_code, organisation_path, matter_code):
                return held
        return None

    def holding(self, capability: str, on: date | None = None) -> Iterator[Held]:
        """Give the valid grants with this capability, whatever their scope."""
        day = on or local_today()
        for held in self.grants:
            if capability in held.capabilities and held.is_valid(day):
                yield held

    def actor(
        self,
        capability: str | None = None,
        *,
        area_code: str | None = None,
        organisation_path: str | None = None,
        matter_code: str | None = None,
    ) -> Actor:
        """Give who acts by value, in the post that allows it (the first valid one when unsaid)."""
        used: Held | None = None
        if capability is not None:
            used = self.held(
                capability,
                area_code=area_code,
                organisation_path=organisation_path,
                matter_code=matter_code,
            )
        elif self.grants:
            today = local_today()
            used = next((held for held in self.grants if held.is_valid(today)), None)
        return Actor(
            id=self.user_id,
            name=self.name,
            post=used.post if used else "",
            organisation_id=used.organisation_id if used else self.organisation_id,
            ip=self.ip,
            request_id=self.request_id,
        )

    def at(self, *, ip: str | None, request_id: str) -> Principal:
        """Give the same principal asking from there."""
        if (self.ip, self.request_id) == (ip, request_id):
            return self
        return replace(self, ip=ip, request_id=request_id)


def _of_system(name: str, *, request_id: str = "") -> Principal:
    return Principal(None, "", name, None, "", request_id=request_id, is_system=True)


def principal_of(user: User, *, ip: str | None = None, request_id: str = "") -> Principal:
    """Give the principal of a user: one statement, kept for at most a second per process.

    An account that is off or locked is nobody.
    """
    from chengguan.accounts.domain import loading

    loaded = loading.by_id(user.pk)
    if loaded is None:
        return Principal.nobody(ip=ip, request_id=request_id)
    return loaded.principal.at(ip=ip, request_id=request_id)


def principal_of_request(request: HttpRequest) -> Principal:
    """Give who asks: by bearer token when there is one, else by session; remembered on the request."""
    from chengguan.accounts import requests

    return requests.principal(request)
