"""The truth city, and what-if for planners."""

from django.apps import AppConfig


class SimulationConfig(AppConfig):
    """模拟与推演."""

    name = "chengguan.simulation"
    label = "simulation"
    verbose_name = "模拟与推演"
