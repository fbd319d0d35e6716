"""A message as it comes out of NOTIFY, as it goes to browsers, and who may hear it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from chengguan.accounts.domain.principal import Principal

from ..ports import capability_of, hint_of


@dataclass(frozen=True, slots=True)
class Message:
    """One message with its scope, and the bytes of its server-sent event (made once for all)."""

    key: str
    topic: str
    area: str
    matter: str
    organisation: str
    users: frozenset[int]
    capability: str | None
    frame: bytes
    #: For those who may only know that something happened: the capability, and what they hear.
    hint_capability: str = ""
    hint: bytes = b""

    @property
    def is_personal(self) -> bool:
        """Only the named people hear it."""
        return bool(self.users) and not (self.area or self.organisation)

    @property
    def is_public(self) -> bool:
        """No scope is said: everybody signed in hears it."""
        return not (self.users or self.area or self.organisation or self.matter)


def read_notice(payload: str) -> list[Message]:
    """Read one notice of the relay: a JSON array of messages."""
    return [_message(body) for body in orjson.loads(payload)]


def covers(principal: Principal, message: Message, on: date) -> bool:
    """Say whether a post held `on` that day covers the message (the named people aside).

    What the message doesn't say is empty, and an empty code lies in no narrower scope.
    """
    if message.is_public:
        return True
    if message.is_personal:
        return False
    return _covers(principal, message, message.capability, on)


def is_hinted(principal: Principal, message: Message, on: date) -> bool:
    """Say whether somebody who may not hear the message may know that something happened there."""
    wanted = message.hint_capability
    return bool(wanted) and not message.is_personal and _covers(principal, message, wanted, on)


def _covers(principal: Principal, message: Message, capability: str | None, on: date) -> bool:
    return any(
        (capability is None or capability in held.capabilities)
        and held.is_valid(on)
        and held.covers(message.area, message.organisation, message.matter)
        for held in principal.grants
    )


def frame(event: str, data: bytes, key: str = "") -> bytes:
    """Give the bytes of a server-sent event; `data` has no line breaks (JSON)."""
    head = f"id: {key}\n" if key else ""
    return f"{head}event: {event}\ndata: ".encode() + data + b"\n\n"


def _message(body: dict[str, Any]) -> Message:
    key = f"{body['id']}.{body['part']}" if body.get("part") else str(body["id"])
    shown = {k: v for k, v in body.items() if k not in _HIDDEN}
    hint_capability, hint_topic = hint_of(body["topic"]) or ("", "")
    return Message(
        key=key,
        topic=body["topic"],
        area=body.get("area", ""),
        matter=body.get("matter", ""),
        organisation=body.get("organisation", ""),
        users=frozenset(body.get("users", ())),
        capability=capability_of(body["topic"]),
        frame=frame(body["topic"], orjson.dumps(shown), key),
        hint_capability=hint_capability,
        hint=frame(hint_topic, b"{}", key) if hint_topic else b"",
    )


# Who else is told, and under which part number, is nobody's business.
_HIDDEN = {"users", "part", "organisation"}
