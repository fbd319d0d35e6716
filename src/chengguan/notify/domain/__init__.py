"""What may be done here: tell the platform's people that something happened."""

from __future__ import annotations

from .outbox import News, tell, tell_many

__all__ = ["News", "tell", "tell_many"]
