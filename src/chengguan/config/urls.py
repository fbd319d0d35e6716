"""Addresses: each package owns its own; this is only the order in which they are asked."""

from __future__ import annotations

from django.urls import include, path

from chengguan.config import base_map, health
from chengguan.config.api import api
from chengguan.notify import views as notify_views

handler404 = "chengguan.config.nowhere.not_found"
handler500 = "chengguan.config.unavailable.server_error"

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", health.metrics),
    path("api/v1/", api.urls),
    path("base-map/<str:name>", base_map.pack, name="base-map"),
    path("stream/", notify_views.stream, name="stream"),
    path("", include("chengguan.accounts.entrance")),
    path("audit/", include("chengguan.audit.urls")),
    path("accounts/", include("chengguan.accounts.urls")),
    path("files/", include("chengguan.files.urls")),
    path("notices/", include("chengguan.notify.urls")),
    path("exchange/", include("chengguan.exchange.urls")),
    path("workflow/", include("chengguan.workflow.urls")),
    path("registry/", include("chengguan.registry.urls")),
    path("cases/", include("chengguan.cases.urls")),
    path("simulation/", include("chengguan.simulation.urls")),
    path("", include("chengguan.command.urls")),
    path("", include("chengguan.portal.urls")),
]
