"""Every kind of import by name."""

from __future__ import annotations

from typing import Final

from .areas import Areas, Grids
from .kind import Kind
from .people import Duties, DutyGrids, Organisations
from .standards import Catalogue, Rules
from .things import Cameras, Components, Devices, Facilities
from .vehicles import Vehicles

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Areas(),
        Grids(),
        DutyGrids(),
        Components(),
        Cameras(),
        Devices(),
        Facilities(),
        Vehicles(),
        Catalogue(),
        Rules(),
        Organisations(),
        Duties(),
    )
}
