"""Command (指挥): the desks, the map, the duty roster, orders and the wall, on the engine of cases."""

from importlib import import_module

from django.apps import AppConfig

from chengguan.ui import slots

#: Modules whose loading declares figures; a room adds its own.
FIGURES = (
    "chengguan.command.figures.domain.of_cases",
    "chengguan.command.units.figures",
    "chengguan.command.wall.figures",
    "chengguan.command.wall.needs",
)


class CommandConfig(AppConfig):
    """指挥."""

    name = "chengguan.command"
    label = "command"
    verbose_name = "指挥"

    def ready(self) -> None:
        from chengguan.accounts.domain.screens import allow_paths
        from chengguan.accounts.enums import Capability
        from chengguan.cases import staffing
        from chengguan.notify.ports import register_hint

        from .bulletins.wiring import connect as connect_bulletins
        from .orders.wiring import connect as connect_orders
        from .oversight.wiring import connect as connect_oversight
        from .plans.wiring import connect as connect_plans
        from .requests.wiring import connect as connect_requests
        from .roster import area_people
        from .roster.queries import away, near, stand_in

        allow_paths("/wall/", "/figures/", "/stream/")
        register_hint("case", Capability.WALL, "wall.case")
        for module in FIGURES:
            import_module(module)
        staffing.connect(near=near, stand_in=stand_in, away=away)
        slots.fill("registry.area", area_people.panel)
        slots.fill("shell.user.links", "command/map/user_link.html")
        connect_orders()
        connect_oversight()
        connect_plans()
        connect_requests()
        connect_bulletins()
