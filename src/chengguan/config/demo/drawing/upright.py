"""What stands or hangs: adverts, banners, boards, lamps, poles, cables, trees, hoardings, walls."""

from __future__ import annotations

import math

from .brush import Brush
from .ground import cone
from .stages import tree
from .waste import branches


def adverts(b: Brush, solved: bool) -> None:
    """Small adverts pasted on a wall; afterwards the lighter spots where they were."""
    for _ in range(b.chance.randint(14, 24)):
        x, y = b.between(120, 640), b.between(60, 330)
        wide, high = b.between(44, 84), b.between(56, 100)
        colour = b.chance.choice(
            [(240, 238, 228), (236, 214, 96), (150, 196, 220), (226, 120, 110)]
        )
        if solved:
            if b.chance.random() < 0.4:
                b.box(x, y, wide, high, (214, 208, 198))
            continue
        b.box(x, y, wide, high, b.shade(colour, 8))
        b.box(x + 6, y + 8, wide - 12, 10, (190, 40, 36))
        for row in range(int(y) + 26, int(y + high) - 8, 9):
            b.line([(x + 6, row), (x + wide - b.between(6, 24), row)], (70, 70, 74), 2)


def stains(b: Brush, solved: bool) -> None:
    """Streaks of dirt and flaking paint; afterwards a fresh coat."""
    x = b.between(160, 360)
    if solved:
        b.box(x - 40, 40, 380, 350, (226, 218, 204))
        return
    for _ in range(26):
        a, y, long = x + b.between(-40, 330), b.between(20, 140), b.between(90, 240)
        b.shape(
            [(a, y), (a + b.between(8, 26), y), (a + b.between(2, 10), y + long)],
            b.shade((124, 112, 96), 18),
        )
    for a, y in b.scatter(16, x + 150, 300, 180, 70):
        b.disc(a, y, b.between(12, 40), b.between(8, 24), b.shade((150, 140, 124), 14))
    crack = [(x + 40 + step * 18 + b.between(-14, 14), 40 + step * 34) for step in range(11)]
    b.line(crack, (70, 64, 58), 3)


def detector(b: Brush, solved: bool) -> None:
    """A detector on the wall, its lamp red before."""
    b.disc(400, 200, 92, 92, (238, 238, 234), (160, 160, 160))
    b.disc(400, 200, 54, 54, (222, 222, 218), (180, 180, 180))
    b.disc(400, 260, 9, 9, (70, 170, 90) if solved else (214, 50, 40))


def banner(b: Brush, solved: bool) -> None:
    """A banner across the street."""
    for x in (110, 690):
        b.line([(x, 120), (x, 410)], (84, 76, 66), 8)
    if solved:
        return
    sag = b.between(10, 40)
    b.shape(
        [(110, 150), (400, 150 + sag), (690, 150), (690, 204), (400, 204 + sag), (110, 204)],
        (188, 48, 44),
    )
    for number in range(10):
        x = 150 + number * 52
        b.box(x, 164 + sag * (1 - abs(x - 400) / 290), 28, 26, (240, 222, 150))


def board(b: Brush, solved: bool) -> None:
    """An advertising board; before, it hangs by one corner."""
    x, tilt = b.between(220, 320), 0.0 if solved else b.between(50, 90)
    corners = [(x, 120), (x + 300, 120 + tilt), (x + 286, 240 + tilt), (x - 8, 236)]
    b.shape(corners, (54, 100, 150))
    b.line([*corners, corners[0]], (220, 222, 224), 4)
    for number in range(5):
        share = number / 5
        b.box(x + 26 + number * 52, 154 + tilt * share, 34, 40, (236, 232, 216))


