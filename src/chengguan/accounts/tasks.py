"""What accounts do at night."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from procrastinate.contrib.django import app


@app.periodic(cron="47 19 * * *")
@app.task(name="accounts.clear_sessions", queueing_lock="accounts.clear_sessions")
def clear_sessions(timestamp: int) -> None:
    """Delete sessions past their end; they can't be used, but would stay in the table for ever."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
