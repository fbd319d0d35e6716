"""What a unit is told of its own work beyond the figures of every page."""

from __future__ import annotations

from typing import Final

from django.db.models import Q

from ..figures.domain.declared import declare
from ..figures.domain.figure import CaseFigure, Share

_CLOSED: Final = Q(state="closed")
_OPEN: Final = Q(closed_at__isnull=True)

OWN: Final = (
    CaseFigure(
        "at_unit", "在单位手里", "在办案件中，待处置、处置中和待部门确认的。",
        lambda _at: _OPEN & Q(stage="handle"), open_only=True,
    ),
    CaseFigure(
        "at_unit_late", "在单位手里超期", "在单位手里的案件中，处置时限已过的。",
        lambda at: _OPEN & Q(stage="handle", stage_due_at__lt=at), open_only=True,
    ),
    CaseFigure(
        "reworked", "有返工", "这段时间里结案的案件中，返工过的。",
        lambda _at: _CLOSED & Q(reworks__gt=0), "closed_at",
    ),
    CaseFigure(
        "extended", "有延期", "这段时间里结案的案件中，准过延期的。",
        lambda _at: _CLOSED & Q(extensions__gt=0), "closed_at",
    ),
    CaseFigure(
        "exempt", "免计超期", "这段时间里结案的案件中，申诉后免计超期的；超期的事实仍在案件页上。",
        lambda _at: _CLOSED & Q(exempt=True), "closed_at",
    ),
    Share(
        "rework_share", "返工率", "这段时间里结案的案件中，返工过的所占比例。", "reworked", "closed",
    ),
)  # fmt: skip

declare(*OWN)
