"""The figures of cases: what stands, what flowed, and the shares leaders are judged by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db.models import Q

from .declared import declare
from .figure import CaseFigure, Median, Share

_OPEN: Final = Q(closed_at__isnull=True)
_CLOSED: Final = Q(state="closed")
#: Voices of the public, apart from what the city's own eyes see.
PUBLIC: Final = ("hotline", "public")
_JUDGED: Final = _CLOSED & Q(on_time__isnull=False, exempt=False)


def _always(condition: Q) -> Callable[[datetime], Q]:
    return lambda _at: condition


def _standing(
    code: str, title: str, how: str, about: Callable[[datetime], Q] | None = None
) -> CaseFigure:
    asked = about or _always(Q())
    return CaseFigure(code, title, how, lambda at: _OPEN & asked(at), open_only=True)


def _flow(code: str, title: str, how: str, when: str, about: Q | None = None) -> CaseFigure:
    return CaseFigure(code, title, how, _always(about or Q()), when)


STANDING: Final = (
    _standing("open", "在办", "还没有结案、也没有不予立案的案件。"),
    _standing("overdue", "超期在办", "在办案件中，当前阶段的时限已过的。", lambda at: Q(stage_due_at__lt=at)),
    _standing(
        "soon", "将到期", "在办案件中，当前阶段未超期、已过预警时刻的。",
        lambda at: Q(stage_due_at__gte=at, stage_warn_at__lt=at),
    ),
    _standing(
        "calm", "正常", "在办案件中，当前阶段还没有到预警时刻的。",
        lambda at: Q(stage_due_at__gte=at) & (Q(stage_warn_at__isnull=True) | Q(stage_warn_at__gte=at)),
    ),
    _standing("untimed", "未计时", "在办案件中，当前阶段不计时的（如挂账）。", _always(Q(stage_due_at__isnull=True))),
    _standing("suspended", "挂账", "在办案件中，已批准挂账、尚未恢复的。", _always(Q(suspended_until__isnull=False))),
    _standing("overseen", "督办", "在办案件中，正在督办的。", _always(Q(overseen=True))),
    _standing(
        "oversight_late", "督办逾期", "在办案件中，督办的答复期限已过、单位还没有答复的。",
        lambda at: Q(oversight_due_at__lt=at),
    ),
    _standing("important", "重点", "在办案件中，标为重点的。", _always(Q(important=True))),
)  # fmt: skip

FLOWS: Final = (
    _flow("reported", "上报", "这段时间里上报的案件。", "opened_at"),
    _flow("filed", "立案", "这段时间里立案的案件（退回后重新立案的，按最近一次）。", "filed_at"),
    _flow("dispatched", "派遣", "这段时间里派遣的案件（改派的，按最近一次）。", "dispatched_at"),
    _flow("handled", "处置", "这段时间里单位处置完成的案件（返工的，按最近一次）。", "handled_at"),
    _flow("closed", "结案", "这段时间里结案的案件，强制结案和并案随结的都在内。", "closed_at", _CLOSED),
    _flow("voided", "不予立案", "这段时间里决定不予立案的案件。", "closed_at", Q(state="voided")),
    _flow(
        "judged", "结案计考", "这段时间里结案、计入按期率的案件：免计超期和没有处置时限的不在内。",
        "closed_at", _JUDGED,
    ),
    _flow("on_time", "按期结案", "计入按期率的结案案件中，处置没有超期的。", "closed_at", _JUDGED & Q(on_time=True)),
    _flow("late", "超期结案", "计入按期率的结案案件中，处置超期的。", "closed_at", _JUDGED & Q(on_time=False)),
    _flow("at_once", "一次办结", "这段时间里结案、没有返工也没有重开过的案件。", "closed_at", _CLOSED & Q(reworks=0, reopened=0)),
    _flow("from_public", "群众上报立案", "这段时间里由热线或群众上报、已立案的案件。", "opened_at", Q(source__in=PUBLIC, filed_at__isnull=False)),
    _flow(
        "from_public_closed", "群众上报办结", "这段时间里由热线或群众上报、已立案的案件中，到现在已结案的。",
        "opened_at", Q(source__in=PUBLIC, filed_at__isnull=False) & _CLOSED,
    ),
)  # fmt: skip

DERIVED: Final = (
    Share("on_time_share", "按期率", "按期结案数除以结案计考数；样本就是结案计考数。", "on_time", "judged"),
    Share("at_once_share", "一次办结率", "结案案件中没有返工也没有重开过的所占比例。", "at_once", "closed"),
    Share(
        "public_share", "群众上报处置率",
        "这段时间里群众和热线上报、已立案的案件中，到现在已结案的比例；还在时限内的也在分母里。",
        "from_public_closed", "from_public",
    ),
    Median("closing_time", "办结历时", "这段时间里结案的案件从上报到结案历时的中位数（自然时间）。", "closed", "opened_at", "closed_at"),
)  # fmt: skip

declare(*STANDING, *FLOWS, *DERIVED)
