"""What is wrong with the ground: covers, gratings, holes, kerbs, water, railings."""

from __future__ import annotations

import math

from .brush import Brush


def manhole(b: Brush, solved: bool) -> None:
    """A cover beside its hole; afterwards in its place."""
    x, y = b.between(330, 470), 430.0
    b.disc(x, y, 92, 36, (84, 84, 88))
    if solved:
        _cover(b, x, y, 82, 31)
        return
    b.disc(x, y, 80, 30, (18, 18, 20))
    b.disc(x, y + 8, 70, 20, (34, 32, 32))
    _cover(b, x + b.between(96, 130), y - b.between(24, 44), 80, 26)
    if b.chance.random() < 0.5:
        for side in (-150, 170):
            cone(b, x + side, y + 20)


def _cover(b: Brush, x: float, y: float, across: float, down: float) -> None:
    b.disc(x, y + 5, across, down, (48, 48, 52))
    b.disc(x, y, across, down, (112, 112, 116), (70, 70, 74))
    for turn in range(0, 180, 30):
        a, c = (
            math.cos(math.radians(turn)) * across * 0.8,
            math.sin(math.radians(turn)) * down * 0.8,
        )
        b.line([(x - a, y - c), (x + a, y + c)], (88, 88, 92), 3)


def cone(b: Brush, x: float, foot: float) -> None:
    """A traffic cone."""
    b.shape([(x - 24, foot), (x + 24, foot), (x + 5, foot - 70), (x - 5, foot - 70)], (214, 96, 40))
    b.shape(
        [(x - 15, foot - 26), (x + 15, foot - 26), (x + 11, foot - 40), (x - 11, foot - 40)],
        (236, 234, 226),
    )
    b.box(x - 30, foot - 4, 60, 9, (50, 50, 54))


def grating(b: Brush, solved: bool) -> None:
    """A gutter grating, blocked or broken; afterwards clean."""
    x, y = b.between(260, 420), 452.0
    b.box(x, y, 150, 48, (34, 34, 36), (88, 88, 92))
    for number in range(9):
        if solved or number not in (3, 4, 5):
            b.box(x + 8 + number * 16, y + 5, 7, 38, (120, 120, 124))
    if not solved:
        for a, c in b.scatter(36, x + 70, y + 20, 90, 26):
            b.disc(a, c, b.between(5, 12), b.between(3, 7), b.shade((124, 100, 60), 26))


def pothole(b: Brush, solved: bool) -> None:
    """A hole in the asphalt; afterwards a darker patch."""
    x, y = b.between(320, 470), 440.0
    if solved:
        b.shape(
            [(x - 130, y - 40), (x + 120, y - 40), (x + 146, y + 44), (x - 150, y + 44)],
            (72, 74, 78),
        )
        return
    ring = [
        (
            x + math.cos(math.radians(turn)) * b.between(84, 130),
            y + math.sin(math.radians(turn)) * b.between(28, 46),
        )
        for turn in range(0, 360, 24)
    ]
    b.shape([(a, c - 5) for a, c in ring], (136, 132, 124))
    b.shape(ring, (70, 62, 54))
    for _ in range(5):
        turn = math.radians(b.between(0, 360))
        a, c = x + math.cos(turn) * 110, y + math.sin(turn) * 38
        b.line([(a, c), (a + math.cos(turn) * 60, c + b.between(-14, 18))], (66, 66, 70), 3)
    for a, c in b.scatter(30, x, y, 140, 44):
        b.disc(a, c, b.between(2, 7), b.between(2, 5), b.shade((124, 118, 108), 16))


def kerb(b: Brush, solved: bool) -> None:
    """Kerbstones, one of them out of line."""
    broken = b.chance.randint(2, 4)
    for number in range(7):
        x, y = number * 124 - 30, 408
        if number != broken or solved:
            b.box(x, y, 118, 34, b.shade((196, 194, 188), 8), (150, 148, 142))
            continue
        b.box(x, y + 10, 118, 26, (96, 88, 78))
        b.shape(
            [(x + 8, y + 46), (x + 96, y + 22), (x + 112, y + 60), (x + 22, y + 86)],
            (188, 186, 180),
        )
        for a, c in b.scatter(16, x + 60, y + 60, 80, 24):
            b.disc(a, c, b.between(3, 8), b.between(2, 5), b.shade((170, 166, 158), 16))


def puddle(b: Brush, solved: bool) -> None:
    """Standing water; afterwards a damp spot."""
    x = b.between(330, 450)
    if solved:
        b.disc(x, 440, 190, 40, (96, 98, 102))
        return
    for aside, across in ((0, 270), (-120, 160), (140, 170)):
        b.disc(x + aside, 436 + aside * 0.06, across, 52, (126, 148, 162))
    for a, c in b.scatter(24, x, 436, 240, 40):
        b.line([(a, c), (a + b.between(20, 70), c)], b.shade((170, 190, 202), 10), 2)


def railing(b: Brush, solved: bool) -> None:
    """A railing along the road; before, a span of it is down."""
    broken = b.chance.randint(1, 3)
    for number in range(5):
        x, y = number * 170 - 20, 330
        down = number == broken and not solved
        lean = 66 if down else 0
        for bar in range(8):
            b.line([(x + bar * 20, y + 100), (x + bar * 20 + lean, y + lean)], (228, 230, 232), 5)
        b.line([(x + lean, y + 6 + lean), (x + 150 + lean, y + 6 + lean)], (200, 206, 212), 8)
        b.box(x - 8, y - 6, 12, 110, (90, 130, 176))


def dust(b: Brush, solved: bool) -> None:
    """Bare heaps under a cloud of dust; afterwards covered by a net."""
    x, y = b.between(300, 480), 440.0
    heap = [(x - 240, y + 40), (x - 60, y - 110), (x + 70, y - 80), (x + 250, y + 40)]
    b.shape(heap, (84, 122, 88) if solved else (176, 146, 108))
    if solved:
        for step in range(-200, 230, 28):
            b.line([(x + step, y + 38), (x + step * 0.3, y - 92)], (66, 100, 70), 1.5)
        return
    for a, c in b.scatter(26, x, y - 120, 240, 70):
        b.disc(a, c, b.between(24, 60), b.between(14, 30), b.shade((206, 190, 166), 8))
