"""The engine of every procedure; knows no trade."""

from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    """流程引擎."""

    name = "chengguan.workflow"
    label = "workflow"
    verbose_name = "流程引擎"

    def ready(self) -> None:
        from chengguan.accounts.enums import Capability
        from chengguan.accounts.signals import organisation_moved
        from chengguan.ui import navigation

        from .following import follow_in_background

        organisation_moved.connect(follow_in_background, dispatch_uid="workflow.follow")

        edit = Capability.EDIT_WORKFLOW
        navigation.register(
            navigation.Entry("流程定义", "workflow:definitions", "系统", 50, edit, "flow"),
            navigation.Entry("工作日历", "workflow:calendars", "系统", 60, edit, "clock"),
        )
