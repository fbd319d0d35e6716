"""The scores a query may ask for, until supervision gives posts and units theirs.

A case's score is what its own steps have counted: how often it was urged, sent back, done again,
extended, reopened, reported; how many of its stages were late; the most that one stage used of its limit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, IntegerField, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from chengguan.core.errors import Invalid

from .models import Fact

#: Name → title; all but the last two are columns of a case.
SCORES: Final[dict[str, str]] = {
    "urged": "催办次数",
    "returns": "回退次数",
    "reworks": "返工次数",
    "extensions": "延期次数",
    "reopened": "重开次数",
    "reports": "上报次数",
    "late": "超期环节数",
    "share": "用时占时限（%）",
}
MOST: Final = 9_999
_TEXT: Final = re.compile(r"[a-z]{1,12}:(?:([0-9]{1,4})|([0-9]{1,4})?-([0-9]{1,4})?)")


@dataclass(frozen=True, slots=True)
class Score:
    """A score from `least` to `most`, both included; None is no bound."""

    name: str
    least: int | None = None
    most: int | None = None

    def q(self) -> Q:
        """Give the condition."""
        found = Q()
        value: Any = F(self.name) if self.name in _COLUMNS else _of_facts(self.name)
        if self.least is not None:
            found &= Q(GreaterThanOrEqual(value, Value(self.least)))
        if self.most is not None:
            found &= Q(LessThanOrEqual(value, Value(self.most)))
        return found

    def __str__(self) -> str:
        most = "" if self.most is None else str(self.most)
        return f"{self.name}:{'' if self.least is None else self.least}-{most}"


def score_of(text: str) -> Score:
    """Read `returns:2` (exactly), `returns:2-` (at least), `returns:-2` (at most) or `returns:1-3`.

    Raises:
        Invalid: no such score, or no such bounds.
    """
    found = _TEXT.fullmatch(text.strip())
    name = text.partition(":")[0]
    if name not in SCORES:
        raise Invalid(
            "cases.filter.score",
            f"没有计分项“{name[:20]}”。",
            mend=f"可用：{'、'.join(SCORES)}。",
            field="score",
        )
    exact, least, most = found.groups() if found else (None, None, None)
    low, high = (int(one) if one else None for one in (exact or least, exact or most))
    if (low is None and high is None) or (low or 0) > (MOST if high is None else high):
        raise Invalid(
            "cases.filter.score",
            f"计分条件“{text[:40]}”写得不对。",
            mend="应为 名称:下限-上限，如 returns:2- 表示回退至少 2 次，share:80-100 表示用时占时限八成到十成。",
            field="score",
        )
    return Score(name, low, high)


def q_of(scores: Sequence[Score]) -> Q:
    """Give the condition of several scores, all of which must hold."""
    whole = Q()
    for one in scores:
        whole &= one.q()
    return whole


_COLUMNS: Final = frozenset(SCORES) - {"late", "share"}


def _of_facts(name: str) -> Any:
    own = Fact.objects.filter(case_id=OuterRef("pk")).order_by().values("case_id")
    if name == "late":
        counted = own.filter(overdue=1, exempt=0).annotate(n=Count("id")).values("n")
    else:
        share = F("used") * 100 / F("limit")
        counted = own.filter(limit__gt=0).annotate(n=Max(share)).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))
