"""Fragments that many open pages are given alike: drawn once in half a second, sent again only when changed.

Hundreds of pages ask for the same at once, a moment after news. Browsers wait a little longer than
an answer is kept (`X-Kept`), so what they are given was counted after what they heard of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2s
from typing import Final

from django.http import HttpRequest, HttpResponse

from chengguan.ui.assets import release
from chengguan.ui.clockface import exact

from .brief import Brief

#: How long an answer is kept; what a page waits after news must be longer.
SECONDS: Final = 0.5
#: The instant stands in the figures and would make every answer a new one.
_INSTANT: Final = re.compile(rb'<time class="counted-at".*?</time>')


@dataclass(frozen=True, slots=True)
class Drawn:
    """The bytes, their tag (instants left out), and the instant they hold for."""

    body: bytes
    tag: str
    at: datetime


class Alike:
    """Keeps the answers of one view. The key must hold all that the answer depends on: the reach of
    who asks, what he may do, and what he asks for."""

    def __init__(self) -> None:
        self._kept: Brief[Drawn] = Brief()

    def get(self, key: Hashable, draw: Callable[[], tuple[str, datetime]]) -> Drawn:
        """Give what all who ask under `key` are shown, drawn anew when it is half a second old.

        `draw` gives the fragment, and the instant at which it was counted.
        """
        return self._kept.get(key, SECONDS, lambda: _drawn(draw))

    def answer(
        self, request: HttpRequest, key: Hashable, draw: Callable[[], tuple[str, datetime]]
    ) -> HttpResponse:
        """Answer the same; 304 with the new instant where the page has it already."""
        drawn = self.get(key, draw)
        headers = {
            "ETag": drawn.tag,
            "X-Counted": f"{drawn.at.isoformat()} {exact(drawn.at)[-8:]}",
            "Cache-Control": "no-store",
            "X-Release": release(),
            "X-Kept": str(SECONDS),
        }
        if request.headers.get("If-None-Match") == drawn.tag:
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(drawn.body, headers=headers)


def _drawn(draw: Callable[[], tuple[str, datetime]]) -> Drawn:
    text, at = draw()
    body = text.encode()
    tag = blake2s(_INSTANT.sub(b"", body), digest_size=12).hexdigest()
    return Drawn(body, f'W/"{tag}"', at)
