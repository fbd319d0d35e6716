"""The imported file itself: kept by its SHA-256 between check and apply, told by its content."""

from __future__ import annotations

import codecs
import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from chengguan.core.workbooks.limits import Limits, WorkbookError
from chengguan.core.workbooks.reading import check_kind

from .faults import Unreadable

CHUNK: Final = 1 << 20
MAX_BYTES: Final = {"csv": 2 << 30, "xlsx": 100 << 20, "geojson": 300 << 20}
#: What a workbook may ask for; more is a bomb, or belongs into a CSV, which is read by the line.
WORKBOOK: Final = Limits(
    rows=300_000, cells=6_000_000, unpacked=384 << 20, strings=3_000_000, text=256 << 20
)
_MEGABYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """A file on our disk; `form` is csv, xlsx or geojson, `encoding` is set for text."""

    path: Path
    name: str
    sha256: str
    size: int
    form: str
    encoding: str


def keep(file: Any, name: str = "") -> Kept:
    """Copy an upload, open binary file or path to our disk, and tell its form by its content.

    Raises:
        Unreadable: it is empty, too large, or no table at all.
    """
    given = name or Path(str(getattr(file, "name", file))).name
    folder = _folder()
    digest, size = hashlib.sha256(), 0
    handle, temporary = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "wb") as out:
            for chunk in _chunks(file):
                digest.update(chunk)
                size += len(chunk)
                if size > max(MAX_BYTES.values()):
                    raise Unreadable("文件超过 2 GB。", "请拆分后分批导入。")
                out.write(chunk)
        form = _form(Path(temporary), size)
        path = folder / digest.hexdigest()
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return Kept(path, given[:200], digest.hexdigest(), size, form, "")


def reopen(sha256: str, name: str) -> Kept:
    """Find a kept file again, and make sure that not a byte has changed.

    Raises:
        Unreadable: it is gone or was altered.
    """
    path = _folder() / sha256
    if not path.exists():
        raise Unreadable("校验过的文件已过期。", "请重新上传并校验。")
    digest = hashlib.sha256()
    size = 0
    for chunk in _chunks(path):
        digest.update(chunk)
        size += len(chunk)
    if digest.hexdigest() != sha256:
        raise Unreadable("文件在校验之后被改动。", "请重新上传并校验。")
    return Kept(path, name, sha256, size, _form(path, size), "")


def forget(sha256: str) -> None:
    """Delete a kept file."""
    (_folder() / sha256).unlink(missing_ok=True)


def encoding_of(path: Path, said: str = "") -> str:
    """Find the encoding of a text file by reading all of it, a megabyte at a time.

    Raises:
        Unreadable: no encoding fits; the line of the first bad byte is named.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise Unreadable("文件是 UTF-16 编码。", "请另存为“CSV UTF-8（逗号分隔）”。")
    if start[:3] == codecs.BOM_UTF8:
        wanted = ["utf-8-sig"]
    else:
        wanted = [said.lower()] if said else ["utf-8", "gb18030"]
    places = {}
    for encoding in wanted:
        place = _first_bad(path, encoding)
        if place is None:
            return encoding
        places[encoding] = place
    name, (line, offset) = max(places.items(), key=lambda item: item[1][1])
    label = {"gb18030": "GB18030", "utf-8": "UTF-8", "utf-8-sig": "UTF-8"}.get(name, name)
    tried = "、".join({"gb18030": "GB18030"}.get(e, "UTF-8") for e in wanted)
    raise Unreadable(
        f"文件不是有效的 {tried} 文本：按 {label} 读到第 {line} 行（第 {offset + 1} 字节）处出错。",
        "文件可能被截断或混有其他编码，请用表格软件重新另存为“CSV UTF-8”。",
        row=line,
    )


def _first_bad(path: Path, encoding: str) -> tuple[int, int] | None:
    """Give (line, byte offset) of the first byte that can't be read, None when all can."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError:
        raise Unreadable(f"不认识编码“{encoding}”。", "请选择 UTF-8 或 GB18030。") from None
    line, read = 1, 0
    for chunk in (*_chunks(path), b""):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            at = read - pending + error.start
            before = chunk[: max(0, error.start - pending)]
            return line + before.count(b"\n"), max(0, at)
        line += chunk.count(b"\n")
        read += len(chunk)
    return None


def _form(path: Path, size: int) -> str:
    with path.open("rb") as file:
        start = file.read(4096)
    if not start.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise Unreadable("文件是空的。", "请选择有内容的文件。")
    form = _told(path, start)
    if size > MAX_BYTES[form]:
        most = MAX_BYTES[form] // _MEGABYTE
        words = "请拆分后分批导入。" if form != "xlsx" else "请另存为 CSV 后导入。"
        raise Unreadable(f"{form.upper()} 文件不能超过 {most} MB。", words)
    return form


def _told(path: Path, start: bytes) -> str:
    if start.startswith(b"PK\x03\x04"):
        _check_workbook(path)
        return "xlsx"
    if start.startswith((b"MZ", b"\x7fELF")):
        raise Unreadable(
            "这是程序文件，不是表格。", "请选择 CSV、XLSX 或 GeoJSON 文件；来历不明的程序不要打开。"
        )
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("这是旧版 Excel（.xls）文件。", "请另存为“Excel 工作簿（.xlsx）”或 CSV。")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return "geojson"
    if b"\0" in start and start[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise Unreadable("这不是文本或表格文件。", "请选择 CSV、XLSX 或 GeoJSON 文件。")
    return "csv"


def _check_workbook(path: Path) -> None:
    try:
        check_kind(path, WORKBOOK)
    except WorkbookError as error:
        raise Unreadable(error.message, error.mend) from None


def _chunks(file: Any) -> Iterator[bytes]:
    if isinstance(file, str | Path):
        with Path(file).open("rb") as opened:
            while chunk := opened.read(CHUNK):
                yield chunk
    elif hasattr(file, "chunks"):
        yield from file.chunks(CHUNK)
    else:
        while chunk := file.read(CHUNK):
            yield chunk


def _folder() -> Path:
    folder = Path(settings.MEDIA_ROOT) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
