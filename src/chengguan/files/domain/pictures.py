"""Photos: whole or refused, what their EXIF says, and small copies. Originals are never altered.

Source: JEITA CP-3451 (Exif 2.32) for the tags.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from PIL import ExifTags, Image, ImageOps

from ..errors import FileRefused

# A baseline JPEG is decoded at an eighth of its size; all else needs every pixel in memory.
MAX_PIXELS: Final = 40_000_000
MAX_JPEG_PIXELS: Final = 220_000_000
Image.MAX_IMAGE_PIXELS = MAX_JPEG_PIXELS
_PROBE: Final = (400, 400)


@dataclass(frozen=True, slots=True)
class Picture:
    """What a photo says of itself. `taken_point` is (lon, lat) in WGS 84 degrees, which we keep
    as CGCS2000: they differ by centimetres."""

    width: int
    height: int
    taken_at: datetime | None = None
    taken_point: tuple[float, float] | None = None
    device: str = ""


def look_at(path: Path) -> Picture:
    """Decode the photo at `path` once, to know that it is whole, and read its EXIF.

    Raises:
        FileRefused: truncated, unreadable, or more pixels than a camera makes.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                _refuse_bomb(image)
                width, height = image.size
                exif = image.getexif()
                if exif.get(ExifTags.Base.Orientation, 1) in {5, 6, 7, 8}:
                    width, height = height, width
                image.draft("RGB", _PROBE)
                image.load()
                return Picture(width, height, _taken_at(exif), _point(exif), _device(exif))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _bomb() from None
    except FileRefused:
        raise
    except Exception as error:
        # Pillow's decoders raise whatever their formats made them raise: OSError, SyntaxError,
        # struct.error, ValueError. Each means the same here.
        raise FileRefused(
            "damaged", "照片已损坏或不完整，无法打开。", "请重新拍摄或重新上传。"
        ) from error


def shrink(source: IO[bytes], target: IO[bytes], side: int) -> None:
    """Write a JPEG copy of at most `side` × `side` pixels, upright and without EXIF."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(source) as image:
            image.draft("RGB", (side, side))
            image.thumbnail((side, side), Image.Resampling.LANCZOS)
            upright = ImageOps.exif_transpose(image)
            if upright.mode in {"RGBA", "LA", "P", "PA"}:
                upright = upright.convert("RGBA")
                ground = Image.new("RGBA", upright.size, "white")
                ground.alpha_composite(upright)
                upright = ground
            upright.convert("RGB").save(target, "JPEG", quality=82)


def _refuse_bomb(image: Image.Image) -> None:
    pixels = image.width * image.height
    small_decode = image.format == "JPEG" and not image.info.get("progressive")
    if pixels > (MAX_JPEG_PIXELS if small_decode else MAX_PIXELS) or not pixels:
        raise _bomb()


def _bomb() -> FileRefused:
    return FileRefused(
        "pixels",
        "图片的像素过多，疑似压缩炸弹。",
        "请上传相机原图，或把图片缩小到 4000 万像素以内。",
    )


def _taken_at(exif: Image.Exif) -> datetime | None:
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    text = inner.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    offset = str(inner.get(ExifTags.Base.OffsetTimeOriginal) or "").strip("\x00 ")
    try:
        local = datetime.strptime(str(text).strip("\x00 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
        if offset:
            return local.replace(tzinfo=datetime.strptime(offset, "%z").tzinfo)
    except ValueError:
        return None
    # Most phones write their wall clock and no offset: it is the city's.
    return local.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))


def _point(exif: Image.Exif) -> tuple[float, float] | None:
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    try:
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef] == "S")
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef] == "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180) or (lat == 0 and lon == 0):
        return None
    return lon, lat


def _degrees(parts: Any, negative: bool) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = round(degrees + minutes / 60 + seconds / 3600, 7)
    return -value if negative else value


def _device(exif: Image.Exif) -> str:
    maker = str(exif.get(ExifTags.Base.Make) or "").strip("\x00 ")
    model = str(exif.get(ExifTags.Base.Model) or "").strip("\x00 ")
    full = model if model.lower().startswith(maker.lower()) else f"{maker} {model}"
    return full.strip().replace("\x00", "")[:80]
