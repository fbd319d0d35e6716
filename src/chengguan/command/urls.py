"""The addresses of command: each room has its own list, all names are of one namespace."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

app_name = "command"

urlpatterns: list[URLPattern | URLResolver] = [
    path("dispatch/", include("chengguan.command.dispatch.urls")),
    path("closing/", include("chengguan.command.closing.urls")),
    path("", include("chengguan.command.wall.urls")),
    path("desk/", include("chengguan.command.desk.urls")),
    path("figures/", include("chengguan.command.figures.urls")),
    path("map/", include("chengguan.command.map.urls")),
    path("oversight/", include("chengguan.command.oversight.urls")),
    path("requests/", include("chengguan.command.requests.urls")),
    path("units/", include("chengguan.command.units.urls")),
    path("roster/", include("chengguan.command.roster.urls")),
    path("orders/", include("chengguan.command.orders.urls")),
    path("deployments/", include("chengguan.command.deployments.urls")),
    path("plans/", include("chengguan.command.plans.urls")),
    path("meetings/", include("chengguan.command.meetings.urls")),
    path("bulletins/", include("chengguan.command.bulletins.urls")),
]
