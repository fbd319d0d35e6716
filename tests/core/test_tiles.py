"""Tiles and area numbers: there and back, and every point in exactly one cell."""

from __future__ import annotations

import numpy as np
import pytest

from chengguan.core.area_numbers import area_code, area_number, area_range, cut
from chengguan.core.errors import Invalid
from chengguan.core.tiles import Tile, interleave, place, separate, span, steps


def test_a_point_comes_back_within_two_centimetres() -> None:
    lon, lat = np.array([121.9, -70.25, 0.0]), np.array([30.9, -33.4, 0.0])
    east, north = place(*steps(lon, lat))

    assert np.abs(east - lon).max() < 2e-7
    assert np.abs(north - lat).max() < 2e-7


def test_morton_codes_come_back() -> None:
    x, y = np.random.default_rng(3).integers(0, 1 << 32, (2, 500), dtype=np.uint64)
    a, b = separate(interleave(x, y))

    assert (a == x).all()
    assert (b == y).all()


def test_a_known_tile() -> None:
    x, y = steps([121.9], [30.9])
    tile = Tile(15, int(x[0]) >> 17, int(y[0]) >> 17)
    west, south, east, north = tile.bounds
    first, beyond = span(tile)

    assert (tile.x, tile.y) == (27479, 13424)
    assert west <= 121.9 < east
    assert south < 30.9 <= north
    assert first <= int(interleave(x, y)[0]) < beyond
    assert tile.holds(x, y).all()
    assert not Tile(15, 27480, 13424).holds(x, y).any()


def test_the_cells_of_a_tile_share_its_points_out() -> None:
    chance = np.random.default_rng(5)
    x, y = steps(chance.uniform(121.8, 122.0, 400), chance.uniform(30.8, 31.0, 400))
    tile = Tile(9, 429, 209)
    cells = [Tile(12, 429 * 8 + i, 209 * 8 + j) for i in range(8) for j in range(8)]

    assert sum(int(cell.holds(x, y).sum()) for cell in cells) == int(tile.holds(x, y).sum()) > 0


@pytest.mark.parametrize(
    "text", ["", "1/2", "a/b/c", "-1/0/0", "2/4/0", "25/0/0", "1/1/9999999999", "１/0/0"]
)
def test_what_is_no_tile(text: str) -> None:
    with pytest.raises(Invalid):
        Tile.read(text)


@pytest.mark.parametrize("code", ["", "31", "310115", "310115501001", "310115501001009"])
def test_an_area_lies_in_those_above_it_alone(code: str) -> None:
    number = area_number(code)

    assert area_code(number) == code
    for length in (0, 2, 4, 6, 9, 12, 15):
        first, beyond = area_range(code[:length])
        assert first <= number < beyond
    # A district without a street is not in street 000.
    first, beyond = area_range("310115000")
    assert not first <= number < beyond


def test_areas_are_cut_to_a_level() -> None:
    numbers = np.array([area_number("310115501001009"), area_number("310115")])

    assert [area_code(int(one)) for one in cut(numbers, 9)] == ["310115501", ""]
