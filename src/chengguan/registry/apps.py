"""What the city is: areas, grids, components, catalogue, duties."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """城市台账."""

    name = "chengguan.registry"
    label = "registry"
    verbose_name = "城市台账"
