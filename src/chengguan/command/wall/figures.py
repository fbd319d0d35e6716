"""The wall's own figure: who is on duty, counted from the roster, with no name behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability

from ..figures.domain.declared import declare
from ..figures.domain.figure import Line, ListFigure
from ..figures.domain.windows import Window
from ..roster.queries import on_duty


def _on_duty(principal: Principal, window: Window, at: datetime) -> Sequence[Any]:
    return [
        one
        for one in on_duty(at)
        if any(
            principal.can(wanted, area_code=one.area_code or "")
            for wanted in (Capability.WALL, Capability.SEE_PEOPLE)
        )
    ]


def _lines(rows: Sequence[Any]) -> list[Line]:
    return [
        Line(f"{one.post_name}（{one.shift_name}）", one.area_name, "", one.starts_at)
        for one in rows
    ]


declare(
    ListFigure(
        "on_duty", "在岗", "值班表上此刻当班的人次；不看签到和定位。", _on_duty, _lines,
        needs=(Capability.WALL, Capability.SEE_PEOPLE), unit="人",
    )
)  # fmt: skip
