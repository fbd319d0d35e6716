"""What a telephone writes into its pictures, for drawn ones: when, where, and that they are drawn.

Source: JEITA CP-3451 (Exif 2.32); the segment stands right behind the start of the file (T.81, B.1).
"""

from __future__ import annotations

import struct
from datetime import datetime
from functools import cache
from typing import Final

from PIL import ExifTags, Image, TiffImagePlugin

#: The maker of every drawn picture: whoever asks a picture for its camera reads this.
MAKER: Final = "SIMULATED (chengguan demo)"
_START: Final = b"\xff\xd8"
_APP1: Final = b"\xff\xe1"


def telling(picture: bytes, at: datetime, point: tuple[float, float]) -> bytes:
    """Give a JPEG with its moment (aware, in local time) and its place (degrees east and north)."""
    lon, lat = (_degrees(one) for one in point)
    zone = f"{at:%z}"
    body = (
        _blank()
        .replace(_MOMENT, f"{at:%Y:%m:%d %H:%M:%S}".encode())
        .replace(_ZONE, f"{zone[:3]}:{zone[3:]}".encode())
        .replace(_packed(*_LON), _packed(*lon))
        .replace(_packed(*_LAT), _packed(*lat))
    )
    return b"".join([_START, _APP1, struct.pack(">H", len(body) + 2), body, picture[2:]])


# Written once and filled in: making it anew takes as long as the picture's caption.
_MOMENT: Final = b"0000:00:00 00:00:00"
_ZONE: Final = b"+99:99"
_LON: Final = (11_111, 22_222, 33_331)
_LAT: Final = (44_444, 55_555, 66_661)


@cache
def _blank() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = MAKER
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.DateTimeOriginal] = _MOMENT.decode()
    inner[ExifTags.Base.OffsetTimeOriginal] = _ZONE.decode()
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLatitudeRef] = "E", "N"
    for tag, parts in ((ExifTags.GPS.GPSLongitude, _LON), (ExifTags.GPS.GPSLatitude, _LAT)):
        gps[tag] = tuple(
            TiffImagePlugin.IFDRational(*one) for one in zip(parts, _OVER, strict=True)
        )
    made = exif.tobytes()
    for blank in (_packed(*_LON), _packed(*_LAT), _MOMENT, _ZONE):
        assert made.count(blank) == 1
    return made


#: Degrees and minutes are whole, seconds hundredths (30 cm).
_OVER: Final = (1, 1, 100)


def _packed(degrees: int, minutes: int, hundredths: int) -> bytes:
    return struct.pack(">6I", degrees, 1, minutes, 1, hundredths, 100)


def _degrees(value: float) -> tuple[int, int, int]:
    minutes, hundredths = divmod(round(value * 360_000), 6_000)
    return (*divmod(minutes, 60), hundredths)
