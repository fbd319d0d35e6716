"""Readings of vehicles and, later, of devices."""

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    """遥测."""

    name = "chengguan.telemetry"
    label = "telemetry"
    verbose_name = "遥测"