def lamp(b: Brush, solved: bool) -> None:
    """A street lamp: dark and broken before, alight afterwards."""
    x = b.between(300, 420)
    b.line([(x, 412), (x, 70)], (92, 100, 108), 11)
    b.arc(x + 60, 74, 60, 180, 290, (92, 100, 108), 9)
    if solved:
        for radius in (70, 48, 30):
            b.disc(x + 92, 34, radius, radius * 0.7, (250, 236 - radius // 3, 170 - radius))
        b.disc(x + 92, 32, 26, 10, (255, 250, 224))
        return
    b.shape([(x + 60, 18), (x + 116, 34), (x + 104, 62), (x + 66, 44)], (58, 62, 68))
    b.box(x - 20, 330, 40, 60, (70, 74, 80))
    b.line([(x - 6, 350), (x - 40, 400), (x - 24, 420)], (180, 60, 50), 4)


def pole(b: Brush, solved: bool) -> None:
    """A pole with a sign: leaning before, upright afterwards."""
    x, lean = b.between(360, 430), 0.0 if solved else b.chance.choice([-150.0, 150.0])
    top = (x + lean, 110 + abs(lean) * 0.4)
    b.line([(x, 412), top], (122, 128, 134), 12)
    turn = math.radians(lean * 0.25)
    corners = []
    for a, c in ((-90, -30), (90, -30), (90, 26), (-90, 26)):
        corners.append(
            (
                top[0] + a * math.cos(turn) - c * math.sin(turn),
                top[1] + a * math.sin(turn) + c * math.cos(turn),
            )
        )
    b.shape(corners, (40, 96, 150))
    b.line([*corners, corners[0]], (232, 234, 236), 4)
    if not solved:
        b.disc(x, 414, 40, 12, (120, 112, 100))
        cone(b, x - 110, 424)


def cable(b: Brush, solved: bool) -> None:
    """Cables between two poles; before, they hang down to the ground."""
    for x in (110, 690):
        b.line([(x, 410), (x, 60)], (112, 96, 78), 12)
        b.box(x - 46, 76, 92, 8, (90, 80, 68))
    for number in range(4):
        y, low = 70 + number * 7, 116 + number * 10
        if not solved and number > 1:
            b.line([(110, y), (240, 230), (330, 404), (430, 414), (520, 400)], (30, 30, 32), 4)
            b.line([(690, y), (650, 210), (612, 398)], (30, 30, 32), 4)
        else:
            b.line([(110, y), (260, low), (400, low + 12), (540, low), (690, y)], (30, 30, 32), 3)


def fallen_tree(b: Brush, solved: bool) -> None:
    """A tree across the ground; afterwards upright between its stakes."""
    x = b.between(330, 430)
    if solved:
        tree(b, x, 420, 1.5)
        for side in (-60, 60):
            b.line([(x + side, 424), (x + side * 0.15, 320)], (150, 120, 84), 6)
        return
    b.disc(x - 190, 420, 46, 30, (96, 74, 54))
    b.line([(x - 180, 416), (x + 60, 396)], (104, 84, 64), 26)
    for a, c in b.scatter(16, x + 150, 390, 120, 44):
        b.disc(a, c, b.between(30, 58), b.between(22, 40), b.shade((80, 118, 74), 16))
    branches(b, solved=False)


def bare_lawn(b: Brush, solved: bool) -> None:
    """Trodden earth in the lawn; afterwards new turf."""
    x = b.between(260, 420)
    if solved:
        for column in range(6):
            for row in range(3):
                b.box(x - 150 + column * 52, 390 + row * 34, 50, 32, b.shade((112, 158, 84), 8))
        return
    for aside, across in ((0, 190), (-110, 120), (120, 130)):
        b.disc(x + aside, 430, across, 52, b.shade((158, 130, 96), 8))
    for a, c in b.scatter(40, x, 430, 200, 44):
        b.disc(a, c, b.between(2, 6), 2, b.shade((128, 104, 76), 12))


def blocked(b: Brush, solved: bool) -> None:
    """Works across the road: hoarding, cones and material; afterwards only swept ground."""
    if solved:
        b.disc(400, 440, 220, 26, (150, 134, 110))
        return
    x = b.between(180, 280)
    for number in range(4):
        b.box(x + number * 110, 330, 104, 78, (232, 190, 60))
        for stripe in range(0, 100, 34):
            left = x + number * 110 + stripe
            b.shape(
                [(left, 408), (left + 16, 408), (left + 34, 330), (left + 18, 330)], (44, 44, 46)
            )
    for place in (-50, 480):
        cone(b, x + place, 440)


def marked(b: Brush, solved: bool) -> None:
    """Any other matter: a marked spot with cones; afterwards the same spot, empty."""
    if solved:
        return
    x = b.between(330, 470)
    b.disc(x, 420, 130, 30, (150, 138, 120))
    for a, c in b.scatter(18, x, 412, 90, 18):
        b.box(a, c - 14, b.between(14, 30), b.between(10, 20), b.shade((132, 124, 112), 20))
    for side in (-170, 170):
        cone(b, x + side, 440)
    b.line([(x - 166, 388), (x + 166, 388)], (214, 70, 50), 5)
