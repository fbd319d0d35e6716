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
