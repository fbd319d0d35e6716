"""What a file is, by its content and never by its name; what may come in, and what is refused.

A file must be one thing from its first byte to its last: an image with an archive, a page or
a program behind it is refused, since another reader might run what ours doesn't see.
"""

from __future__ import annotations

import mmap
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..errors import FileRefused

ACCEPTED: Final = (
    "JPEG、PNG、WebP 照片，MP4、3GP、MOV 视频，MP3、M4A、AMR、WAV 录音，PDF、DOCX、XLSX 文档"
)
JPEG, PNG, WEBP, HEIC = "image/jpeg", "image/png", "image/webp", "image/heic"
PDF: Final = "application/pdf"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
DOCX: Final = _OFFICE + "wordprocessingml.document"
XLSX: Final = _OFFICE + "spreadsheetml.sheet"
IMAGES: Final = frozenset({JPEG, PNG, WEBP, HEIC})
EXTENSIONS: Final = {
    JPEG: ".jpg",
    PNG: ".png",
    WEBP: ".webp",
    HEIC: ".heic",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "video/quicktime": ".mov",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/amr": ".amr",
    "audio/wav": ".wav",
    PDF: ".pdf",
    DOCX: ".docx",
    XLSX: ".xlsx",
}
# A docx of this size unpacked is a bomb, not a letter.
MAX_UNPACKED: Final = 500 * 1024 * 1024

