"""One LISTEN connection for the whole process; lost, it comes back and everybody reloads."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

import psycopg
from django.db import connection

from ..domain.relay import CHANNEL
from .hub import Hub
from .message import read_notice

_IDLE_SECONDS: Final = 20.0
_LONGEST_PAUSE: Final = 10.0

log = logging.getLogger(__name__)


async def listen(hub: Hub, ready: asyncio.Event) -> None:
    """Hear NOTIFY and tell the hub, until cancelled; `ready` is set while the line is open."""
    pause = 0.2
    first = True
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                **_parameters(), autocommit=True
            ) as line:
                await line.execute(f"LISTEN {CHANNEL}")
                if not first:
                    hub.forget()
                first, pause = False, 0.2
                ready.set()
                await _hear(line, hub)
        except (psycopg.Error, OSError) as error:
            log.warning("stream lost the database", extra={"error": str(error), "pause": pause})
        ready.clear()
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _hear(line: psycopg.AsyncConnection[Any], hub: Hub) -> None:
    while True:
        async for notice in line.notifies(timeout=_IDLE_SECONDS):
            try:
                hub.tell(read_notice(notice.payload))
            except (ValueError, KeyError, TypeError):
                # Somebody else's NOTIFY on our channel must not end everybody's stream.
                log.exception("unreadable notice")
        # A line cut without a word is noticed only by speaking.
        await asyncio.wait_for(line.execute("SELECT 1"), timeout=10)


def _parameters() -> dict[str, Any]:
    given = connection.settings_dict
    known = {
        "dbname": given["NAME"],
        "user": given["USER"],
        "password": given["PASSWORD"],
        "host": given["HOST"],
        "port": given["PORT"],
        "connect_timeout": 5,
        "application_name": "chengguan stream",
    }
    options = {k: v for k, v in given.get("OPTIONS", {}).items() if k in _CONNECTION_OPTIONS}
    return {key: value for key, value in (known | options).items() if value != ""}


_CONNECTION_OPTIONS: Final = {"sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs"}
