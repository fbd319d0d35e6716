"""Ways a message reaches people beside the live stream. In-app is here; SMS and others register.

A channel is called inside the relay's transaction: it writes rows (or defers a job) and never
waits for the network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chengguan.store import ids, rows

from .models import InboxItem


@dataclass(frozen=True, slots=True)
class Told:
    """A message as it leaves the outbox."""

    id: int
    topic: str
    subject_id: int | None
    area_code: str
    matter_code: str
    organisation_path: str
    user_ids: Sequence[int]
    payload: Mapping[str, Any]
    created_at: datetime


Deliver = Callable[[Sequence[Told]], None]


@dataclass(frozen=True, slots=True)
class Channel:
    """What takes messages in, and the topics it wants (none named: all)."""

    deliver: Deliver
    topics: frozenset[str] = frozenset()

    def heard(self, told: Sequence[Told]) -> Sequence[Told]:
        """Give the messages of a batch that this channel wants."""
        return [one for one in told if one.topic in self.topics] if self.topics else told


def register_channel(name: str, deliver: Deliver, *, topics: Sequence[str] = ()) -> None:
    """Let `deliver` see the messages of these topics, batch by batch; without topics, of all.

    Called once, from `AppConfig.ready()`. A batch without its topics costs a channel nothing.
    """
    _channels[name] = Channel(deliver, frozenset(topics))


def channels() -> Mapping[str, Channel]:
    """Give the channels by name."""
    return _channels


def deliver_in_app(told: Sequence[Told]) -> None:
    """Put messages with people and a title into their inboxes: one statement a batch."""
    new = [
        (message, user_id)
        for message in told
        if message.payload.get("title")
        for user_id in dict.fromkeys(message.user_ids)
    ]
    if not new:
        return
    numbers = ids.take_ids(len(new))
    rows.insert(
        InboxItem,
        [
            {
                "id": number,
                "user_id": user_id,
                "kind": message.topic,
                "title": str(message.payload["title"])[:120],
                "body": str(message.payload.get("body", "")),
                "url": _local(message.payload.get("url")),
                "created_at": message.created_at,
            }
            for number, (message, user_id) in zip(numbers, new, strict=True)
        ],
    )


def _local(url: object) -> str:
    """Only addresses of our own: a link from another system's text must not lead people away."""
    text = str(url or "")
    fine = text.startswith("/") and not text.startswith(("//", "/\\")) and len(text) <= 200
    return text if fine else ""


_channels: dict[str, Channel] = {"in_app": Channel(deliver_in_app)}
