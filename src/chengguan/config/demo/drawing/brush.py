"""What every scene is painted with: a canvas twice as large, so that edges come out smooth."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

#: The sheet a scene is laid out on, in units of its own.
WIDTH: Final = 800
HEIGHT: Final = 546
#: The picture above its caption, in pixels: whole rows of blocks (`strips.ROW`).
SIZE: Final = (704, 480)
#: Pixels of the canvas to a unit.
_SCALE: Final = 2 * SIZE[0] / WIDTH


class Brush:
    """Paints on the sheet; `chance` is the scene's own, so that the same scene comes again."""

    def __init__(self, seed: str, ground: Colour) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - scenery
        self._canvas = Image.new("RGB", (SIZE[0] * 2, SIZE[1] * 2), ground)
        self._pen = ImageDraw.Draw(self._canvas)

    def picture(self) -> Image.Image:
        """Give the scene at its size in pixels."""
        return self._canvas.reduce(2)

    def box(
        self, x: float, y: float, wide: float, high: float, fill: Colour, edge: Colour | None = None
    ) -> None:
        """Paint a rectangle from its upper left corner."""
        corners = _scaled([(x, y), (x + wide, y + high)])
        self._pen.rectangle(corners, fill=fill, outline=edge, width=3 if edge else 0)

    def disc(
        self,
        x: float,
        y: float,
        across: float,
        down: float,
        fill: Colour,
        edge: Colour | None = None,
    ) -> None:
        """Paint an ellipse around its centre, with these half axes."""
        corners = _scaled([(x - across, y - down), (x + across, y + down)])
        self._pen.ellipse(corners, fill=fill, outline=edge, width=4 if edge else 0)

    def shape(self, points: Sequence[Point], fill: Colour) -> None:
        """Paint a polygon."""
        self._pen.polygon(_scaled(points), fill=fill)

    def line(self, points: Sequence[Point], fill: Colour, wide: float = 2) -> None:
        """Draw a line through points."""
        self._pen.line(_scaled(points), fill=fill, width=round(wide * _SCALE), joint="curve")

    def arc(
        self,
        x: float,
        y: float,
        radius: float,
        first: float,
        last: float,
        fill: Colour,
        wide: float,
    ) -> None:
        """Draw a part of a circle, from one angle to another (degrees, clockwise from three o'clock)."""
        corners = _scaled([(x - radius, y - radius), (x + radius, y + radius)])
        self._pen.arc(corners, first, last, fill=fill, width=round(wide * _SCALE))

    def between(self, least: float, most: float) -> float:
        """Draw a number."""
        return self.chance.uniform(least, most)

    def shade(self, colour: Colour, by: int) -> Colour:
        """Give nearly this colour: each part moved by the same draw of at most `by`."""
        return lit(colour, self.chance.randint(-by, by))

    def scatter(
        self, count: int, x: float, y: float, across: float, down: float
    ) -> list[tuple[float, float]]:
        """Draw points around a place, the farther down the later, as things stand before others."""
        found = [
            (x + self.between(-across, across), y + self.between(-down, down)) for _ in range(count)
        ]
        return sorted(found, key=lambda point: point[1])


def lit(colour: Colour, by: int) -> Colour:
    """Give a colour so much lighter, or darker."""
    red, green, blue = (max(0, min(255, part + by)) for part in colour)
    return red, green, blue


def _scaled(points: Sequence[Point]) -> list[Point]:
    return [(x * _SCALE, y * _SCALE) for x, y in points]
