"""What bulletins tell the house once at start: their files, their topic, their place on the first page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.files.ports import register_subject
from chengguan.notify.ports import register_topic
from chengguan.ui import slots

from ..orders.queries import open_count
from .domain.publishing import SUBJECT
from .queries import can_see, for_home


def connect() -> None:
    """Register subject, topic and the slot of the first page."""
    register_subject(SUBJECT, can_see)
    register_topic("bulletin", Capability.ORDER)
    slots.fill("portal.home.side", _home, order=10)


def _home(context: Mapping[str, Any]) -> SafeString:
    request = context["request"]
    principal = principal_of_request(request)
    found = {
        "bulletins": for_home(principal, timezone.now()),
        "orders": open_count(principal),
    }
    return render_to_string("command/bulletins/home.html", found)
