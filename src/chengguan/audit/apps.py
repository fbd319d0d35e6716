"""Who did what: append-only, linked into a hash chain in batches."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """审计."""

    name = "chengguan.audit"
    label = "audit"
    verbose_name = "审计"

    def ready(self) -> None:
        from chengguan.audit.resources import SEE
        from chengguan.ui import navigation

        navigation.register(navigation.Entry("审计记录", "audit:entries-list", "系统", 90, SEE))
