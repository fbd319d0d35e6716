"""Named slots: how a package above puts something onto a screen below.

Filled once, from `AppConfig.ready()`; what a provider is, the slot's owner says.
"""

from __future__ import annotations

from typing import Any, Final

ORDER: Final = 100

_slots: dict[str, list[tuple[int, int, Any]]] = {}


def register(slot: str, provider: Any, order: int = ORDER) -> None:
    """Put `provider` into `slot`; low orders come first, equal ones as registered.

    The same provider again only moves to the new order.
    """
    filled = _slots.setdefault(slot, [])
    filled[:] = [entry for entry in filled if entry[2] != provider]
    place = max((entry[1] for entry in filled), default=-1) + 1
    filled.append((order, place, provider))
    filled.sort(key=lambda entry: entry[:2])


def providers(slot: str) -> tuple[Any, ...]:
    """Return what fills `slot`, in order; an unknown slot is empty."""
    return tuple(provider for _, _, provider in _slots.get(slot, ()))


def unregister(slot: str, provider: Any) -> None:
    """Take `provider` out of `slot`, where it is in it."""
    filled = _slots.get(slot, [])
    filled[:] = [entry for entry in filled if entry[2] != provider]
