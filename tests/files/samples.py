"""Small files of every kind, made in memory."""

import io
import struct
import zipfile
import zlib

from PIL import ExifTags, Image


def photo(
    kind: str = "JPEG",
    size: tuple[int, int] = (64, 48),
    *,
    exif: bool = False,
    colour: str = "teal",
    orientation: int = 1,
) -> bytes:
    image = Image.new("RGB", size, colour)
    tags = Image.Exif()
    if exif:
        tags[ExifTags.Base.Make] = "HUAWEI"
        tags[ExifTags.Base.Model] = "ALN-AL00"
        tags[ExifTags.Base.Orientation] = orientation
        tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:11:23 14:05:06"
        gps = tags.get_ifd(ExifTags.IFD.GPSInfo)
        gps[ExifTags.GPS.GPSLatitudeRef] = "N"
        gps[ExifTags.GPS.GPSLatitude] = (30.0, 53.0, 10.29)
        gps[ExifTags.GPS.GPSLongitudeRef] = "E"
        gps[ExifTags.GPS.GPSLongitude] = (121.0, 54.0, 20.04)
    target = io.BytesIO()
    image.save(target, kind, exif=tags)
    return target.getvalue()


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def film(brand: bytes = b"isom") -> bytes:
    return box(b"ftyp", brand + b"\0\0\2\0" + brand) + box(b"moov", b"\0" * 32) + box(b"mdat", b"x")


def wav() -> bytes:
    body = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data\0\0\0\0"
    return b"RIFF" + struct.pack("<I", len(body)) + body


def mp3() -> bytes:
    return b"ID3\x04\x00\x00\x00\x00\x00\x05" + b"\0" * 5 + b"\xff\xfb\x90\x00" + b"\0" * 400


def pdf() -> bytes:
    return b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def office(main: str = "word/document.xml", *more: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", main, *more):
            archive.writestr(name, "<x/>")
    return target.getvalue()


def archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr("a.txt", "a")
    return target.getvalue()


def bomb_png(width: int, height: int) -> bytes:
    """A PNG that says it is huge; a few bytes long."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
