"""What the tests of the house share."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
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


@pytest.fixture(scope="module")
def home(open_directory: Path) -> Path:
    """The `var/` of an installation of its own."""
    return Path(tempfile.mkdtemp(dir=open_directory))


@pytest.fixture(scope="module")
def run(home: Path) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Run `chengguan …` with a migrated server in `home`, held for the whole module."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.delenv("DATABASE_URL", raising=False)
        monkeypatch.setenv("CHENGGUAN_PG_DIR", str(home / "pg"))
        monkeypatch.setenv("CHENGGUAN_VAR", str(home))
        postgres.ensure_running()

        def chengguan(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-m", "chengguan.config", *arguments]
            done = subprocess.run(
                command, env=os.environ.copy(), capture_output=True, text=True, check=False
            )
            assert not check or done.returncode == 0, done.stdout + done.stderr
            return done

        chengguan("migrate")
        yield chengguan
        postgres.release()
