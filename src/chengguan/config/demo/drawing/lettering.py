"""What is written on a picture: the caption with time and place, and the stamp 模拟.

The font is a part of Noto Sans SC that lies with the demo's data, so that a machine without
Chinese fonts writes them too (data/demo/fonts).
"""

from __future__ import annotations

from functools import cache
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from .. import FILES
from .brush import SIZE, Colour
from .strips import ROW

CAPTION: Final = ROW * 3
_FONT: Final = FILES / "fonts" / "NotoSansSC-photos.ttf"
_GROUND: Final = (24, 28, 34)
_INK: Final[Colour] = (240, 240, 236)
_RED: Final[Colour] = (176, 36, 36)
_STAMP: Final = "模拟"


def caption(first: str, second: str) -> Image.Image:
    """Give the strip under a picture: two lines, and the stamp's word at their right."""
    strip = Image.new("RGB", (SIZE[0], CAPTION), _GROUND)
    _write(strip, 12, 3, first, 16)
    _write(strip, 12, 25, second, 15)
    _write(strip, SIZE[0] - 54, 12, _STAMP, 20, (255, 150, 130))
    return strip


def stamp(picture: Image.Image) -> Image.Image:
    """Give the picture with the stamp in its corner."""
    marked = picture.copy()
    pen = ImageDraw.Draw(marked)
    pen.rectangle((12, 12, 184, 52), fill=(255, 255, 255), outline=_RED, width=3)
    pen.text((22, 15), f"{_STAMP} 非实拍", fill=_RED, font=_font(24))
    return marked


def writable(text: str) -> str:
    """Give the text without what the font can't write, such as a rare character of a name."""
    return "".join(character if character in _known() else "·" for character in text)


def _write(strip: Image.Image, x: int, y: int, text: str, size: int, ink: Colour = _INK) -> None:
    # Laying out a line costs five milliseconds, placing what was laid out before a tenth.
    for character in text:
        shape, wide = _tile(character, size)
        strip.paste(ink, (x, y), shape)
        x += wide


@cache
def _tile(character: str, size: int) -> tuple[Image.Image, int]:
    font = _font(size)
    wide = round(font.getlength(character))
    shape = Image.new("L", (max(1, wide), size + 6), 0)
    ImageDraw.Draw(shape).text((0, -size // 5), character, fill=255, font=font)
    return shape, wide


@cache
def _known() -> frozenset[str]:
    return frozenset(_FONT.with_suffix(".txt").read_text(encoding="utf-8"))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONT, size)
