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
from .hearing import Ear
from .learned import window_days, wording
from .standard import Agreed, standard_on

MOST: Final = 3
#: Below this chance nothing is proposed: nonsense costs more than looking a matter up.
LEAST: Final = 0.1
#: The same where only pairs of characters are shared with the standard: they meet by chance.
_LEAST_UNHEARD: Final = 0.2
#: Below this chance a matter isn't shown beside a first that is sure, or that isn't.
_BESIDE_SURE: Final = 0.06
_BESIDE: Final = 0.02
#: From this chance on the first is taken as meant, until somebody chooses another.
SURE: Final = 0.6
#: Another matter as likely as this leaves the first in doubt.
_DOUBTED: Final = 0.5
#: So sure the past must be before it is told as a reason.
_LEAST_PAST: Final = 0.2
#: So many of the words heard are shown.
_SHOWN: Final = 4
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
    """A matter the words may mean; `score` its chance 0–1, `words` those of the caller it rests on."""

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
    #: More was heard than that a thing was named: what is wrong with it, too.
    told: bool = True
    #: Probably right, and no other matter named beside it: a page may choose it beforehand.
    sure: bool = False


@dataclass(slots=True)
class _Hint:
    matter: MatterRef
    standard: float = 0.0
    past: float = 0.0
    agreed: Agreed | None = None
    telling: Sequence[str] = ()

    @property
    def place(self) -> int:
        """Where in the text it is first spoken of."""
        heard = self.agreed.heard if self.agreed else None
        return heard.spans[0][0] if heard else 0

    @property
    def meant(self) -> bool:
        """Whether a saying or the past speaks for it, not only pairs shared with the standard."""
        return bool(self.agreed and self.agreed.heard) or self.past > 0

    @property
    def score(self) -> float:
        # Either reason alone is enough; both together are surer.
        return 1 - (1 - self.standard) * (1 - _PAST * self.past)


def matters(
    principal: Principal, text: str, kind: str, at: datetime, *, count: bool = True
) -> list[ProposedMatter]:
    """Give at most three matters, the likeliest first; two statements, none where nothing is likely."""
    proposed = _chosen(text, _hints(text, kind, at))
    if not count or not proposed:
        return proposed
    counts = _counts(principal, proposed, at)
    return [
        replace(one, counted=counted, reason=_with_counts(one.reason, counted))
        for one, counted in zip(proposed, counts, strict=True)
    ]


def _chosen(text: str, hints: list[_Hint]) -> list[ProposedMatter]:
    """Give those worth showing; the first is marked sure where a page may choose it."""
    ranked = sorted(hints, key=lambda one: (-one.score, one.matter.kind, one.matter.code))
    if not ranked or ranked[0].score < (LEAST if ranked[0].meant else _LEAST_UNHEARD):
        return []
    first, others = ranked[0], ranked[1:]
    # Where the standard says one thing and the past another, neither is likely enough.
    likely = first.score >= SURE and all(one.score < _DOUBTED for one in others)
    rivals = [one for one in others if _named_beside(one, first, text)] if likely else []
    # Of two that are named neither is chosen, and the one named first stands first.
    shown = sorted([first, *rivals], key=lambda one: one.place) if rivals else [first]
    least = _BESIDE_SURE if likely else _BESIDE
    shown += [one for one in others if one.score >= least and one not in rivals]
    proposed = [_proposed(text, one) for one in shown[:MOST]]
    sure = likely and proposed[0].told and not rivals
    return [replace(proposed[0], sure=sure), *proposed[1:]]


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
    kept = standard.ear.kept(text)
    shares = model.probabilities(kept) if model else None
    if model is None or shares is None:
        return list(hints.values())
    trusted = model.knows(kept)
    for row in (-shares).argsort()[: 3 * MOST]:
        key = model.matters[row]
        # A matter that is in force no more, or of another kind than asked for, is no proposal.
        known = catalogue.matter(*key, on=day)
        if known is None or (kind and key[0] != kind):
            continue
        hint = hints.setdefault(key, _Hint(known))
        hint.past = trusted * float(shares[row])
        hint.telling = model.telling(kept, int(row))
    return list(hints.values())


def _named_beside(other: _Hint, first: _Hint, text: str) -> bool:
    """Say whether another matter is called by its very name, apart from what the first rests on."""
    one = other.agreed.heard if other.agreed else None
    if one is None or not one.full or first.agreed is None or first.agreed.heard is None:
        return False
    thing = grams.plain(other.matter.name.removesuffix("异常"))
    return thing in Ear.kept(text) and one.apart_from(first.agreed.heard)


def _proposed(text: str, hint: _Hint) -> ProposedMatter:
    one = hint.matter
    agreed = hint.agreed or Agreed()
    # In what was blotted out nothing is shared; what is shown are the caller's own words.
    kept = Ear.kept(text)
    words = grams.shared_words(kept, agreed.name)
    conditions = grams.shared_words(kept, agreed.condition)
    past = grams.shared_words(kept, hint.telling[:3])
    heard = agreed.heard
    said = list(dict.fromkeys(kept[start:end] for start, end in heard.spans)) if heard else []
    reasons = []
    if heard and heard.full:
        verb = "合起来是" if len(said) > 1 else "是"
        reasons.append(f"{_quoted(said[:_SHOWN])}{verb}“{one.name}”的常见说法")
    elif heard and said:
        reasons.append(f"说到了{_quoted(said[:_SHOWN])}")
    if words:
        reasons.append(f"与“{one.name}”同有{_quoted(words)}")
    if conditions:
        reasons.append(f"立案条件中有{_quoted(conditions)}")
    if hint.past >= _LEAST_PAST and past:
        reasons.append(f"以往含{_quoted(past)}的案件多立为此项")
    return ProposedMatter(
        kind=str(one.kind),
        code=one.code,
        name=one.name,
        score=round(hint.score, 3),
        reason="；".join(reasons),
        major_name=one.major_name,
        words=tuple(dict.fromkeys([*said[:_SHOWN], *words, *conditions])) or tuple(past),
        basis="；".join(reasons),
        told=bool(conditions or (heard and heard.full)) or hint.past >= _LEAST_PAST,
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
    longer = [word for word in one.words if len(word) > 1]
    words = sorted(longer, key=lambda word: (word not in one.name, -min(len(word), 4)))
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
