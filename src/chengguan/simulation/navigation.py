"""The simulation's part of the side navigation."""

from __future__ import annotations

from typing import Final

from chengguan.accounts.enums import Capability
from chengguan.ui.navigation import Entry

ENTRIES: Final = (
    Entry("方案推演", "simulation:comparisons-list", "研判", 10, Capability.PLAN, "scales"),
)
