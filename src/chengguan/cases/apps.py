"""Report to case to closed, round one loop."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """案件."""

    name = "chengguan.cases"
    label = "cases"
    verbose_name = "案件"
