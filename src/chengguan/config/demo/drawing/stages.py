"""Where things happen: the ground a scene is painted on, each a little different by its seed."""

from __future__ import annotations

from typing import Final

from .brush import HEIGHT, WIDTH, Brush, Colour, lit

HORIZON: Final = 250
_SKY: Final[Colour] = (196, 214, 228)
_PAVING: Final[Colour] = (176, 172, 164)
_ASPHALT: Final[Colour] = (104, 106, 110)
_GRASS: Final[Colour] = (124, 152, 92)
_WATER: Final[Colour] = (112, 142, 150)
_EARTH: Final[Colour] = (164, 140, 108)
_WALLS: Final[tuple[Colour, ...]] = (
    (214, 200, 178), (196, 186, 176), (206, 178, 156), (184, 192, 196), (222, 214, 200),
)  # fmt: skip
_SIGNS: Final[tuple[Colour, ...]] = ((172, 62, 52), (44, 94, 140), (40, 120, 92), (190, 140, 40))


def street(b: Brush) -> None:
    """Shops behind a pavement, the carriageway in front."""
    _houses(b, HORIZON + 70, shops=True)
    _pavement(b, HORIZON + 70, 420)
    b.box(0, 420, WIDTH, 10, (206, 206, 200))
    b.box(0, 430, WIDTH, HEIGHT - 430, b.shade(_ASPHALT, 8))
    for left in range(-60, WIDTH, 180):
        b.box(left + b.between(0, 8), 498, 96, 7, (226, 226, 214))


def road(b: Brush) -> None:
    """A carriageway running away from us, with kerbs and trees."""
    b.box(0, 0, WIDTH, HORIZON, _SKY)
    _houses(b, HORIZON - 40, shops=False)
    b.box(0, HORIZON - 40, WIDTH, HEIGHT, b.shade(_GRASS, 10))
    left, right = b.between(-160, -60), b.between(860, 960)
    b.shape([(330, HORIZON - 40), (470, HORIZON - 40), (right, HEIGHT), (left, HEIGHT)], _PAVING)
    b.shape(
        [(345, HORIZON - 40), (455, HORIZON - 40), (right - 90, HEIGHT), (left + 90, HEIGHT)],
        b.shade(_ASPHALT, 8),
    )
    for share in (0.02, 0.14, 0.34, 0.64):
        top = HORIZON - 40 + 334 * share
        half, low = 2 + 10 * share, top + 26 + 60 * share
        b.shape(
            [(400 - half, top), (400 + half, top), (403 + half, low), (397 - half, low)],
            (224, 224, 212),
        )
    for x in (210, 120, 610, 705):
        tree(b, x + b.between(-20, 20), HORIZON + 20 + abs(x - 400) / 5, 0.5 + abs(x - 400) / 500)


def wall(b: Brush) -> None:
    """A wall seen from near, with a strip of pavement."""
    colour = b.chance.choice(_WALLS)
    b.box(0, 0, WIDTH, 430, colour)
    if b.chance.random() < 0.5:
        for row, y in enumerate(range(0, 430, 34)):
            b.line([(0, y), (WIDTH, y)], lit(colour, -18), 1.2)
            for x in range(-40 * (row % 2), WIDTH, 80):
                b.line([(x, y), (x, y + 34)], lit(colour, -18), 1.2)
    else:
        for joint in (WIDTH * 0.33, WIDTH * 0.66):
            b.box(joint - 4, 0, 8, 430, lit(colour, -22))
    b.box(0, 396, WIDTH, 34, lit(colour, -46))
    _pavement(b, 430, HEIGHT)


def green(b: Brush) -> None:
    """A lawn with trees and a path."""
    b.box(0, 0, WIDTH, HORIZON, _SKY)
    _houses(b, HORIZON - 50, shops=False)
    b.box(0, HORIZON - 50, WIDTH, HEIGHT, b.shade(_GRASS, 10))
    for x, y in b.scatter(110, 400, 400, 400, 190):
        b.line([(x, y), (x + b.between(-4, 4), y - 8)], b.shade((104, 136, 78), 14), 1.2)
    b.shape([(560, HORIZON - 50), (600, HORIZON - 50), (860, HEIGHT), (640, HEIGHT)], _PAVING)
    for x in (90, 230, 480, 700):
        tree(b, x + b.between(-30, 30), HORIZON + b.between(0, 40), b.between(0.8, 1.2))


