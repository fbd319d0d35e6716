"""Command's part of the side navigation; each room adds its entry."""

from __future__ import annotations

from typing import Final

from chengguan.ui.navigation import Entry

GROUP: Final = "指挥"
ENTRIES: Final[tuple[Entry, ...]] = ()
