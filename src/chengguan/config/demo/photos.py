"""Sketches in the place of photographs: drawn, never taken, and each says so.

A machine without Chinese fonts must draw them too: 模拟 is drawn stroke by stroke, the rest of
the caption is digits. The problem itself is gone in the sketch after handling.
"""

from __future__ import annotations

import io
import random
from datetime import datetime
from functools import cache
from typing import Final

from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from chengguan.files.domain.store import keep

SIZE: Final = (560, 380)
_HORIZON: Final = 150
_QUALITY: Final = 72
_PROBLEM: Final = {"report": True, "verify": True, "handle_before": True, "check": False}
# The strokes of 模 and 拟 on a square of 20: polylines.
_MO: Final = (
    ((1, 6), (8, 6)), ((4, 1), (4, 19)), ((4, 7), (1, 13)), ((5, 8), (7, 11)),
    ((9, 3), (19, 3)), ((12, 1), (12, 5)), ((16, 1), (16, 5)),
    ((10, 6), (18, 6), (18, 12), (10, 12), (10, 6)), ((10, 9), (18, 9)),
    ((8, 14), (20, 14)), ((14, 12), (13, 16), (8, 19)), ((14, 15), (20, 19)),
)  # fmt: skip
_NI: Final = (
    ((1, 6), (7, 6)), ((4, 1), (4, 18), (2, 17)), ((1, 13), (7, 10)),
    ((10, 3), (10, 15), (14, 12)), ((13, 5), (14, 8)),
    ((18, 2), (17, 11), (10, 19)), ((16, 13), (20, 19)),
)  # fmt: skip
_VEHICLES: Final = ("车", "停车", "拥堵")


def photo(key: str, role: str, at: datetime, point: tuple[float, float], name: str) -> str:
    """Draw and keep a sketch of `name` at a place and time; gives its SHA-256."""
    return keep(draw(key, role, at, point, name), name=f"{key}-{role}.jpg").sha256


def draw(key: str, role: str, at: datetime, point: tuple[float, float], name: str) -> bytes:
    """Draw the sketch as JPEG; the same words always give the same scene."""
    chance = random.Random(f"{key}{point}")  # noqa: S311 - scenery
    picture = Image.new("RGB", SIZE, (206, 222, 232))
    pen = ImageDraw.Draw(picture)
    _scene(pen, chance)
    if _PROBLEM.get(role, False):
        _problem(pen, chance, name)
    local = timezone.localtime(at)
    words = f"{local:%Y-%m-%d %H:%M:%S}   {point[0]:.6f}, {point[1]:.6f}   {role}   {key}"
    pen.rectangle((0, SIZE[1] - 30, SIZE[0], SIZE[1]), fill=(32, 38, 46))
    pen.text((10, SIZE[1] - 24), words, fill=(240, 240, 240), font=_font(13))
    _mark(pen)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _scene(pen: ImageDraw.ImageDraw, chance: random.Random) -> None:
    width, height = SIZE
    left = 0
    while left < width:
        wide, high = chance.randint(40, 110), chance.randint(30, 120)
        grey = chance.randint(150, 195)
        pen.rectangle((left, _HORIZON - high, left + wide, _HORIZON), fill=(grey, grey, grey - 8))
        for x in range(left + 8, left + wide - 8, 16):
            for y in range(_HORIZON - high + 8, _HORIZON - 8, 18):
                pen.rectangle((x, y, x + 7, y + 9), fill=(122, 142, 158))
        left += wide + chance.randint(0, 18)
    pen.rectangle((0, _HORIZON, width, height), fill=(150, 168, 132))
    pen.polygon(
        [(width * 0.42, _HORIZON), (width * 0.58, _HORIZON), (width, height), (0, height)],
        fill=(118, 120, 124),
    )
    for share in (0.1, 0.32, 0.6):
        top, half = _HORIZON + (height - _HORIZON) * share, 2 + 6 * share
        low = top + 26 * (0.4 + share)
        near = half + 2
        pen.polygon(
            [(280 - half, top), (280 + half, top), (280 + near, low), (280 - near, low)],
            fill=(236, 236, 226),
        )
    for _ in range(5):
        x, y = (
            chance.choice([chance.randint(10, 130), chance.randint(430, 540)]),
            chance.randint(150, 190),
        )
        pen.rectangle((x - 2, y, x + 2, y + 34), fill=(110, 90, 70))
        pen.ellipse((x - 16, y - 26, x + 16, y + 8), fill=(84, 124, 86))


def _problem(pen: ImageDraw.ImageDraw, chance: random.Random, name: str) -> None:
    x, y = chance.randint(190, 330), chance.randint(235, 280)
    if "井盖" in name:
        pen.ellipse((x - 46, y - 18, x + 46, y + 18), fill=(40, 40, 42))
        pen.ellipse(
            (x + 20, y - 34, x + 104, y - 4), fill=(92, 92, 96), outline=(60, 60, 64), width=3
        )
    elif any(word in name for word in _VEHICLES):
        for place in range(4 if "拥堵" in name else 1):
            _vehicle(pen, x + place * 58 - 40, y - place * 22, truck="渣土" in name)
    elif "横幅" in name:
        pen.rectangle((x - 120, y - 110, x + 120, y - 78), fill=(186, 60, 52))
        pen.line((x - 122, y - 120, x - 122, y + 10), fill=(80, 70, 60), width=5)
        pen.line((x + 122, y - 120, x + 122, y + 10), fill=(80, 70, 60), width=5)
    elif "人" in name or "入侵" in name:
        for _ in range(26 if "聚集" in name else 2):
            a, b = x + chance.randint(-110, 110), y + chance.randint(-30, 50)
            pen.ellipse((a - 5, b - 26, a + 5, b - 15), fill=(206, 172, 142))
            pen.rectangle((a - 6, b - 15, a + 6, b + 6), fill=(70, 80, chance.randint(90, 170)))
    elif "感" in name:
        pen.rectangle(
            (x - 40, y - 100, x + 40, y - 40), fill=(244, 244, 240), outline=(90, 90, 90), width=3
        )
        pen.ellipse((x - 8, y - 78, x + 8, y - 62), fill=(196, 130, 40))
    else:
        for _ in range(40):
            a, b = x + chance.randint(-80, 80), y + chance.randint(-24, 24)
            shade = chance.randint(90, 170)
            pen.polygon(
                [(a, b), (a + 14, b + 4), (a + 6, b - 12)], fill=(shade, shade - 20, shade - 40)
            )


def _vehicle(pen: ImageDraw.ImageDraw, x: int, y: int, *, truck: bool) -> None:
    body = (176, 116, 48) if truck else (60, 64, 72)
    pen.rectangle((x - 60, y - (52 if truck else 26), x + 34, y), fill=body)
    pen.polygon([(x + 34, y), (x + 34, y - 38), (x + 62, y - 30), (x + 70, y)], fill=body)
    for wheel in (x - 38, x + 44):
        pen.ellipse((wheel - 13, y - 12, wheel + 13, y + 14), fill=(24, 24, 26))


def _mark(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((10, 10, 112, 60), fill=(255, 255, 255), outline=(150, 40, 40), width=2)
    for left, strokes in ((18, _MO), (64, _NI)):
        for line in strokes:
            pen.line([(left + 2 * x, 15 + 2 * y) for x, y in line], fill=(150, 40, 40), width=3)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
