"""Has this embedded database been prepared already by this very program and data?

Loading Django only to find nothing to do would cost a second start some seconds. The mark
names the data directory's identity, every migration and every file of demo data; it is not
used with a database of one's own, which others may change.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from chengguan.config import postgres
from chengguan.config.paths import ROOT, VAR

_MARK = VAR / "demo.prepared"


def is_prepared() -> bool:
    """Say whether `mark()` was called for exactly this state."""
    return postgres.is_embedded() and _MARK.exists() and _MARK.read_text() == _fingerprint()


def mark() -> None:
    """Remember that the database in use is prepared."""
    if postgres.is_embedded():
        _MARK.write_text(_fingerprint())


def _fingerprint() -> str:
    total = hashlib.sha256()
    born = (postgres.directory() / "PG_VERSION").stat()
    total.update(f"{postgres.directory()} {born.st_ino} {born.st_ctime_ns}".encode())
    for path in _inputs():
        known = path.stat()
        total.update(f"{path} {known.st_size} {known.st_mtime_ns}".encode())
    return total.hexdigest()


def _inputs() -> Iterable[Path]:
    package = Path(__file__).resolve().parents[1]
    found = [*package.glob("*/migrations/*.py"), *package.glob("config/demo/*.py")]
    found += [*package.glob("*/definitions/*"), *(ROOT / "data").rglob("*")]
    return sorted(path for path in found if path.is_file())
