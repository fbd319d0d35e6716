"""Who acts, by value: what an event or an audit entry remembers of a person for ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in a post, or the system itself (`id` None); `ip` and `request_id` may be empty."""

    id: int | None
    name: str
    post: str = ""
    organisation_id: int | None = None
    ip: str | None = None
    request_id: str = ""

    @classmethod
    def system(cls, name: str, *, request_id: str = "") -> Self:
        """Give the actor of a timer, an import or a command."""
        return cls(id=None, name=name, request_id=request_id)
