"""Settings, addresses and commands: the top of the house."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """组装."""

    name = "chengguan.config"
    label = "config"
    verbose_name = "组装"

    def ready(self) -> None:
        from chengguan.config import jobs

        jobs.install()
