"""What lies about: rubbish, rubble, spills, furniture, branches, what swims on water."""

from __future__ import annotations

from typing import Final

from .brush import Brush, Colour

_BAGS: Final[tuple[Colour, ...]] = ((40, 42, 48), (206, 206, 210), (64, 96, 150), (178, 60, 56))
_SCRAPS: Final[tuple[Colour, ...]] = (
    (228, 226, 216), (196, 70, 58), (70, 120, 170), (222, 186, 80), (140, 110, 80),
)  # fmt: skip


def heap(b: Brush, solved: bool) -> None:
    """Bags and scraps on the pavement."""
    x, y = b.between(250, 520), 400.0
    if solved:
        return
    b.disc(x, y + 12, 150, 20, (128, 124, 116))
    for a, c in b.scatter(16, x, y - 14, 110, 30):
        size = b.between(20, 34)
        colour = b.shade(b.chance.choice(_BAGS), 10)
        b.disc(a, c, size, size * 0.8, colour)
        b.shape([(a - 5, c - size * 0.7), (a + 5, c - size * 0.7), (a, c - size * 1.1)], colour)
    scraps(b, 26, x, y + 10, 170, 26)


def scraps(b: Brush, count: int, x: float, y: float, across: float, down: float) -> None:
    """Paper, boxes and peel."""
    for a, c in b.scatter(count, x, y, across, down):
        tilt = b.between(-6, 6)
        b.shape(
            [(a, c), (a + 16, c + tilt), (a + 13, c + 9 + tilt), (a - 2, c + 8)],
            b.shade(b.chance.choice(_SCRAPS), 16),
        )


def litter(b: Brush, solved: bool) -> None:
    """Scraps strewn over the ground."""
    if not solved:
        scraps(b, 70, 400, 430, 330, 80)


def spill(b: Brush, solved: bool) -> None:
    """Earth that fell from a lorry, in the track of its wheels."""
    x = b.between(300, 420)
    for y in range(300, 540, 16):
        wide = 14 + (y - 290) * 0.32
        if solved:
            b.disc(x + b.between(-4, 4), y, wide, 9, (112, 112, 114))
        else:
            b.disc(x + b.between(-16, 16), y, wide, 10, b.shade((138, 104, 70), 16))
    if not solved:
        for a, c in b.scatter(60, x, 440, 150, 90):
            b.disc(a, c, b.between(3, 9), b.between(2, 6), b.shade((120, 92, 66), 18))


def rubble(b: Brush, solved: bool) -> None:
    """Bricks, sand and broken concrete."""
    x, y = b.between(280, 520), 430.0
    if solved:
        b.disc(x, y, 180, 22, (150, 128, 98))
        return
    b.shape(
        [(x - 210, y + 20), (x - 40, y - 120), (x + 60, y - 100), (x + 220, y + 20)],
        (146, 134, 118),
    )
    for a, c in b.scatter(70, x, y - 26, 170, 44):
        wide, high = b.between(12, 34), b.between(8, 20)
        colour = b.shade(b.chance.choice([(160, 92, 70), (168, 164, 156), (124, 118, 110)]), 14)
        tilt = b.between(-8, 8)
        b.shape([(a, c), (a + wide, c + tilt), (a + wide, c + high + tilt), (a, c + high)], colour)


def furniture(b: Brush, solved: bool) -> None:
    """A sofa and a wardrobe put out on the pavement."""
    if solved:
        return
    x, y = b.between(230, 430), 404.0
    cloth = b.shade((150, 86, 74), 24)
    b.box(x - 110, y - 74, 180, 50, cloth)
    b.box(x - 124, y - 48, 206, 44, b.shade(cloth, 10))
    b.box(x - 134, y - 62, 26, 62, cloth)
    b.box(x + 72, y - 62, 26, 62, cloth)
    b.shape([(x + 120, y), (x + 140, y - 150), (x + 214, y - 142), (x + 200, y)], (156, 122, 84))
    b.line([(x + 172, y), (x + 180, y - 144)], (110, 84, 56), 3)
    scraps(b, 12, x + 40, y + 12, 160, 10)


def bins(b: Brush, solved: bool) -> None:
    """A row of bins, overflowing before."""
    for number, colour in enumerate([(60, 96, 150), (66, 130, 84), (90, 92, 96)]):
        x, y = 260 + number * 100, 330
        tilt = 0 if solved or number != 1 else 34
        b.shape(
            [(x, y), (x + 76, y + tilt / 3), (x + 68 + tilt, y + 100), (x + 8 + tilt, y + 100)],
            colour,
        )
        b.box(x + 18 + tilt, y + 96, 10, 12, (30, 30, 32))
        if solved:
            b.box(x - 4, y - 12, 84, 14, b.shade(colour, 24))
            continue
        for a, c in b.scatter(5, x + 38, y - 12, 30, 14):
            b.disc(a, c, 20, 16, b.shade(b.chance.choice(_BAGS), 10))
    if not solved:
        scraps(b, 34, 410, 440, 190, 18)


def branches(b: Brush, solved: bool) -> None:
    """Cut branches left on the lawn."""
    if solved:
        return
    x, y = b.between(300, 480), 430.0
    for a, c in b.scatter(26, x, y, 120, 26):
        end = (a + b.between(-90, 90), c - b.between(10, 60))
        b.line([(a, c), end], (112, 90, 64), b.between(3, 6))
        b.disc(*end, b.between(12, 26), b.between(8, 16), b.shade((98, 124, 70), 20))


def floating(b: Brush, solved: bool) -> None:
    """Bottles, foam and weeds on the water."""
    if solved:
        return
    x = b.between(260, 520)
    b.disc(x, 400, 230, 56, b.shade((104, 122, 92), 8))
    for a, c in b.scatter(60, x, 400, 210, 48):
        b.disc(a, c, b.between(5, 15), b.between(3, 6), b.shade(b.chance.choice(_SCRAPS), 16))
