"""Trees of items, for plans, meetings, campaigns and projects."""

from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    """任务."""

    name = "chengguan.programmes"
    label = "programmes"
    verbose_name = "任务"
