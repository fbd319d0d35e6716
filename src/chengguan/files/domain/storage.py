"""Where bytes lie: originals and copies by the SHA-256 of the original, on the local disk.

An original is written under a temporary name, synced, renamed and its directory synced,
so that whoever got an answer finds the whole file after any crash.
"""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol

from django.conf import settings

from ..errors import StorageFull

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Storage(Protocol):
    """What a place for files must do. Keys are `ab/cd/<sha256>` or `derived/ab/cd/<sha256>.<kind>`."""

    def put(self, source: Path, key: str, *, durably: bool = True) -> None:
        """Move the file at `source`, made by `draft()`, to `key`; the caller syncs if not `durably`."""

    def open(self, key: str) -> IO[bytes]:
        """Open for reading; FileNotFoundError where there is none."""

    def size(self, key: str) -> int | None:
        """Give the size in bytes; None where there is none."""

    def originals(self) -> Iterator[str]:
        """Give the keys of all originals."""


class LocalStorage:
    """The local disk (or what is mounted there) below one directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, source: Path, key: str, *, durably: bool = True) -> None:
        target = self.root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        source.chmod(0o640)
        source.replace(target)
        if durably:
            for directory in (target.parent, target.parent.parent):
                _sync_directory(directory)

    def open(self, key: str) -> IO[bytes]:
        return (self.root / key).open("rb")

    def size(self, key: str) -> int | None:
        try:
            return (self.root / key).stat().st_size
        except FileNotFoundError:
            return None

    def originals(self) -> Iterator[str]:
        for path in sorted(self.root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*")):
            yield path.relative_to(self.root).as_posix()


def storage() -> LocalStorage:
    """Give the storage of this deployment: `settings.MEDIA_ROOT`."""
    return LocalStorage(Path(settings.MEDIA_ROOT))


def discard(key: str) -> bool:
    """Delete the file at `key`; says whether there was one."""
    try:
        (storage().root / key).unlink()
    except FileNotFoundError:
        return False
    return True


def original_key(sha256: str) -> str:
    """Give the key of an original."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def derived_key(sha256: str, kind: str) -> str:
    """Give the key of a copy made from an original."""
    return f"derived/{sha256[:2]}/{sha256[2:4]}/{sha256}.{kind}"


@contextmanager
def room() -> Iterator[None]:
    """Say in words that the disk is full, for whatever writes within.

    Raises:
        StorageFull: there is no room, or the quota is used up.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull from error
        raise


@contextmanager
def draft() -> Iterator[tuple[Path, IO[bytes]]]:
    """Open a new file on the same disk as the storage; it is gone afterwards unless moved.

    Raises:
        StorageFull: the disk has no room, for the file or for what is written within.
    """
    place = Path(settings.MEDIA_ROOT) / "tmp"
    with room():
        place.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place)
    try:
        with room(), os.fdopen(handle, "w+b") as file:
            yield Path(name), file
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)  # noqa: PTH108


def sync(file: IO[bytes]) -> None:
    """Return once the bytes written to `file` are on the disk."""
    file.flush()
    os.fsync(file.fileno())


def sweep_drafts(older_than_seconds: float = 86_400) -> int:
    """Delete what killed processes left under `tmp/`; give how many files."""
    limit = time.time() - older_than_seconds
    swept = 0
    for path in (Path(settings.MEDIA_ROOT) / "tmp").glob("*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < limit:
                path.unlink()
                swept += 1
    return swept


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
