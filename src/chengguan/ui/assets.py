"""The built page assets: script and style tags from Vite's manifest.

Without a build a page still works as plain HTML, and says what to run.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def tags(entry: str) -> SafeString:
    """Return the tags of one entry ("src/main.ts"): its styles, then its module."""
    manifest = _manifest()
    if manifest is None:
        return format_html('<meta name="chengguan-assets" content="{}">', "missing")
    chunk = manifest[entry]
    styles = format_html_join(
        "", '<link rel="stylesheet" href="{}">', ((static(name),) for name in _styles(chunk))
    )
    return format_html('{}<script type="module" src="{}"></script>', styles, static(chunk["file"]))


def built() -> bool:
    """Say whether `npm run build` has been run."""
    return _manifest() is not None


def release() -> str:
    """Return a short word that changes with any asset: a page that stays open sees it is old."""
    manifest = _manifest()
    if manifest is None:
        return ""
    names = " ".join(sorted(str(chunk["file"]) for chunk in manifest.values()))
    return f"{crc32(names.encode()):08x}"


def _styles(chunk: dict[str, Any]) -> list[str]:
    manifest = _manifest() or {}
    names: list[str] = []
    for imported in chunk.get("imports", ()):
        names += [name for name in _styles(manifest[imported]) if name not in names]
    return names + [name for name in chunk.get("css", ()) if name not in names]


def _manifest() -> dict[str, Any] | None:
    path = Path(str(settings.DJANGO_VITE["default"]["manifest_path"]))
    try:
        stamp = path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    return _read(path, stamp)


@lru_cache(maxsize=2)
def _read(path: Path, stamp: int) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content
