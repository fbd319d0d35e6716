"""A PMTiles pack made by hand: one picture for the whole world (PMTiles specification, version 3)."""

from __future__ import annotations

import io
import json
import struct
from typing import Final

from PIL import Image

_HEADER: Final = 127
_NO_COMPRESSION, _PNG = 1, 2


def picture(shade: tuple[int, int, int] = (170, 200, 170)) -> bytes:
    """Give a tile of one colour with a frame, as a PNG."""
    made = Image.new("RGB", (256, 256), shade)
    place = io.BytesIO()
    made.save(place, "PNG")
    return place.getvalue()


def pack(tile: bytes) -> bytes:
    """Give a pack that holds this tile as zoom 0."""
    # One entry: tile id 0, run 1, its length, offset 0 (written as 1).
    directory = b"".join(_varint(value) for value in (1, 0, 1, len(tile), 1))
    about = json.dumps({"name": "test"}).encode()
    root, meta = _HEADER, _HEADER + len(directory)
    data = meta + len(about)
    header = struct.pack(
        "<7sB11Q6B4iBii",
        b"PMTiles", 3,
        root, len(directory), meta, len(about), data, 0, data, len(tile), 1, 1, 1,
        1, _NO_COMPRESSION, _NO_COMPRESSION, _PNG, 0, 0,
        -1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000,
        0, 1_219_000_000, 309_000_000,
    )  # fmt: skip
    assert len(header) == _HEADER
    return header + directory + about + tile


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