def water(b: Brush) -> None:
    """A canal with its bank."""
    b.box(0, 0, WIDTH, HORIZON, _SKY)
    _houses(b, HORIZON - 70, shops=False)
    b.box(0, HORIZON - 70, WIDTH, 60, b.shade(_GRASS, 10))
    b.box(0, HORIZON - 12, WIDTH, 26, (170, 166, 158))
    b.box(0, HORIZON + 14, WIDTH, HEIGHT, b.shade(_WATER, 8))
    for x, y in b.scatter(60, 400, 400, 400, 130):
        b.line([(x, y), (x + b.between(20, 60), y)], b.shade((134, 162, 170), 10), 1.5)


def works(b: Brush) -> None:
    """A building site behind its hoarding."""
    b.box(0, 0, WIDTH, HORIZON + 60, _SKY)
    b.line([(600, 20), (600, 200)], (196, 150, 50), 7)
    b.line([(470, 34), (760, 34)], (196, 150, 50), 6)
    b.box(60, 80, 260, 200, (190, 186, 180))
    for y in range(96, 240, 34):
        for x in range(76, 300, 40):
            b.box(x, y, 22, 20, (120, 124, 128))
    b.box(0, 214, WIDTH, 96, b.chance.choice([(62, 110, 150), (70, 128, 96), (186, 190, 192)]))
    for x in range(0, WIDTH, 100):
        b.line([(x, 214), (x, 310)], (50, 70, 90), 2)
    b.box(0, 310, WIDTH, HEIGHT, b.shade(_EARTH, 10))
    for a, c in b.scatter(60, 400, 430, 400, 110):
        b.disc(a, c, b.between(2, 7), b.between(1, 3), b.shade((150, 126, 96), 14))


def tree(b: Brush, x: float, foot: float, size: float) -> None:
    """A tree whose trunk stands at (x, foot)."""
    b.box(x - 7 * size, foot - 90 * size, 14 * size, 90 * size, (104, 84, 64))
    for a, c, r in ((0, -130, 58), (-34, -104, 42), (36, -108, 44)):
        b.disc(x + a * size, foot + c * size, r * size, r * 0.86 * size, b.shade((78, 116, 76), 12))


def _houses(b: Brush, foot: float, *, shops: bool) -> None:
    b.box(0, 0, WIDTH, foot, _SKY)
    left = -20.0
    while left < WIDTH:
        wide = b.between(120, 230)
        top = b.between(10, 90) if shops else foot - b.between(50, 150)
        colour = b.shade(b.chance.choice(_WALLS), 10)
        b.box(left, top, wide, foot - top, colour)
        for y in range(int(top) + 16, int(foot) - (126 if shops else 26), 56):
            for x in range(int(left) + 14, int(left + wide) - 30, 52):
                b.box(x, y, 28, 30, lit(colour, -64))
        if shops:
            _shop(b, left, wide, foot)
        left += wide + b.between(0, 8)


def _shop(b: Brush, left: float, wide: float, foot: float) -> None:
    sign = b.chance.choice(_SIGNS)
    b.box(left + 4, foot - 108, wide - 8, 26, sign)
    for x in range(int(left) + 16, int(left + wide) - 30, 26):
        b.box(x, foot - 102, 15, 14, lit(sign, 110))
    b.box(left + 8, foot - 80, wide - 16, 80, (78, 92, 102))
    b.box(left + wide / 2 - 20, foot - 76, 40, 76, (58, 70, 80))
    b.line([(left + wide / 2, foot - 76), (left + wide / 2, foot)], (150, 160, 166), 2)


def _pavement(b: Brush, top: int, low: int) -> None:
    b.box(0, top, WIDTH, low - top, b.shade(_PAVING, 8))
    for y in range(top + 24, low, 36):
        b.line([(0, y), (WIDTH, y)], (166, 162, 154), 2)
