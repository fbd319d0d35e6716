"""Answers kept for seconds: what is kept long by somebody leaves room for the others."""

from __future__ import annotations

import pytest

from chengguan.store import brief
from chengguan.store.brief import Brief


def test_what_is_kept_long_does_not_keep_the_others_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brief, "_MOST", 3)
    kept: Brief[int] = Brief()
    for number in range(5):
        kept.get(("past", number), 300, lambda: 0)
    made = [kept.get("now", 60, lambda: 1), kept.get("now", 60, lambda: 2)]
    assert made == [1, 1]


def test_what_can_not_be_made_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brief, "_MOST", 3)
    kept: Brief[int] = Brief()

    def refused() -> int:
        raise ValueError

    for number in range(20):
        with pytest.raises(ValueError):
            kept.get(number, 60, refused)
    assert len(kept._making) <= 4
