"""Signals that end a command, received where there is something to let go of.

Only the main thread may set handlers; elsewhere these do nothing, as signals don't arrive there.
"""

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def held_back(undo: Callable[[], object]) -> Iterator[None]:
    """Let the body finish whatever signal comes; then `undo()` and let the signal act.

    For a body that brings up what would be left behind if it were ended half-way.
    """
    caught: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        caught.append(number)

    with _handled(_ENDING, note):
        yield
        if caught:
            undo()
    if caught:
        signal.raise_signal(caught[0])


@contextlib.contextmanager
def as_exit() -> Iterator[None]:
    """Make SIGTERM and SIGHUP end the body as `SystemExit`, so that it is left in good order."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    unhandled = [n for n in _ENDING if signal.getsignal(n) == signal.SIG_DFL]
    with _handled(unhandled, leave):
        yield


@contextlib.contextmanager
def _handled(
    numbers: Sequence[signal.Signals],
    handler: Callable[[int, FrameType | None], object],
) -> Iterator[None]:
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
