"""What the tests of the house share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chengguan.config import postgres


@pytest.fixture(scope="session")
def open_directory() -> Iterator[Path]:
    """A directory that PostgreSQL's user can reach too when the tests run as root.

    Not pytest's own: every other session that starts closes that one again.
    """
    with tempfile.TemporaryDirectory(prefix="cg-") as name:
        yield Path(name)


@pytest.fixture
def place(open_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An embedded server of its own, not started yet, stopped at the end."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    directory = Path(tempfile.mkdtemp(dir=open_directory)) / "pg"
    monkeypatch.setenv("CHENGGUAN_PG_DIR", str(directory))
    yield directory
    postgres.release()
