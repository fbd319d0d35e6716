"""What the city is made of."""

from .areas import Area, DutyGrid
from .catalogue import FilingRule, Matter
from .duties import Duty, Precedent
from .imports import ImportRun
from .things import Camera, Component, Device, Facility
from .vehicles import Vehicle

__all__ = [
    "Area",
    "Camera",
    "Component",
    "Device",
    "Duty",
    "DutyGrid",
    "Facility",
    "FilingRule",
    "ImportRun",
    "Matter",
    "Precedent",
    "Vehicle",
]
