"""Telling people: outbox, inbox, live stream."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    """通知."""

    name = "chengguan.notify"
    label = "notify"
    verbose_name = "通知"
