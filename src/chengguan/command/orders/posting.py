"""What a browser posts for an order: ids of recipients, kept files, a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from chengguan.files.domain import keep

from .errors import wrong

MOST_FILES: Final = 9


def ids(data: QueryDict, name: str) -> list[int]:
    """Give the ids under a name, each once; what is no id is left out."""
    found = [text for text in data.getlist(name) if text.isascii() and text.isdigit()]
    return list(dict.fromkeys(int(text) for text in found if len(text) < 16))


def kept(files: Sequence[UploadedFile[Any]]) -> list[tuple[str, str]]:
    """Keep what was uploaded, nine files at most; gives (SHA-256, name).

    Raises:
        Invalid: too many. FileRefused, TooLarge: as `files.domain.keep`.
    """
    if len(files) > MOST_FILES:
        raise wrong("files", f"一次最多 {MOST_FILES} 个附件。", "请减少后重新提交。")
    return [(keep(one.chunks(), name=one.name or "").sha256, one.name or "附件") for one in files]


def point(data: QueryDict) -> tuple[float, float] | None:
    """Read "lon" and "lat", where both are given and on the earth."""
    try:
        lon, lat = float(data.get("lon", "")), float(data.get("lat", ""))
    except ValueError:
        return None
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None
