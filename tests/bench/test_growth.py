"""Cost against size: the figures made of it, and the picture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench import growth  # noqa: E402

_NAMES = ("report", "verb", "list", "detail", "number", "search", "vain", "locate")


def _grown(*sizes: int) -> dict[str, Any]:
    return {
        str(size): {
            name: {"p50_ms": place + size / 1_000, "cpu_ms": {"web": 1.0, "postgres": 0.5}}
            for place, name in enumerate(_NAMES, 1)
        }
        for size in sizes
    }


def test_a_figure_tells_the_largest_size_and_how_much_dearer_it_is() -> None:
    found = growth.figures_of({int(k): v for k, v in _grown(1_000, 9_000).items()})
    first = found[0]
    assert [one.name for one in found] == [f"grow_{name}" for name in _NAMES]
    assert (first.value, first.bound_by) == (10.0, "×5.00 of 1,000 cases")
    assert list(first.details) == ["1,000", "9,000"]


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    place = tmp_path / "grow.png"
    growth.draw(_grown(10, 100, 1_000), place)
    assert place.read_bytes()[:4] == b"\x89PNG"
    assert place.stat().st_size > 20_000
