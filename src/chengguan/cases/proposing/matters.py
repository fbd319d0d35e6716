"""Which matter the words mean: what the standard says, and what was filed for such words before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.catalogue import MatterRef

from ..filters import CLOSED, OPEN, CaseFilter
from ..queries import cases_visible_to
from . import grams
from .learned import window_days, wording
from .standard import Agreed, standard_on

MOST: Final = 5
#: Below this nothing is proposed: nonsense costs more than looking a matter up.
LEAST: Final = 0.2
_COUNTED: Final = 3
#: How much less than the standard an unwritten habit is believed.
_PAST: Final = 0.95


@dataclass(frozen=True, slots=True)
class Counted:
    """How often a word meant this matter: of `total` cases seen with `word` since `since`, `same`."""

    word: str
    since: datetime
    days: int
    total: int
    same: int

    def wanted(self, kind: str = "", code: str = "") -> CaseFilter:
        """Give the filter whose rows these are; with a matter the `same`, without the `total`."""
        return CaseFilter(words=self.word, opened_from=self.since, kind=kind, matter=code)


@dataclass(frozen=True, slots=True)
class ProposedMatter:
    """A matter the words may mean; `score` 0–1, `words` are those of the caller it rests on."""

    kind: str
    code: str
    name: str
    score: float
    reason: str
    major_name: str = ""
    words: tuple[str, ...] = ()
    counted: Counted | None = None
    #: The reason without the numbers, for pages that make links of them.
    basis: str = ""


@dataclass(slots=True)
class _Hint:
    matter: MatterRef
    standard: float = 0.0
    past: float = 0.0
    agreed: Agreed | None = None
    telling: Sequence[str] = ()

    @property
    def score(self) -> float:
        # Either reason alone is enough; both together are surer.
        return 1 - (1 - self.standard) * (1 - _PAST * self.past)


def matters(
    principal: Principal, text: str, kind: str, at: datetime, *, count: bool = True
) -> list[ProposedMatter]:
    """Give at most five matters, the likeliest first; two statements, none where nothing is likely."""
    hints = _hints(text, kind, at)
    chosen = sorted(hints, key=lambda one: (-one.score, one.matter.kind, one.matter.code))
    chosen = [one for one in chosen[:MOST] if one.score >= LEAST]
    proposed = [_proposed(text, one) for one in chosen]
    if not count or not proposed:
        return proposed
    counts = _counts(principal, proposed[:_COUNTED], at)
    told = [
        replace(one, counted=counted, reason=_with_counts(one.reason, counted))
        for one, counted in zip(proposed, counts, strict=False)
    ]
    return [*told, *proposed[_COUNTED:]]


def _hints(text: str, kind: str, at: datetime) -> list[_Hint]:
    day = timezone.localtime(at).date()
    standard = standard_on(day)
    hints = {
        (str(one.kind), one.code): _Hint(one, score, 0.0, agreed)
        for one, score, agreed in (
            (standard.matters[place], score, agreed)
            for place, (score, agreed) in standard.agreeing(text, kind).items()
        )
    }
    model = wording()
    shares = model.probabilities(text) if model else None
    if model is None or shares is None:
        return list(hints.values())
    for row in (-shares).argsort()[: 2 * MOST]:
        key = model.matters[row]
        # A matter that is in force no more, or of another kind than asked for, is no proposal.
        known = catalogue.matter(*key, on=day)
        if known is None or (kind and key[0] != kind):
            continue
        hint = hints.setdefault(key, _Hint(known))
        hint.past = float(shares[row])
        hint.telling = model.telling(text, int(row))
    return list(hints.values())


def _proposed(text: str, hint: _Hint) -> ProposedMatter:
    one = hint.matter
    agreed = hint.agreed or Agreed()
    words = grams.shared_words(text, agreed.name)
    conditions = grams.shared_words(text, agreed.condition)
    past = grams.shared_words(text, hint.telling[:3])
    reasons = []
    if words:
        reasons.append(f"与“{one.name}”同有{_quoted(words)}")
    if conditions:
        reasons.append(f"立案条件中有{_quoted(conditions)}")
    if agreed.sayings:
        reasons.append(f"{_quoted(agreed.sayings[:2])}是“{one.name}”的常见说法")
    if hint.past >= LEAST and past:
        reasons.append(f"以往含{_quoted(past)}的案件多立为此项")
    return ProposedMatter(
        kind=str(one.kind),
        code=one.code,
        name=one.name,
        score=round(hint.score, 3),
        reason="；".join(reasons),
        major_name=one.major_name,
        words=tuple(dict.fromkeys([*agreed.sayings[:2], *words, *conditions])) or tuple(past),
        basis="；".join(reasons),
    )


def _counts(
    principal: Principal, proposed: Sequence[ProposedMatter], at: datetime
) -> list[Counted | None]:
    days = window_days()
    # A whole local day, so that the list a number leads to asks for the very same.
    since = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    since -= timedelta(days=days)
    asked: dict[str, Count] = {}
    words = [_countable(one) for one in proposed]
    for place, (one, word) in enumerate(zip(proposed, words, strict=True)):
        if word:
            about = CaseFilter(words=word).q(at)
            own = Q(kind=one.kind) & CaseFilter(matter=one.code).q(at)
            asked[f"total_{place}"] = Count("id", filter=about)
            asked[f"same_{place}"] = Count("id", filter=about & own)
    if not asked:
        return [None] * len(proposed)
    visible = cases_visible_to(principal).filter(opened_at__gte=since)
    # Half by half: each has an index in order of time, which all cases together lack.
    halves = [visible.filter(half).aggregate(**asked) for half in (OPEN, CLOSED)]
    found = {name: sum(half[name] for half in halves) for name in asked}
    return [
        Counted(word, since, days, found[f"total_{place}"], found[f"same_{place}"])
        if word
        else None
        for place, word in enumerate(words)
    ]


def _countable(one: ProposedMatter) -> str:
    """Give the word to count by: short enough to be met again, one that tells something."""
    words = sorted(one.words, key=lambda word: (word not in one.name, -min(len(word), 4)))
    return words[0][:4] if words else ""


def _with_counts(reason: str, counted: Counted | None) -> str:
    if counted is None or not counted.total:
        return reason
    said = (
        f"近 {counted.days} 天您可见的案件中 {counted.total} 件含“{counted.word}”，"
        f"其中 {counted.same} 件为此项"
    )
    return f"{reason}；{said}"


def _quoted(words: Sequence[str]) -> str:
    return "、".join(f"“{word}”" for word in words)
