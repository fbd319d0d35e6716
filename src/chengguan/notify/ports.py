"""What notify must be told by the floors above: which capability a topic needs."""

from __future__ import annotations

_capabilities: dict[str, str] = {}


def register_topic(prefix: str, capability: str) -> None:
    """Let only holders of `capability` hear topics `prefix` and `prefix.*` on the live stream.

    Unregistered topics need a post whose scope covers the message, whatever it allows.
    """
    _capabilities[prefix] = capability


def capability_of(topic: str) -> str | None:
    """Give the capability a topic needs, by its longest registered prefix."""
    while topic:
        found = _capabilities.get(topic)
        if found is not None:
            return found
        topic = topic.rpartition(".")[0]
    return None


_hints: dict[str, tuple[str, str]] = {}


def register_hint(prefix: str, capability: str, topic: str) -> None:
    """Let holders of `capability` who may not hear `prefix.*` hear `topic` instead, with no content.

    A wall is told that its area has changed, and never which case.
    """
    _hints[prefix] = capability, topic


def hint_of(topic: str) -> tuple[str, str] | None:
    """Give (capability, topic) of the hint that stands for a topic, by its longest prefix."""
    while topic:
        found = _hints.get(topic)
        if found is not None:
            return found
        topic = topic.rpartition(".")[0]
    return None
