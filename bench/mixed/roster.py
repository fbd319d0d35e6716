"""The people and the city as the clients know them: plain values, passed to another process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from .plan import Plan

#: The place of a person's address in 10.0.0.0/8: all come through a proxy, each from a desk of his own.
_BLOCK: Final = 250


@dataclass(frozen=True, slots=True)
class Person:
    """One account of the load. `area` is the code of a street or "", `unit` an organisation or 0."""

    number: int
    role: str
    user_id: int
    username: str
    area: str = ""
    unit: int = 0
    token: str = ""

    @property
    def address(self) -> str:
        return f"10.1.{self.number // _BLOCK}.{1 + self.number % _BLOCK}"


@dataclass(frozen=True)
class City:
    """What requests are made of. `boxes` are (west, south, east, north) by street, CGCS2000 degrees.

    `today` is the day the load begins on, as filters write it: what lists show of it is new.
    """

    boxes: dict[str, tuple[float, float, float, float]]
    matters: list[str]
    units: list[int]
    today: str


@dataclass(frozen=True)
class Orders:
    """Everything a process of the load is told."""

    plan: Plan
    city: City
    people: list[Person]
    password: str
    host: str
    port: int
    #: 0: until told to stop.
    seconds: float
    #: The server may go away: what was sent is sent again under the same key, for so many seconds.
    patience: float = 0.0
    photo: bytes = field(default=b"", repr=False)
