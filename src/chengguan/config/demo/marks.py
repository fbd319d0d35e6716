"""How a made-up case says that it is one: in text, address, source number, raw report, pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from chengguan.cases.domain.intake import NewReport

CLIENT: Final = "yanshi-moni"
MARK: Final = "模拟"


def marked(new: NewReport, place: str) -> NewReport:
    """Give the report with its marks, said to be at `place`; its text carries one already."""
    assert MARK in new.text
    return replace(
        new,
        address=f"{place}（{MARK}）",
        source_ref=f"{MARK}-{new.key}",
        raw={"simulated": True, "note": f"{MARK}：演示用的虚构案件"},
    )
