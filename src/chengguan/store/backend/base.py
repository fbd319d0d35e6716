"""Django's PostgreSQL backend; an idle connection is asked of the kernel, not of the server.

`CONN_HEALTH_CHECKS` sends `SELECT 1` before each request otherwise: a round trip, and a fifth of
what a report costs. A server that went away has closed the socket, which the kernel knows.
"""

from __future__ import annotations

import select
from typing import Any, Final

from django.db.backends.postgresql import base

_THRESHOLD: Final = 5
# One for each shape of step: verbs by what they change, some dozens in practice.
_MOST: Final = 120


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, but for `is_usable`, and statements may be prepared (`store.prepared` does)."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; Django's own cursors still format on the client and prepare nothing."""
        made = super().get_new_connection(conn_params)
        made.prepare_threshold = _THRESHOLD
        made.prepared_max = _MOST
        return made

    def is_usable(self) -> bool:
        """Say whether the connection can be used: nothing waits to be read on its socket."""
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        # Something that nobody asked for: a notice, or the end. Now the server is asked.
        return not poll.poll(0) or super().is_usable()
