"""Report to case to closed, round one loop."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """案件."""

    name = "chengguan.cases"
    label = "cases"
    verbose_name = "案件"

    def ready(self) -> None:
        from chengguan.accounts.enums import Capability
        from chengguan.accounts.signals import organisation_moved
        from chengguan.files.ports import register_subject
        from chengguan.notify.channels import register_channel
        from chengguan.notify.ports import register_topic
        from chengguan.workflow.domain import register

        from .domain.chiefs import TOPIC, tell_chiefs
        from .following import follow_in_background
        from .procedure import CODE, PROCEDURE
        from .queries import can_see

        register(PROCEDURE)
        organisation_moved.connect(follow_in_background, dispatch_uid="cases.follow")
        register_subject(CODE, can_see)
        register_channel("area_chiefs", tell_chiefs, topics=[TOPIC])
        for topic in (CODE, "cases"):
            register_topic(topic, Capability.SEE_CASES)
