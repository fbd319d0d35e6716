"""Keep a few child processes alive, and end all of them together.

Each child leads its own process group, so that what it has started ends with it, and asks
the kernel to be ended when this process dies, even by SIGKILL. A child that dies is started
again; one that dies five times within a minute ends the whole run with its last words.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_GRACE_SECONDS = 25.0
_DEATHS = 5
_DEATHS_WITHIN = 60.0


class ChildFailedError(RuntimeError):
    """A child can't be kept alive; the text has its last words and the mend, in Chinese."""


@dataclass(frozen=True, slots=True)
class Child:
    """What to run: a short Chinese title, the command, and additions to the environment.

    One that `needs_database` can't start without: dead, it waits until the database is there.
    """

    title: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    needs_database: bool = False


class Family:
    """The children of one run. Their output goes to `log`, or where ours goes when it is None.

    `has_database` is asked at each look: it may bring the database back, too.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        log: Path | None = None,
        has_database: Callable[[], bool] = lambda: True,
    ) -> None:
        self._children = list(children)
        self._has_database = has_database
        self._log = log
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._deaths: dict[str, deque[float]] = {
            child.title: deque(maxlen=_DEATHS) for child in children
        }
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start every child."""
        for child in self._children:
            self._spawn(child)

    def pids(self) -> dict[str, int]:
        """Give the process ids by title."""
        return {title: process.pid for title, process in self._running.items()}

    def ask_to_stop(self) -> None:
        """Make `watch()` return; safe in a signal handler."""
        self._stopping.set()

    @property
    def is_asked_to_stop(self) -> bool:
        """Whether `ask_to_stop()` was called."""
        return self._stopping.is_set()

    def watch(self) -> None:
        """Restart who dies, until `ask_to_stop()`.

        Raises:
            ChildFailedError: one died five times within a minute.
        """
        while not self._stopping.wait(0.2):
            self.revive()

    def revive(self) -> None:
        """Look once at every child and restart the dead.

        Raises:
            ChildFailedError: one died five times within a minute.
        """
        has_database = self._has_database()
        for child in self._children:
            process = self._running[child.title]
            # Started without the database it would die again, and five times end the whole run.
            if process.poll() is None or (child.needs_database and not has_database):
                continue
            # Its own children (web workers) may have outlived it and hold the port.
            _signal_group(process, signal.SIGKILL)
            self._count_death(child, process.returncode)
            print(f"! {child.title} 意外退出（{process.returncode}），已重新启动", file=sys.stderr)
            self._spawn(child)

    def stop(self) -> None:
        """End all: politely first, by force after 25 s."""
        self._stopping.set()
        for process in self._running.values():
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_SECONDS
        for process in self._running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            _signal_group(process, signal.SIGKILL)
            process.wait()
        self._running.clear()

    def _spawn(self, child: Child) -> None:
        output = None
        if self._log is not None:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            output = self._log.open("ab")
        try:
            self._running[child.title] = subprocess.Popen(
                list(child.command),
                env=os.environ | child.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - this process has one thread
            )
        finally:
            if output is not None:
                output.close()

    def _count_death(self, child: Child, code: int) -> None:
        deaths = self._deaths[child.title]
        deaths.append(time.monotonic())
        if len(deaths) == _DEATHS and deaths[-1] - deaths[0] < _DEATHS_WITHIN:
            raise ChildFailedError(
                f"{child.title} 一分钟内退出 {_DEATHS} 次（退出码 {code}），已停止全部服务。"
                f"{self._last_words()}请先排除上述原因，或执行 chengguan doctor 检查。"
            )

    def _last_words(self) -> str:
        if self._log is None or not self._log.exists():
            return ""
        lines = self._log.read_text(errors="replace").splitlines()[-12:]
        return "最后的日志：\n" + "\n".join(lines) + "\n"


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(number)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
