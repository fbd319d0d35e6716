"""What people put where it doesn't belong: goods, stalls, bicycles, vehicles, washing, sheds."""

from __future__ import annotations

from typing import Final

from .brush import Brush, Colour
from .waste import scraps

_GOODS: Final[tuple[Colour, ...]] = ((200, 80, 60), (222, 170, 66), (96, 150, 84), (86, 110, 170))
_PAINTS: Final[tuple[Colour, ...]] = ((200, 202, 206), (60, 66, 76), (150, 44, 40), (52, 84, 132))


def goods(b: Brush, solved: bool) -> None:
    """Racks and boxes before a shop; afterwards the pavement is free."""
    if solved:
        return
    x = b.between(140, 260)
    for number in range(4):
        left = x + number * 118
        b.box(left, 356, 100, 52, b.shade((150, 116, 80), 10))
        for a in range(4):
            for c in range(2):
                b.disc(
                    left + 16 + a * 23, 348 - c * 14, 13, 11, b.shade(b.chance.choice(_GOODS), 14)
                )
        b.line([(left + 6, 408), (left + 6, 424)], (70, 60, 50), 4)
        b.line([(left + 94, 408), (left + 94, 424)], (70, 60, 50), 4)


def stall(b: Brush, solved: bool) -> None:
    """A cart under an umbrella."""
    if solved:
        return
    x = b.between(260, 480)
    b.line([(x, 400), (x, 180)], (90, 90, 92), 5)
    for number in range(6):
        b.shape(
            [(x, 160), (x - 150 + number * 50, 226), (x - 100 + number * 50, 226)],
            (196, 66, 58) if number % 2 else (234, 230, 220),
        )
    b.box(x - 110, 330, 220, 62, b.shade((176, 180, 184), 10))
    for a in range(-96, 100, 26):
        b.disc(x + a, 324, 14, 12, b.shade(b.chance.choice(_GOODS), 14))
    for wheel in (-70, 70):
        b.disc(x + wheel, 404, 22, 22, (40, 40, 42), (110, 110, 114))
    person(b, x + 150, 410)


def grill(b: Brush, solved: bool) -> None:
    """A charcoal grill with its smoke."""
    if solved:
        return
    x = b.between(280, 470)
    for a, c in b.scatter(22, x, 240, 90, 90):
        b.disc(a, c, b.between(18, 44), b.between(12, 30), b.shade((196, 196, 198), 10))
    b.box(x - 120, 348, 240, 26, (66, 64, 62))
    for a in range(-110, 116, 18):
        b.line([(x + a, 338), (x + a + 8, 356)], (150, 80, 50), 4)
    for leg in (-104, 100):
        b.line([(x + leg, 374), (x + leg, 416)], (60, 60, 60), 5)
    person(b, x + 160, 412)
    scraps(b, 10, x, 418, 150, 8)


def person(b: Brush, x: float, foot: float) -> None:
    """Somebody without a face."""
    coat = b.shade((70, 86, 130), 40)
    b.box(x - 13, foot - 48, 11, 48, (52, 54, 60))
    b.box(x + 3, foot - 48, 11, 48, (52, 54, 60))
    b.box(x - 18, foot - 108, 36, 64, coat)
    b.disc(x, foot - 124, 15, 17, (206, 172, 142))


def crowd(b: Brush, solved: bool) -> None:
    """People standing together."""
    if solved:
        return
    for x, y in b.scatter(16, 400, 420, 220, 26):
        person(b, x, y)


def bicycles(b: Brush, solved: bool) -> None:
    """Bicycles in a heap across the pavement; afterwards in a row within their lines."""
    if solved:
        b.box(130, 404, 560, 4, (236, 236, 228))
        for number in range(7):
            _bicycle(b, 170 + number * 76, 386, 0.0)
            b.box(132 + number * 76, 330, 3, 76, (236, 236, 228))
        return
    for x, y in b.scatter(11, 400, 384, 240, 26):
        _bicycle(b, x, y, b.between(-22, 34))


def _bicycle(b: Brush, x: float, y: float, fall: float) -> None:
    paint = b.chance.choice([(232, 176, 40), (60, 130, 190), (70, 160, 110), (210, 90, 50)])
    for wheel in (-30, 30):
        b.arc(x + wheel, y + fall * wheel / 90, 23, 0, 360, (44, 44, 46), 4)
    b.line(
        [(x - 30, y - fall / 3), (x - 8, y - 40), (x + 24, y - 38), (x + 30, y + fall / 3)],
        paint,
        5,
    )
    b.line([(x - 8, y - 40), (x + 2, y), (x + 24, y - 38)], paint, 5)
    b.line([(x - 16, y - 50), (x + 2, y - 50)], (40, 40, 42), 6)
    b.line([(x + 18, y - 56), (x + 34, y - 52)], (40, 40, 42), 4)


