"""Who above takes in the forms other platforms send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .models import Message

# The form is one of exchange.domain.forms, by the message's code.
Handle = Callable[["Message", Any], None]

_receivers: dict[str, Handle] = {}


def register_receiver(form: str, handle: Handle) -> None:
    """Let `handle(message, form)` take in this form, in one transaction with marking it done.

    A DomainError refuses the form for good; any other error has it tried again. Called once,
    from `AppConfig.ready()`.
    """
    _receivers[form] = handle


def receivers() -> Mapping[str, Handle]:
    """Give the receivers by form."""
    return _receivers
