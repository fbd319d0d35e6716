"""What every page's template gets: navigation, nonce, the settings of the browser side."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from . import ports
from .basemap import base_map
from .navigation import groups_for


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the shell's variables; lazy, so that a fragment pays for none of them."""
    return {
        "shell_groups": SimpleLazyObject(lambda: groups_for(request)),
        "asker": SimpleLazyObject(lambda: ports.asker(request)),
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "shell_base_map": SimpleLazyObject(base_map),
        "shell_stream": settings.CHENGGUAN_STREAM_URL or "/stream/",
    }
