"""Pictures in the place of photographs: drawn by this program, never taken, and each says so.

A scene with the problem, or with what remains when it is solved; under it the time, the matter, the
place, which the file also tells as a telephone's would. The same words always give the same bytes.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final

from django.utils import timezone

from .lettering import caption, stamp, writable
from .scenes import VARIANTS, light_at, lit_by, painted, sight_of
from .strips import Strip, encoded, joined
from .told import telling

#: What a picture shows by its role, and whether the problem is still there.
ROLES: Final[dict[str, tuple[str, bool]]] = {
    "report": ("上报", False),
    "verify": ("核实", False),
    "handle_before": ("处置前", False),
    "handle_after": ("处置后", True),
    "check": ("核查", True),
}


def draw(
    key: str,
    role: str,
    at: datetime,
    point: tuple[float, float],
    name: str,
    place: str = "",
    *,
    solved: bool | None = None,
) -> bytes:
    """Draw a picture of the matter `name` for the case `key`, as JPEG of 704 × 528 pixels.

    `point` is lon, lat in degrees; `role` one of `ROLES`, which says whether the problem is gone
    unless `solved` does.
    """
    title, gone = ROLES[role]
    if solved is not None:
        gone = solved
    local = timezone.localtime(at)
    variant = sha256(key.encode()).digest()[0] % VARIANTS
    scene = _scene(sight_of(name), variant, gone, light_at(local.hour, gone))
    first = f"{local:%Y-%m-%d %H:%M:%S}  {name}  {title}"
    second = f"{place}  {point[0]:.6f}°E {point[1]:.6f}°N  {key}".strip()
    drawn = joined(scene, encoded(caption(writable(first), writable(second))))
    return telling(drawn, local, point)


@lru_cache(maxsize=2_048)
def _scene(sight: int, variant: int, solved: bool, light: str) -> Strip:
    # Some 15 kB each: all there are is 30 MB.
    return encoded(stamp(lit_by(painted(sight, variant, solved), light)))
