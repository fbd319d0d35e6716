"""The shell: sign-in, home, my queues."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """门户."""

    name = "chengguan.portal"
    label = "portal"
    verbose_name = "门户"
