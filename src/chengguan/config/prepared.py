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
_LIVED = "life"


def is_prepared(*, life: bool) -> bool:
    """Say whether `mark()` was called for exactly this state, and with `life` if that is asked for."""
    if not postgres.is_embedded() or not _MARK.exists():
        return False
    found, _, lived = _MARK.read_text().partition(" ")
    return found == _fingerprint() and (lived == _LIVED or not life)


def mark(*, life: bool) -> None:
    """Remember that the database in use is prepared, and whether with its made-up days."""
    if postgres.is_embedded():
        _MARK.write_text(f"{_fingerprint()} {_LIVED if life else ''}")


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
    found = [*package.glob("*/migrations/*.py"), *package.glob("config/demo/**/*.py")]
    found += [*package.glob("*/definitions/*"), *(ROOT / "data").rglob("*")]
    return sorted(path for path in found if path.is_file())
