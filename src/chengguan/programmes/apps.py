"""Trees of items, for plans, meetings, campaigns and projects."""

from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    """任务."""

    name = "chengguan.programmes"
    label = "programmes"
    verbose_name = "任务"

    def ready(self) -> None:
        from chengguan.accounts.enums import Capability
        from chengguan.files.ports import register_subject
        from chengguan.notify.ports import register_topic

        from .domain.items import SUBJECT
        from .queries import can_see_item

        register_subject(SUBJECT, can_see_item)
        register_topic("programme", Capability.ORDER)
