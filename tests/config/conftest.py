"""What the tests of the house share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chengguan.config import postgres


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An embedded server of its own, not started yet, stopped at the end."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    directory = tmp_path / "pg"
    monkeypatch.setenv("CHENGGUAN_PG_DIR", str(directory))
    yield directory
    while postgres.release():
        pass
