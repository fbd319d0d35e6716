"""Serves PMTiles packs of the deployment's own directory, by ranges; nothing else of it, nothing beside it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase

from chengguan.core.errors import NotFound
from chengguan.files.serving import file_response, not_modified
from chengguan.ui.basemap import NAME


@login_required
def pack(request: HttpRequest, name: str) -> HttpResponseBase:
    """Answer a pack, or the range of it that is asked for.

    Raises:
        NotFound: no such pack lies in the directory itself.
    """
    place = _place(name)
    if place is None:
        raise NotFound(
            "map.base", "没有这个底图文件。", mend="请系统管理员核对 CHENGGUAN_MAPS 目录。"
        )
    about = place.stat()
    etag = f'"{about.st_mtime_ns:x}-{about.st_size:x}"'
    return not_modified(request, etag) or file_response(
        request,
        place.open("rb"),
        etag=etag,
        media_type="application/vnd.pmtiles",
        name=name,
        inline=True,
    )


def _place(name: str) -> Path | None:
    if not NAME.fullmatch(name):
        return None
    folder = Path(settings.CHENGGUAN_MAPS).resolve()
    place = (folder / name).resolve()
    # A link out of the directory is no pack of it.
    return place if place.parent == folder and place.is_file() else None
