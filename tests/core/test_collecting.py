"""What a batch leaves behind in its process."""

from __future__ import annotations

import ctypes
import gc
from pathlib import Path

import pytest

from chengguan.core.collecting import collector_paused, give_back


def test_what_was_freed_in_pieces_is_given_back() -> None:
    if not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.fail("not glibc: what gives memory back here?")
    # Too large for Python's own arenas, too small to be mapped each by itself.
    pieces = [bytes(4_000) for _ in range(20_000)]
    kept = pieces[::1_000]
    del pieces
    before = _resident()
    give_back()
    assert len(kept) == 20
    assert before - _resident() > 40_000_000


def test_the_collector_goes_on_after_a_batch_that_failed() -> None:
    with pytest.raises(ValueError, match="broken"), collector_paused(5_000):
        _break(gc.isenabled())
    assert gc.isenabled()


def test_a_few_rows_pause_nothing() -> None:
    with collector_paused(5):
        assert gc.isenabled()


def _break(is_enabled: bool) -> None:
    raise ValueError("not paused" if is_enabled else "broken")


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4_096
