"""The demo's pictures as evidence: drawn (`drawing`), kept, and given by their SHA-256."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final

from chengguan.files.domain.store import drop_unrecorded, keep, keep_many

from .drawing import draw

#: So many pictures (of some 20 kB) are written to the disk together.
_TOGETHER: Final = 1_000


def photo(
    key: str, role: str, at: datetime, point: tuple[float, float], name: str, place: str = ""
) -> str:
    """Draw and keep a picture of `name` at a place and time; gives its SHA-256."""
    return keep(draw(key, role, at, point, name, place), name=f"{key}-{role}.jpg").sha256


class Album:
    """Pictures by the thousand, kept together. What is not kept yet must not be committed."""

    def __init__(self) -> None:
        self._waiting: dict[str, bytes] = {}
        self.count = self.size = 0

    def add(
        self,
        key: str,
        role: str,
        at: datetime,
        point: tuple[float, float],
        name: str,
        place: str,
        *,
        solved: bool | None = None,
    ) -> str:
        """Draw a picture and give its SHA-256; it is kept with the next thousand, or by `keep`."""
        drawn = draw(key, role, at, point, name, place, solved=solved)
        digest = sha256(drawn).hexdigest()
        self._waiting[digest] = drawn
        self.count += 1
        self.size += len(drawn)
        if len(self._waiting) >= _TOGETHER:
            self.keep()
        return digest

    def keep(self) -> None:
        """Keep what waits."""
        _kept.extend(self._waiting)
        keep_many(self._waiting)
        self._waiting = {}


def sweep() -> None:
    """Delete the files of albums of this process whose rows were rolled back."""
    drop_unrecorded(_kept)
    _kept.clear()


_kept: list[str] = []
