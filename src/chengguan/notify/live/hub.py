"""The hub: all listeners of this process, and the last messages for those who come back.

Everything here runs in one event loop and never waits, so that nothing is missed between
catching up and listening. Listeners with the same posts and topics form a group: the scope
of a message is asked once per group, not per listener.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterable
from datetime import date
from typing import Any, Final, TypeVar

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal

from .message import Message, covers, frame, is_hinted

RING: Final = 5_000
QUEUE: Final = 256
RELOAD: Final = frame("reload", b"{}")
_Key = tuple[object, ...]
_K = TypeVar("_K")


class Listener:
    """One open stream: whose, which topics, and what waits to be sent (256 at most)."""

    __slots__ = (
        "_waiting",
        "group",
        "is_over",
        "lost",
        "principal",
        "sending_since",
        "task",
        "topics",
        "woken",
    )

    def __init__(self, principal: Principal, topics: tuple[str, ...]) -> None:
        self.principal = principal
        self.topics = topics
        self.woken = asyncio.Event()
        self.lost = False
        self.is_over = False
        # While something is being sent: since when (monotonic seconds), and by which task.
        self.sending_since = math.inf
        self.task: asyncio.Task[Any] | None = None
        self.group: _Key = (principal.grants, principal.is_system, topics)
        self._waiting: deque[bytes] = deque()

    def put(self, piece: bytes) -> None:
        """Queue a piece; too many waiting, and all are dropped: the listener is to reload."""
        if self.lost:
            return
        if len(self._waiting) >= QUEUE:
            self.drop()
            return
        self._waiting.append(piece)
        self.woken.set()

    def drop(self) -> None:
        """End this stream with a `reload`: it missed something."""
        self._waiting.clear()
        self._waiting.append(RELOAD)
        self.lost = self.is_over = True
        self.woken.set()

    def end(self) -> None:
        """End this stream once all that waits is sent."""
        self.is_over = True
        self.woken.set()

    async def take(self) -> bytes:
        """Wait for something to send and give all of it; empty at the end."""
        if not self._waiting and not self.is_over:
            await self.woken.wait()
        self.woken.clear()
        pieces = b"".join(self._waiting)
        self._waiting.clear()
        return pieces

    def wants(self, topic: str) -> bool:
        """Say whether the topic is asked for: all, or one of the prefixes."""
        return not self.topics or any(
            topic == asked or topic.startswith(asked + ".") for asked in self.topics
        )


class Hub:
    """The listeners, by group and by person, and the ring of the last 5,000 messages."""

    def __init__(self) -> None:
        self._groups: dict[_Key, set[Listener]] = {}
        self._people: dict[int, set[Listener]] = {}
        self._ring: deque[Message] = deque(maxlen=RING)
        self._keys: set[str] = set()

    def __len__(self) -> int:
        return sum(len(group) for group in self._groups.values())

    def listeners(self) -> list[Listener]:
        """Give all listeners of this moment."""
        return [listener for group in self._groups.values() for listener in group]

    def join(self, listener: Listener, last_key: str = "") -> None:
        """Add a listener; with the last key it has seen, what came after it is queued first."""
        if last_key:
            self._catch_up(listener, last_key)
        if listener.is_over:
            return
        self._groups.setdefault(listener.group, set()).add(listener)
        if listener.principal.user_id is not None:
            self._people.setdefault(listener.principal.user_id, set()).add(listener)

    def leave(self, listener: Listener) -> None:
        """Remove a listener; harmless when it isn't there."""
        _discard(self._groups, listener.group, listener)
        if listener.principal.user_id is not None:
            _discard(self._people, listener.principal.user_id, listener)

    def tell(self, messages: Iterable[Message]) -> None:
        """Queue each message for those who may hear it; one told before is told no more."""
        today = timezone.localdate()
        for message in messages:
            if message.key in self._keys:
                continue
            self._remember(message)
            hearing = self._hearing(message, today)
            for listener in hearing:
                listener.put(message.frame)
            if message.hint:
                for listener in self._hinted(message, today) - hearing:
                    listener.put(message.hint)

    def forget(self) -> None:
        """Messages may have been missed: everybody reloads, and nothing can be caught up."""
        self._ring.clear()
        self._keys.clear()
        for listener in self.listeners():
            listener.put(RELOAD)

    def beat(self) -> None:
        """Show proxies and browsers that the line is alive, and how far it has come."""
        piece = f"id: {self._ring[-1].key}\n\n".encode() if self._ring else b": \n\n"
        for listener in self.listeners():
            listener.put(piece)

    def _hearing(self, message: Message, today: date) -> set[Listener]:
        hearing: set[Listener] = set()
        for group in self._groups.values():
            one = next(iter(group))
            if one.wants(message.topic) and _may(one.principal, message, today):
                hearing |= group
        for user_id in message.users:
            found = self._people.get(user_id, ())
            hearing.update(listener for listener in found if listener.wants(message.topic))
        return hearing

    def _hinted(self, message: Message, today: date) -> set[Listener]:
        hinted: set[Listener] = set()
        for group in self._groups.values():
            one = next(iter(group))
            if one.wants(message.topic) and is_hinted(one.principal, message, today):
                hinted |= group
        return hinted

    def _remember(self, message: Message) -> None:
        if len(self._ring) == RING:
            self._keys.discard(self._ring[0].key)
        self._ring.append(message)
        self._keys.add(message.key)

    def _catch_up(self, listener: Listener, last_key: str) -> None:
        if last_key not in self._keys:
            listener.put(RELOAD)
            return
        today = timezone.localdate()
        missed: list[Message] = []
        for message in reversed(self._ring):
            if message.key == last_key:
                break
            missed.append(message)
        hinted = b""
        for message in reversed(missed):
            own = listener.principal.user_id in message.users
            if listener.wants(message.topic) and (own or _may(listener.principal, message, today)):
                listener.put(message.frame)
            elif listener.wants(message.topic) and is_hinted(listener.principal, message, today):
                hinted = message.hint
        # However much was missed, one hint says as much as a thousand.
        if hinted:
            listener.put(hinted)


def _may(principal: Principal, message: Message, today: date) -> bool:
    if principal.is_system:
        return not message.is_personal
    return covers(principal, message, today)


def _discard(index: dict[_K, set[Listener]], key: _K, listener: Listener) -> None:
    found = index.get(key)
    if found is not None:
        found.discard(listener)
        if not found:
            del index[key]