def cars(b: Brush, solved: bool) -> None:
    """Cars where they may not stand."""
    if not solved:
        for number in range(b.chance.randint(2, 3)):
            car(b, 160 + number * 220 + b.between(-20, 20), 440 + number * 8)


def car(b: Brush, x: float, foot: float) -> None:
    """A car from its side."""
    paint = b.shade(b.chance.choice(_PAINTS), 12)
    b.shape(
        [(x - 50, foot - 44), (x - 26, foot - 82), (x + 44, foot - 82), (x + 74, foot - 44)], paint
    )
    b.shape(
        [(x - 36, foot - 48), (x - 20, foot - 76), (x + 8, foot - 76), (x + 8, foot - 48)],
        (150, 172, 184),
    )
    b.shape(
        [(x + 14, foot - 48), (x + 14, foot - 76), (x + 38, foot - 76), (x + 58, foot - 48)],
        (150, 172, 184),
    )
    b.box(x - 92, foot - 48, 188, 38, paint)
    b.box(x - 92, foot - 34, 14, 8, (210, 60, 50))
    for wheel in (-54, 56):
        b.disc(x + wheel, foot - 8, 21, 21, (30, 30, 32), (140, 140, 144))


def lorry(b: Brush, solved: bool) -> None:
    """A lorry with earth; before it is open and loses some, afterwards covered."""
    x, foot = b.between(300, 420), 450.0
    if not solved:
        for a, c in b.scatter(24, x - 60, foot - 138, 96, 16):
            b.disc(a, c, b.between(14, 30), b.between(10, 18), b.shade((134, 100, 66), 16))
        scraps(b, 0, x, foot, 1, 1)
        for a, c in b.scatter(30, x - 230, foot + 8, 90, 14):
            b.disc(a, c, b.between(3, 9), b.between(2, 5), b.shade((134, 100, 66), 16))
    else:
        b.box(x - 176, foot - 142, 226, 20, (62, 104, 78))
    b.shape(
        [(x - 180, foot - 126), (x + 54, foot - 126), (x + 46, foot - 30), (x - 168, foot - 30)],
        (196, 130, 50),
    )
    b.box(x + 60, foot - 118, 92, 90, (64, 110, 150))
    b.box(x + 100, foot - 108, 44, 36, (170, 190, 200))
    for wheel in (-134, -74, 96):
        b.disc(x + wheel, foot - 14, 30, 30, (30, 30, 32), (120, 120, 124))


def washing(b: Brush, solved: bool) -> None:
    """Washing on a line between two trees."""
    if solved:
        return
    b.line([(120, 210), (400, 232), (690, 206)], (80, 80, 84), 3)
    for number in range(7):
        x, colour = 170 + number * 72, b.shade(b.chance.choice([*_GOODS, (226, 226, 230)]), 16)
        b.box(x, 222, 48, b.between(70, 120), colour)
        b.box(x + 8, 216, 5, 12, (200, 180, 120))


def shed(b: Brush, solved: bool) -> None:
    """A shed of metal sheets against the houses; afterwards its trace on the ground."""
    x = b.between(220, 420)
    if solved:
        b.box(x, 396, 250, 14, (150, 146, 138))
        return
    b.box(x, 236, 250, 168, (150, 164, 176))
    for step in range(0, 250, 18):
        b.line([(x + step, 236), (x + step, 404)], (126, 140, 152), 2)
    b.shape([(x - 18, 236), (x + 20, 196), (x + 262, 208), (x + 270, 240)], (62, 100, 160))
    b.box(x + 90, 300, 62, 104, (96, 84, 70))


def awning(b: Brush, solved: bool) -> None:
    """An awning, torn before."""
    x = b.between(200, 360)
    for number in range(8):
        torn = not solved and number in (3, 4, 5)
        low = b.between(250, 272) if torn else 290
        b.shape(
            [
                (x + number * 40, 214),
                (x + number * 40 + 40, 214),
                (x + number * 42 + 36, low),
                (x + number * 42 - 8, low - (0 if solved else 4)),
            ],
            (60, 120, 100) if number % 2 else (230, 228, 218),
        )
        if torn:
            b.line(
                [(x + number * 41, low), (x + number * 41 + b.between(-20, 20), low + 46)],
                (60, 120, 100),
                6,
            )


def loudspeaker(b: Brush, solved: bool) -> None:
    """A loudspeaker before a shop."""
    if solved:
        return
    x = b.between(300, 460)
    b.box(x - 46, 266, 92, 140, (34, 34, 38))
    for y, radius in ((300, 22), (358, 34)):
        b.disc(x, y, radius, radius, (70, 70, 74), (120, 120, 124))
        b.disc(x, y, radius / 3, radius / 3, (24, 24, 26))
    for radius in (80, 116, 152):
        b.arc(x, 330, radius, -40, 40, (196, 80, 60), 5)
        b.arc(x, 330, radius, 140, 220, (196, 80, 60), 5)
