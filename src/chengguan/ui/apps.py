"""How screens are made; knows no trade."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """界面."""

    name = "chengguan.ui"
    label = "ui"
    verbose_name = "界面"

    def ready(self) -> None:
        """Let every form speak as we do."""
        from .sentences import speak_plainly

        speak_plainly()
