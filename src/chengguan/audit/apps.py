"""Who did what: append-only, linked into a hash chain in batches."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """审计."""

    name = "chengguan.audit"
    label = "audit"
    verbose_name = "审计"
