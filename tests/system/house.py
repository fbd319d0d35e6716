"""A whole installation of its own: a var directory, a durable embedded PostgreSQL, its processes.

Everything is done from outside, as an operator does it: through `chengguan …`, HTTP and signals.
What has to be looked at from inside is done by `inside.py` in a process of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil

INSIDE: Final = Path(__file__).with_name("inside.py")
ADDRESS: Final = re.compile(r"已启动：(http://127\.0\.0\.1:(\d+))/")
_WAIT = 90.0


def until(condition: Callable[[], bool], what: str, seconds: float = _WAIT) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    """Say whether a process has ended, collected or not."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def kill(*pids: int) -> None:
    """SIGKILL, whatever is left of them."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def port_is_free(port: int) -> bool:
    """Say whether nobody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@dataclass
class Served:
    """A running `chengguan serve`."""

    process: subprocess.Popen[bytes]
    log: Path
    address: str = ""
    port: int = 0
    seen: set[int] = field(default_factory=set)

    def web(self) -> int:
        """The process that leads the web workers."""
        return self._child("chengguan.config.wsgi:application")

    def web_workers(self) -> list[int]:
        """The processes that answer requests, oldest first."""
        with contextlib.suppress(psutil.NoSuchProcess):
            workers = psutil.Process(self.web()).children()
            return [w.pid for w in workers if "resource_tracker" not in " ".join(w.cmdline())]
        return []

    def worker(self) -> int:
        """The process for background work."""
        return self._child("worker", last=True)

    def family(self) -> list[int]:
        """The supervisor and all below it; whoever was seen once is remembered in `seen`."""
        with contextlib.suppress(psutil.NoSuchProcess):
            supervisor = psutil.Process(self.process.pid)
            found = [supervisor.pid, *(one.pid for one in supervisor.children(recursive=True))]
            self.seen.update(found)
            return found
        return []

    def commands(self) -> list[str]:
        """The command lines of its children."""
        found = []
        with contextlib.suppress(psutil.NoSuchProcess):
            for one in psutil.Process(self.process.pid).children():
                with contextlib.suppress(psutil.Error):
                    found.append(" ".join(one.cmdline()))
        return found

    def interrupt(self) -> None:
        """Press Ctrl-C: SIGINT to the whole foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def stop(self) -> None:
        """End it, by force where asking does not help."""
        self.family()
        if self.process.poll() is None:
            self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=40)
        kill(*self.seen)
        self.process.wait(timeout=10)

    def _child(self, word: str, *, last: bool = False) -> int:
        for one in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                line = one.cmdline()
                if line and (line[-1] == word if last else word in line):
                    return one.pid
        raise psutil.NoSuchProcess(0, name=word)


@dataclass
class House:
    """An installation below `var`."""

    var: Path

    @property
    def environment(self) -> dict[str, str]:
        """Ours without what the test session has set: durable, no test switches."""
        mine = ("CHENGGUAN_", "DJANGO_", "DATABASE_URL", "PYTEST_", "PROMETHEUS_", "PG")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(mine)}
        return kept | {"CHENGGUAN_VAR": str(self.var)}

    def run(self, *arguments: str, check: bool = True) -> str:
        """Run `chengguan …`; gives all it said."""
        return self._run([sys.executable, "-m", "chengguan.config", *arguments], check=check)

    def ask(self, what: str, *arguments: str) -> Any:
        """Run a word of `inside.py`; gives its JSON."""
        answer = self._run([sys.executable, str(INSIDE), what, *arguments], check=True)
        return json.loads(answer.strip().splitlines()[-1])

    def begin(self, what: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a word of `inside.py` and let it run."""
        return subprocess.Popen(
            [sys.executable, str(INSIDE), what, *arguments],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin_serving(self, port: int) -> Served:
        """Start `chengguan serve` and don't wait for it."""
        log = self.var / f"serve-{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", "chengguan.config", "serve", "--port", str(port)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return Served(process, log)

    def serve(self, port: int) -> Served:
        """Start `chengguan serve` and wait until it says that it is ready."""
        served = self.begin_serving(port)
        process, log = served.process, served.log

        def ready() -> bool:
            assert process.poll() is None, log.read_text(errors="replace")[-3000:]
            return ADDRESS.search(log.read_text(errors="replace")) is not None

        try:
            until(ready, "chengguan serve gets ready", 120)
        except BaseException:
            served.stop()
            raise
        found = ADDRESS.search(log.read_text(errors="replace"))
        assert found is not None
        served.address, served.port = found[1], int(found[2])
        served.family()
        return served

    def postmaster(self) -> int:
        """The pid of the embedded server, 0 when there is none."""
        try:
            return int((self.var / "pg" / "postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return 0

    def end_database(self) -> None:
        """End an embedded server that was left behind, so that no test leaves one."""
        pid = self.postmaster()
        if pid:
            kill(pid)

    def copy_to(self, target: Path) -> House:
        """Copy a stopped house."""
        assert self.postmaster() == 0, "the server still runs"
        subprocess.run(["cp", "-a", str(self.var), str(target)], check=True)
        return House(target)

    def _run(self, command: list[str], *, check: bool) -> str:
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout
