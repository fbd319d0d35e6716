"""Command (指挥): the desks, the map, the duty roster, orders and the wall, on the engine of cases."""

from django.apps import AppConfig


class CommandConfig(AppConfig):
    """指挥."""

    name = "chengguan.command"
    label = "command"
    verbose_name = "指挥"
