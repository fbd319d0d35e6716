"""The load as seen from outside: started, running, stopped, and what it said."""

from __future__ import annotations

import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..world import World
from .driving import Driven, put
from .hearing import Heard
from .ledger import Entry, entries
from .plan import Plan
from .roster import City, Orders, Person

_ROOT: Final = Path(__file__).resolve().parents[2]
_START_SECONDS: Final = 300.0
_END_SECONDS: Final = 120.0


class LoadError(RuntimeError):
    """The load could not start, or one of its processes died; the text has its last words."""


@dataclass(frozen=True)
class Crowd:
    """The people, the city, and what the clients need to act for them."""

    people: list[Person]
    city: City
    password: str
    photo: bytes


@dataclass(frozen=True)
class Outcome:
    """What both processes noted, and every write."""

    driven: Driven
    heard: Heard
    writes: list[Entry]


def gather(plan: Plan, world: World) -> Crowd:
    """Make the accounts of a plan in the database in use; once for a database."""
    from . import people

    found, password = people.settle(plan, world)
    return Crowd(found, people.city_of(world), password, people.photo(plan.seed))


def start(
    plan: Plan,
    crowd: Crowd,
    host: str,
    port: int,
    folder: Path,
    *,
    seconds: float | None = None,
    patience: float = 0.0,
) -> Load:
    """Sign everybody in, open the streams, and let them work. The stream's port is the next one.

    `folder` is made anew. `seconds` as the plan says by default (warm-up and minutes); 0: until
    `stop()`. `patience`: for how many seconds a request is sent again while the server is away; 0:
    no answer is an error. The servers must take 127.0.0.1 for a proxy (CHENGGUAN_PROXIES), or the
    sign-ins of a thousand people from one address will be slowed down.

    Raises:
        LoadError: a process died before the work began, or nobody could sign in.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    whole = plan.warm_seconds + plan.minutes * 60 if seconds is None else seconds
    orders = Orders(
        plan, crowd.city, crowd.people, crowd.password, host, port, whole, patience, crowd.photo
    )
    put(folder / "orders", orders)
    load = Load(plan, folder)
    try:
        load.begin()
    except BaseException:
        load.kill()
        raise
    return load


class Load:
    """A running load: its two processes and its folder."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self.folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def begin(self) -> None:
        """Start both processes and wait until the work begins."""
        self._spawn("driving")
        self._wait("driving", "signed", _START_SECONDS)
        self._spawn("hearing")
        self._wait("hearing", "listening", _START_SECONDS)
        put(self.folder / "go", True)

    @property
    def pids(self) -> dict[str, int]:
        """The process ids: `driving` (people) and `hearing` (listeners)."""
        return {name: process.pid for name, process in self._processes.items()}

    def is_working(self) -> bool:
        """Say whether the people still work; raises nothing."""
        process = self._processes.get("driving")
        return process is not None and process.poll() is None

    def ledger(self) -> Iterator[Entry]:
        """Give every write so far; safe while the load runs."""
        return entries(self.folder / "ledger.jsonl")

    def wait(self) -> None:
        """Wait until the plan's time is over, then stop the listeners.

        Raises:
            LoadError: a process died.
        """
        self._processes["driving"].wait()
        self.stop()

    def stop(self) -> None:
        """Let the people finish what is on its way, then stop the listeners.

        Raises:
            LoadError: a process died, or doesn't end within two minutes.
        """
        try:
            self._end("driving", "driven")
            # What was written last is still being told.
            time.sleep(1.0)
            self._end("hearing", "heard")
        finally:
            self.kill()

    def kill(self) -> None:
        """End both processes at once."""
        for process in self._processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()

    def outcome(self) -> Outcome:
        """Give what the processes noted; only after `wait()` or `stop()`."""
        return Outcome(
            self._taken("driven", Driven), self._taken("heard", Heard), list(self.ledger())
        )

    def _taken(self, name: str, kind: type[Any]) -> Any:
        found = pickle.loads((self.folder / name).read_bytes())
        assert isinstance(found, kind)
        return found

    def _spawn(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "bench.mixed.process", name, str(self.folder)],
                cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def _wait(self, name: str, file: str, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while not (self.folder / file).exists():
            if self._processes[name].poll() is not None:
                raise LoadError(f"{name} ended early: {self._last_words(name)}")
            if time.monotonic() > ends:
                raise LoadError(f"{name} was not ready within {seconds:.0f} s")
            time.sleep(0.05)

    def _end(self, name: str, file: str) -> None:
        process = self._processes[name]
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise LoadError(f"{name} does not end: {self._last_words(name)}") from error
        if not (self.folder / file).exists():
            raise LoadError(f"{name} died: {self._last_words(name)}")

    def _last_words(self, name: str) -> str:
        text = (self.folder / f"{name}.log").read_text(errors="replace")
        return text[-1500:]
