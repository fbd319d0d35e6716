"""A file over HTTP: validators, ranges and the headers that keep a browser from running it.

Source: RFC 9110, sections 13 (conditions) and 14 (ranges).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header, parse_etags

_PIECE: Final = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def not_modified(request: HttpRequest, etag: str) -> HttpResponseBase | None:
    """Give 304 where the browser has this version."""
    given = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in given or etag in {tag.removeprefix("W/") for tag in given}:
        return _headed(HttpResponse(status=304), etag)
    return None


def file_response(
    request: HttpRequest, file: IO[bytes], *, etag: str, media_type: str, name: str, inline: bool
) -> HttpResponseBase:
    """Answer with the file, whole or the one range asked for; closes it."""
    size = file.seek(0, 2)
    span = _span(request, etag, size)
    if span == (0, 0) and size:
        file.close()
        refused = _headed(HttpResponse(status=416), etag)
        refused["Content-Range"] = f"bytes */{size}"
        return refused
    first, stop = span or (0, size)
    response: HttpResponseBase
    if request.method == "HEAD":
        file.close()
        response = HttpResponse(content_type=media_type)
    else:
        response = StreamingHttpResponse(_Slice(file, first, stop), content_type=media_type)
    if span:
        response.status_code = 206
        response["Content-Range"] = f"bytes {first}-{stop - 1}/{size}"
    response["Content-Length"] = str(stop - first)
    response["Accept-Ranges"] = "bytes"
    response["Content-Disposition"] = content_disposition_header(not inline, name) or "attachment"
    return _headed(response, etag)


def _headed(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=600"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _span(request: HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
    """(first, stop) of the one range asked for, (0, 0) if it can't be, None for the whole."""
    found = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if not found or found.group() == "bytes=-":
        return None
    condition = request.headers.get("If-Range")
    if condition and condition != etag:
        return None
    start, end = found.groups()
    if not start:
        first, stop = max(0, size - int(end)), size
    else:
        first, stop = int(start), min(size, int(end) + 1 if end else size)
    return (first, stop) if first < stop else (0, 0)


class _Slice:
    """A part of a file in pieces; closed by the response, even when nothing of it was read."""

    def __init__(self, file: IO[bytes], first: int, stop: int) -> None:
        self._file, self._first, self._left = file, first, stop - first

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(self._first)
        while self._left > 0 and (piece := self._file.read(min(_PIECE, self._left))):
            self._left -= len(piece)
            yield piece

    def close(self) -> None:
        self._file.close()
