"""The demo's drawn pictures: valid, marked, deterministic, small, and the same scene before and after."""

from __future__ import annotations

import io
import tomllib
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from chengguan.config.demo import FILES
from chengguan.config.demo.drawing import ROLES, draw
from chengguan.config.demo.drawing.lettering import CAPTION, stamp, writable
from chengguan.config.demo.drawing.scenes import SIGHTS, sight_of
from chengguan.config.demo.drawing.strips import encoded, joined
from chengguan.config.demo.drawing.told import MAKER
from chengguan.files.domain.pictures import look_at

NOON = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
_SKY, _HEAP = (200, 60, 700, 180), (200, 300, 500, 370)
POINT = (121.901234, 30.891234)
MATTERS = [one["name"] for one in tomllib.loads((FILES / "life.toml").read_text())["matters"]]


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize("name", [*MATTERS, "人群聚集", "烟感感应低压", "别的事项"])
def test_a_picture_is_a_whole_small_jpeg_the_same_each_time(name: str) -> None:
    for role in ("report", "handle_after"):
        first = draw("R0000001", role, NOON, POINT, name, "海汇社区居委会012号网格")
        assert first == draw("R0000001", role, NOON, POINT, name, "海汇社区居委会012号网格")
        picture = opened(first)
        assert (picture.format, picture.size) == ("JPEG", (704, 528))
        assert len(first) <= 25_000


def test_before_and_after_are_one_scene_and_differ() -> None:
    before, after = (
        opened(draw("R0000001", role, NOON, POINT, "暴露垃圾"))
        for role in ("report", "handle_after")
    )
    # The same houses above, in other weather; the heap is gone below.
    seen = ImageChops.difference(before, after).convert("L")
    sky, heap = (max(seen.crop(part).tobytes()) for part in (_SKY, _HEAP))
    assert heap > 2 * sky > 0


def test_each_case_draws_its_own_variant_and_time_and_place_are_written() -> None:
    drawn = [draw(f"R{number:07d}", "report", NOON, POINT, "暴露垃圾") for number in range(12)]
    scenes = {opened(one).crop((0, 0, 704, 480)).tobytes() for one in drawn}
    assert 2 <= len(scenes) <= 5
    later = draw("R0000000", "report", NOON.replace(minute=1), POINT, "暴露垃圾")
    there = draw("R0000000", "report", NOON, (121.9, 30.8), "暴露垃圾")
    captions = {opened(one).crop((0, 480, 704, 528)).tobytes() for one in (drawn[0], later, there)}
    assert len(captions) == 3


def test_a_picture_says_when_and_where_as_a_telephones_does(tmp_path: Path) -> None:
    file = tmp_path / "drawn.jpg"
    file.write_bytes(draw("R0000001", "check", NOON, POINT, "暴露垃圾"))
    seen = look_at(file)
    assert seen.taken_at == NOON
    assert seen.taken_point == pytest.approx(POINT, abs=5e-6)
    assert seen.device == MAKER


def test_the_stamp_is_in_the_picture() -> None:
    plain = Image.new("RGB", (704, 480), (0, 0, 0))
    corner = stamp(plain).crop((12, 12, 186, 54)).getcolors(100_000)
    assert corner is not None
    assert sum(count for count, colour in corner if colour == (255, 255, 255)) > 2_000
    assert sum(count for count, colour in corner if colour == (176, 36, 36)) > 500


def test_strips_joined_decode_to_the_strips() -> None:
    upper = Image.radial_gradient("L").resize((704, 480)).convert("RGB")
    lower = Image.linear_gradient("L").resize((704, CAPTION)).convert("RGB")
    whole = opened(joined(encoded(upper), encoded(lower)))
    for strip, top in ((upper, 0), (lower, 480)):
        alone = opened(joined_alone(strip))
        part = whole.crop((0, top, 704, top + strip.height))
        # Only the colour of the rows that meet is smoothed across.
        inner = (0, 16, 704, strip.height - 16)
        assert (
            ImageChops.difference(part.crop(inner), alone.crop(inner)).getextrema() == ((0, 0),) * 3
        )


def joined_alone(picture: Image.Image) -> bytes:
    half = picture.height // 32 * 16
    parts = [picture.crop((0, a, 704, b)) for a, b in pairwise((0, half, picture.height))]
    return joined(*(encoded(part) for part in parts))


def test_the_font_can_write_what_the_demo_says() -> None:
    for text in [*MATTERS, *(title for title, _ in ROLES.values()), "模拟 非实拍"]:
        assert writable(text) == text
    assert writable("龘村") == "·村"


def test_matters_of_the_made_up_days_have_scenes_of_their_own() -> None:
    generic = len(SIGHTS) - 1
    assert [name for name in MATTERS if sight_of(name) == generic] == []
    assert len({sight_of(name) for name in MATTERS}) >= 30
