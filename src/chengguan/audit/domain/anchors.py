"""Anchors: the chain's head written outside the database, so that a rewritten or shortened chain shows.

One small JSON file each, never overwritten, under a folder per database: copy it to another
machine, or to a printed book; whoever can change both the database and all copies is not caught.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from chengguan.audit.domain import chain


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head at a moment: place, digest (64 hexadecimal digits), local time of writing."""

    position: int
    digest: str
    at: str

    def line(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


class AnchorUnreadable(ValueError):
    """A file among the anchors is not an anchor: it was damaged or exchanged."""


def write_anchor(at: datetime | None = None) -> Anchor | None:
    """Write the head to a file; None before the first link. The same head is written once a day."""
    last = chain.head()
    if not last.position:
        return None
    moment = timezone.localtime(at)
    anchor = Anchor(last.position, last.digest.hex(), moment.isoformat(timespec="seconds"))
    place = directory() / f"{moment:%Y-%m-%d}-{last.position:012d}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        with place.open("x") as handle:
            handle.write(anchor.line() + "\n")
    except FileExistsError:
        return _read(place)
    return anchor


def anchors() -> list[Anchor]:
    """Give all anchors of this database, oldest place first.

    Raises:
        AnchorUnreadable: a file is damaged.
    """
    found = [_read(place) for place in directory().glob("*.json")]
    return sorted(found, key=lambda anchor: (anchor.position, anchor.at))


def directory() -> Path:
    """Give the folder of this database's anchors."""
    return Path(settings.CHENGGUAN_ANCHORS) / str(connection.settings_dict["NAME"])


def _read(place: Path) -> Anchor:
    try:
        kept = json.loads(place.read_text())
        anchor = Anchor(int(kept["position"]), str(kept["digest"]), str(kept["at"]))
        bytes.fromhex(anchor.digest)
    except (ValueError, KeyError, TypeError) as error:
        raise AnchorUnreadable(
            f"锚点文件 {place.name} 已损坏：{error}。请用异地副本比对。"
        ) from error
    return anchor
