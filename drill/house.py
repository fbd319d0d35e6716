"""The drilled installation: a directory of its own, `chengguan serve` in it, and its processes.

Everything is done as an operator does it: commands, signals and HTTP. Nothing here holds the
embedded database, so that it lives and dies with what `serve` starts. Only processes that are
descendants of ours, or lie in our own data directory, are ever ended, by their id.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg

from chengguan.config import cluster

ROOT: Final = Path(__file__).resolve().parents[1]
_FOREIGN: Final = ("CHENGGUAN_", "DJANGO_", "DATABASE_URL", "PYTEST_", "PROMETHEUS_", "PG")
_READY_SECONDS: Final = 90.0


class DrillError(RuntimeError):
    """The drill itself can't go on; nothing is said about the product."""


def until(condition: Callable[[], bool], what: str, seconds: float = _READY_SECONDS) -> float:
    """Wait for something to become true; gives how many seconds it took.

    Raises:
        DrillError: it did not within `seconds`.
    """
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise DrillError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.05)
    return time.monotonic() - begun


def gone(pid: int) -> bool:
    """Say whether a process has ended, collected or not."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def kill(*pids: int) -> None:
    """Send SIGKILL to each that is left."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@dataclass
class House:
    """An installation below `var`, served on `port` (the live stream on the one after it).

    `settings` are further variables of all its commands; `pg` and `files` are where database and
    originals lie, which may be file systems of their own.
    """

    var: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    process: subprocess.Popen[bytes] | None = None

    @property
    def pg(self) -> Path:
        """The data directory of the embedded server."""
        return Path(self.settings.get("CHENGGUAN_PG_DIR", str(self.var / "pg")))

    @property
    def files(self) -> Path:
        """The directory of the originals."""
        return Path(self.settings.get("CHENGGUAN_FILES", str(self.var / "files")))

    @property
    def log(self) -> Path:
        """Where all that is served writes."""
        return self.var / "serve.log"

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give our environment without what a test or another installation has set."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
        own = {
            "CHENGGUAN_VAR": str(self.var),
            "DJANGO_SETTINGS_MODULE": "chengguan.config.settings",
        }
        return kept | own | self.settings | dict(more or {})

    def run(
        self, *arguments: str, more: Mapping[str, str] | None = None, seconds: float = 120
    ) -> tuple[int, str]:
        """Run `chengguan …` with `more` in its environment; gives its exit code and all it said."""
        done = self.start_command("-m", "chengguan.config", *arguments, more=more)
        try:
            said, _ = done.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            done.kill()
            said, _ = done.communicate()
            return -1, said + "\n（超时）"
        return done.returncode, said

    def start_command(
        self, *arguments: str, more: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a Python command in this installation, its output in one pipe."""
        return subprocess.Popen(
            [sys.executable, *arguments],
            env=self.environment(more),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def serve(self, more: Mapping[str, str] | None = None, *, wait: bool = True) -> float:
        """Start `chengguan serve`; gives the seconds until `/readyz` says yes.

        Raises:
            DrillError: it ended, or was not ready within 90 s; with its last words.
        """
        command = ["-m", "chengguan.config", "serve", "--port", str(self.port)]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                env=self.environment(more),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self.wait_ready() if wait else 0.0

    def wait_ready(self) -> float:
        """Wait until pages, database and files are ready; gives the seconds."""

        def ready() -> bool:
            if self.process is None or self.process.poll() is not None:
                raise DrillError(f"serve has ended:\n{self.last_words()}")
            return self.readiness() == 200

        took = until(ready, f"serve gets ready:\n{self.last_words()}")
        self.family()
        return took

    def readiness(self) -> int:
        """Give the status of `/readyz`, 0 where nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    @property
    def address(self) -> str:
        """Where pages and API answer."""
        return f"http://127.0.0.1:{self.port}"

    def last_words(self) -> str:
        """Give the end of the log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])

    def family(self) -> list[int]:
        """Give the supervisor and all below it; whoever was seen once is remembered."""
        found: list[int] = []
        if self.process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                top = psutil.Process(self.process.pid)
                found = [top.pid, *(one.pid for one in top.children(recursive=True))]
        self.seen.update(found)
        return found

    def leader(self, word: str) -> int:
        """Give the child of `serve` whose command line holds `word`.

        Raises:
            DrillError: there is none.
        """
        if self.process is not None:
            for one in psutil.Process(self.process.pid).children():
                with contextlib.suppress(psutil.Error):
                    if word in one.cmdline():
                        return one.pid
        raise DrillError(f"no process {word} below serve")

    def below(self, leader: int) -> list[int]:
        """Give the processes that a granian leader has started to answer requests."""
        with contextlib.suppress(psutil.NoSuchProcess):
            found = psutil.Process(leader).children()
            return [one.pid for one in found if "resource_tracker" not in " ".join(one.cmdline())]
        return []

    def stop(self) -> None:
        """End what is served, politely first; then whoever was ever seen and is left."""
        self.family()
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=45)
        self.end_family()

    def end_family(self) -> None:
        """Do what systemd does with a unit whose main process is gone: wait, then end the rest."""
        left = [pid for pid in self.seen if not gone(pid)]
        with contextlib.suppress(DrillError):
            until(lambda: all(gone(pid) for pid in left), "the family ends", 20)
        kill(*(pid for pid in left if not gone(pid)))
        if self.process is not None:
            self.process.wait(timeout=20)
        self.seen.clear()

    def postmaster(self) -> int:
        """Give the pid of the embedded server, 0 when there is none."""
        try:
            pid = int((self.pg / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return 0
        return 0 if gone(pid) else pid

    def end_database(self) -> None:
        """End an embedded server that was left behind."""
        pid = self.postmaster()
        if pid:
            os.kill(pid, signal.SIGINT)
            until(lambda: gone(pid), "the left database ends", 30)

    @contextlib.contextmanager
    def database_alone(self) -> Iterator[None]:
        """Keep everybody else from starting the embedded server meanwhile (its own lock file)."""
        with self.pg.with_name(self.pg.name + ".lock").open("wb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def sql(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Ask the database behind everybody's back.

        Raises:
            psycopg.Error: it is away, or says no.
        """
        with psycopg.connect(**self.database(), autocommit=True) as line:  # type: ignore[arg-type]
            cursor = line.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def database(self) -> dict[str, str | int]:
        """Give how to reach the embedded server."""
        host, port = cluster.address(self.pg)
        return {
            "host": host,
            "port": port,
            "user": "chengguan",
            "password": cluster.password(self.pg),
            "dbname": "chengguan",
            "connect_timeout": 5,
        }
