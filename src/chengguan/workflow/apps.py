"""The engine of every procedure; knows no trade."""

from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    """流程引擎."""

    name = "chengguan.workflow"
    label = "workflow"
    verbose_name = "流程引擎"
