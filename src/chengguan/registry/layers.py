"""What of the registry lies under any map of the platform."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability


def areas_layer(principal: Principal, title: str = "区域") -> list[dict[str, Any]]:
    """Give the layer of areas for a map, none for who may not see the registry.

    His map would ask for it at every move and be refused.
    """
    if not principal.can(Capability.SEE_REGISTRY):
        return []
    return [{"url": reverse("registry:areas-features"), "window": True, "title": title}]
