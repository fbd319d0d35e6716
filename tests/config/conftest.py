"""What the tests of the house share."""

import contextlib
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


@pytest.fixture(scope="session")
def fresh_cluster(open_directory: Path) -> Path:
    """A directory as `initdb` leaves it; a copy of it is a good deal quicker than another one."""
    with _installed(open_directory / "fresh") as made:
        postgres.ensure_running()
        postgres.release()
    return made


@pytest.fixture(scope="session")
def migrated_cluster(open_directory: Path, fresh_cluster: Path) -> Path:
    """A directory with all tables, made once for all modules that run the command."""
    made = open_directory / "migrated"
    _copy(fresh_cluster, made)
    with _installed(made):
        postgres.ensure_running()
        _chengguan("migrate")
        postgres.release()
    return made


@pytest.fixture
def copied(place: Path, fresh_cluster: Path) -> Path:
    """An embedded server of its own, set up already, not started yet."""
    _copy(fresh_cluster, place)
    return place


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
def run(
    home: Path, migrated_cluster: Path
) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Run `chengguan …` with a migrated server in `home`, held for the whole module."""
    _copy(migrated_cluster, home / "pg")
    with _installed(home / "pg"):
        postgres.ensure_running()
        yield _chengguan
        postgres.release()


@contextlib.contextmanager
def _installed(place: Path) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.delenv("DATABASE_URL", raising=False)
        monkeypatch.setenv("CHENGGUAN_PG_DIR", str(place))
        monkeypatch.setenv("CHENGGUAN_VAR", str(place.parent))
        yield place


def _copy(source: Path, target: Path) -> None:
    for old, new in (
        (source, target),
        (Path(f"{source}.password"), Path(f"{target}.password")),
    ):
        subprocess.run(["cp", "-a", str(old), str(new)], check=True)


def _chengguan(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chengguan.config", *arguments]
    done = subprocess.run(
        command, env=os.environ.copy(), capture_output=True, text=True, check=False
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done
