"""How far words agree with the catalogue and the sayings: this needs no past.

Two things are added up: the sayings heard (`hearing`), and pairs of characters shared with the
matter's name and filing conditions. What comes out is made a chance by `chances`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from math import exp, log
from typing import Final

from chengguan.registry.domain import catalogue
from chengguan.registry.domain.catalogue import MatterRef
from chengguan.registry.enums import MatterKind
from chengguan.store.cache import revised

from . import grams
from .hearing import Ear, Heard
from .sayings import book

#: A pair in the matter's name counts so many times one in a condition.
_NAME: Final = 3.0
#: What one pair of a condition must be worth before it counts: a chance meeting is nothing.
_CHANCE: Final = 3.5
_SURE: Final = 9.0
#: How sharply one matter is told from the next, and what silence is worth beside them: fitted so that
#: of what is said with a chance of p, a share of p was right (ADR 0025).
_SHARPNESS: Final = 0.45
_SILENCE: Final = 0.9
#: Pairs that stand in every second standard say nothing of any.
_NOTHING: Final = frozenset(
    {"异常", "设施", "问题", "存在", "影响", "造成", "其他", "公共", "城市", "道路", "公里", "平方"}
    | {
        "工作",
        "管理",
        "单位",
        "没有",
        "路口",
        "小区",
        "时间",
        "进行",
        "路上",
        "在路",
        "上的",
        "子上",
    }
    | {
        "现象",
        "行为",
        "区域",
        "范围",
        "以上",
        "及时",
        "情况",
        "相关",
        "规定",
        "要求",
        "满意",
        "有人",
    }
)


@dataclass(slots=True)
class Agreed:
    """What of the words speaks for a matter: pairs in its name and conditions, and sayings heard."""

    name: list[str] = field(default_factory=list)
    condition: list[str] = field(default_factory=list)
    heard: Heard | None = None


@dataclass(frozen=True, slots=True)
class Standard:
    """The words of every matter in force, and for each pair the matters it stands in."""

    matters: tuple[MatterRef, ...]
    rarity: dict[str, float]
    names: tuple[frozenset[str], ...]
    conditions: tuple[frozenset[str], ...]
    by_gram: dict[str, tuple[int, ...]]
    ear: Ear

    def agreeing(self, text: str, kind: str) -> dict[int, tuple[float, Agreed]]:
        """Give for each matter of a kind that something speaks for: its chance 0–1, and what."""
        found: dict[int, Agreed] = {}
        for gram in dict.fromkeys(grams.said(self.ear.kept(text))):
            for at in self.by_gram.get(gram, ()):
                agreed = found.setdefault(at, Agreed())
                (agreed.name if gram in self.names[at] else agreed.condition).append(gram)
        for at, heard in self.ear.listen(text).items():
            found.setdefault(at, Agreed()).heard = heard
        wanted = {
            at: agreed for at, agreed in found.items() if not kind or self.matters[at].kind == kind
        }
        chances_of = chances({at: self._score(at, agreed) for at, agreed in wanted.items()})
        return {at: (chances_of[at], agreed) for at, agreed in wanted.items()}

    def _score(self, at: int, agreed: Agreed) -> float:
        told = sum(self.rarity[gram] for gram in agreed.name)
        share = told / (sum(self.rarity[gram] for gram in self.names[at]) or 1.0)
        # "路灯" names the lamp, and only half names the cover of its shaft.
        named = _NAME * told * (0.3 + 0.7 * share)
        if self.matters[at].component_code:
            named *= share
        conditions = sum(self.rarity[gram] for gram in agreed.condition) - _CHANCE
        whole = named + max(conditions, 0.0)
        heard = agreed.heard.worth if agreed.heard else 0.0
        # Sums have no end and a score has one.
        return heard + whole / (whole + _SURE)


def chances(scores: Mapping[int, float]) -> dict[int, float]:
    """Make scores chances that leave a share for none of them being meant."""
    raised = {at: exp(score / _SHARPNESS) for at, score in scores.items()}
    whole = exp(_SILENCE / _SHARPNESS) + sum(raised.values())
    return {at: share / whole for at, share in raised.items()}


@revised("catalogue")
def standard_on(day: date) -> Standard:
    """Give the words of the catalogue in force on a day."""
    matters = tuple(_told_apart(catalogue.matters(on=day), day))
    names = tuple(_pairs([one.name.removesuffix("异常")]) for one in matters)
    conditions = tuple(
        _pairs(rule.condition for rule in catalogue.rules_on(one.kind, one.code, day))
        for one in matters
    )
    seen = Counter(
        gram for name, condition in zip(names, conditions, strict=True) for gram in name | condition
    )
    by_gram: dict[str, list[int]] = {}
    for at, (name, condition) in enumerate(zip(names, conditions, strict=True)):
        for gram in name | condition:
            by_gram.setdefault(gram, []).append(at)
    return Standard(
        matters,
        {gram: log((1 + len(matters)) / times) for gram, times in seen.items()},
        names,
        conditions,
        {gram: tuple(listed) for gram, listed in by_gram.items()},
        _ear(tuple(one.name for one in matters)),
    )


@lru_cache(maxsize=2)
def _ear(names: tuple[str, ...]) -> Ear:
    # A new day or one new rule leaves the names as they were, and an ear takes a tenth of a second.
    return Ear(book(), names)


def _told_apart(matters: Iterable[MatterRef], day: date) -> list[MatterRef]:
    """Leave out the old standard's and, where a thing and its trouble are both classed, the thing."""
    every = list(matters)
    current = [one for one in every if one.standard != catalogue.LEGACY] or every
    troubles = {one.component_code for one in current if one.kind == MatterKind.MATTER}
    return [
        one
        for one in current
        if one.kind != MatterKind.COMPONENT
        or one.code not in troubles
        or bool(catalogue.rules_on(one.kind, one.code, day))
    ]


def _pairs(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(gram for text in texts for gram in grams.said(text)) - _NOTHING