Content = bytes | mmap.mmap
_ACTIVE = re.compile(rb"<(?:script|html|!doctype|\?php|iframe|svg[ >])", re.IGNORECASE)
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_FOREIGN: Final = (
    (b"MZ", "可执行程序"),
    (b"\x7fELF", "可执行程序"),
    (b"#!", "脚本"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
    (b"GIF8", "GIF 图片"),
    (b"BM", "BMP 图片"),
    (b"\xd0\xcf\x11\xe0", "旧版 Office 文档"),
)


def media_type_of(path: Path) -> str:
    """Give the media type of the file at `path`.

    Raises:
        FileRefused: not of an accepted kind, cut short, or two things in one.
    """
    if path.stat().st_size == 0:
        raise FileRefused("empty", "文件是空的。", "请重新选择文件。")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = _recognise(content)
        if found == "zip":
            return _office(path, content)
        if found in IMAGES:
            _refuse_passenger(content, _IMAGE_ENDS[found](content))
        elif _ends_like_zip(content):
            raise _two_in_one()
        return found


def _recognise(content: Content) -> str:
    head = content[:16]
    if head[:3] == b"\xff\xd8\xff":
        return JPEG
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        _need_whole(int.from_bytes(head[4:8], "little") + 8 <= len(content) + 1)
        return "audio/wav"
    if head[4:8] == b"ftyp":
        return _boxes(content)
    if head[:5] == b"%PDF-":
        _need_whole(content[-2048:].find(b"%%EOF") >= 0)
        return PDF
    if head[:4] == b"PK\x03\x04":
        return "zip"
    if head[:6] == b"#!AMR\n" or head[:9] == b"#!AMR-WB\n":
        return "audio/amr"
    if _is_mp3(content):
        return "audio/mpeg"
    raise _unknown(content)


def _unknown(content: Content) -> FileRefused:
    if _ACTIVE.search(content[:1024]) or content[:5].lower() == b"<?xml":
        kind = "网页或 SVG"
    else:
        kind = next((name for magic, name in _FOREIGN if content[: len(magic)] == magic), "")
    what = f"文件内容是{kind}" if kind else "无法识别文件内容"
    return FileRefused(
        "kind", f"{what}，不能上传（只看内容，不看扩展名）。", f"请改用：{ACCEPTED}。"
    )


def _boxes(content: Content) -> str:
    """ISO base media (14496-12): boxes of size and type must fill the file exactly."""
    brand = content[8:12]
    if brand in _HEIF or brand == b"avif":
        return _heif(brand)
    at, seen = 0, set()
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(content[at + 8 : at + 16], "big")
        elif size == 0:
            size = len(content) - at
        _need_whole(size >= 8 and at + size <= len(content) and len(kind) == 4)
        seen.add(bytes(kind))
        at += size
    _need_whole(b"moov" in seen)
    if brand == b"qt  ":
        return "video/quicktime"
    if brand[:2] == b"3g":
        return "video/3gpp"
    return "audio/mp4" if brand in {b"M4A ", b"M4B "} else "video/mp4"


def _heif(brand: bytes) -> str:
    from PIL import Image

    Image.init()
    if brand in _HEIF and "HEIF" in Image.OPEN:
        return HEIC
    raise FileRefused(
        "heic",
        "暂不支持 HEIC/AVIF 格式的照片。",
        "请在手机“设置 › 相机 › 格式”中选择“兼容性最佳”（JPEG）后重拍，或转成 JPEG 再上传。",
    )


def _is_mp3(content: Content) -> bool:
    at = 0
    if content[:3] == b"ID3":
        a, b, c, d = (byte & 0x7F for byte in content[6:10])
        at = 10 + (a << 21 | b << 14 | c << 7 | d)
    head = content[at : at + 3]
    # Eleven bits of sync, then a layer III of a known version, rate and frequency.
    return (
        len(head) == 3
        and head[0] == 0xFF
        and head[1] & 0xE6 == 0xE2
        and head[2] >> 4 not in {0, 15}
        and head[2] & 0x0C != 0x0C
    )


def _office(path: Path, content: Content) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        _need_whole(False)
        raise AssertionError from None
    names = {entry.filename for entry in entries}
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise FileRefused("bomb", "文档解压后过大，疑似压缩炸弹。", "请拆分后重新上传。")
    if not _ends_like_zip(content, comment=False) or "[Content_Types].xml" not in names:
        raise FileRefused("kind", "压缩包不能上传。", f"请解压后逐个上传，可用：{ACCEPTED}。")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileRefused("macro", "文档里有宏，不能上传。", "请另存为不含宏的格式，或导出 PDF。")
    if "word/document.xml" in names:
        return DOCX
    if "xl/workbook.xml" in names:
        return XLSX
    raise FileRefused("kind", "这种 Office 文档不能上传。", "请导出 PDF 后上传。")


def _refuse_passenger(content: Content, end: int) -> None:
    tail = content[end:]
    # Phones put a film (ftyp) or a second picture behind a photo: these may stay.
    hidden = any(magic in tail for magic in (b"PK\x03\x04", b"%PDF-", b"Rar!\x1a\x07", b"\x7fELF"))
    program = tail[:2] == b"MZ" or b"This program cannot be run" in tail
    if hidden or program or _ends_like_zip(content) or _ACTIVE.search(content):
        raise _two_in_one()


def _two_in_one() -> FileRefused:
    return FileRefused(
        "polyglot",
        "文件里夹带了别的内容（压缩包、网页或程序），不能作为证据保存。",
        "请上传相机拍摄的原始照片，不要用工具合并过的文件。",
    )


def _ends_like_zip(content: Content, *, comment: bool = True) -> bool:
    """Say whether a ZIP directory ends where the file ends (APPNOTE 4.3.16)."""
    start = len(content) - 22 - (65_535 if comment else 0)
    at = content.rfind(b"PK\x05\x06", max(0, start))
    while at >= 0:
        if at + 22 + int.from_bytes(content[at + 20 : at + 22], "little") == len(content):
            return True
        at = content.rfind(b"PK\x05\x06", max(0, start), at)
    return False


def _jpeg_end(content: Content) -> int:
    """Walk the markers to the end of the first picture (ITU-T T.81, B.1.1)."""
    at, size = 2, len(content)
    while at + 4 <= size:
        if content[at] != 0xFF:
            at = _next_marker(content, at)
            continue
        marker = content[at + 1]
        if marker == 0xD9:
            return at + 2
        if marker == 0xFF:
            at += 1
        elif marker == 0 or 0xD0 <= marker <= 0xD7:
            at = _next_marker(content, at + 2)
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    _need_whole(content[size - 2 : size] == b"\xff\xd9" and at <= size)
    return size


def _next_marker(content: Content, at: int) -> int:
    """In entropy-coded data 0xFF00 and restarts are no markers."""
    found = content.find(b"\xff", at)
    while found >= 0 and found + 1 < len(content):
        if content[found + 1] not in _STUFFED:
            return found
        found = content.find(b"\xff", found + 2)
    _need_whole(False)
    return len(content)


_STUFFED: Final = frozenset({0, *range(0xD0, 0xD8)})


def _png_end(content: Content) -> int:
    at = 8
    while at + 12 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        at += 12 + size
        if kind == b"IEND":
            return at
    _need_whole(False)
    return len(content)


def _webp_end(content: Content) -> int:
    end = 8 + int.from_bytes(content[4:8], "little")
    _need_whole(end <= len(content))
    return end


def _whole(content: Content) -> int:
    return len(content)


_IMAGE_ENDS: Final[dict[str, Callable[[Content], int]]] = {
    JPEG: _jpeg_end,
    PNG: _png_end,
    WEBP: _webp_end,
    HEIC: _whole,
}


def _need_whole(whole: bool) -> None:
    if not whole:
        raise FileRefused(
            "truncated", "文件不完整或已损坏。", "请重新拍摄或重新导出，上传完成前不要断开网络。"
        )
