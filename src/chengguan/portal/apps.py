"""The shell: home, my queues; and where screens get their way to accounts and audit."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """门户."""

    name = "chengguan.portal"
    label = "portal"
    verbose_name = "门户"

    def ready(self) -> None:
        from chengguan.portal import wiring

        wiring.connect()
