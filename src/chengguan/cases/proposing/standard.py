"""How far words agree with the catalogue alone: names of matters, filing conditions, sayings.

This needs no past: a district that opens today is proposed to from its standards.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from math import log
from typing import Final

from chengguan.registry.domain import catalogue
from chengguan.registry.domain.catalogue import MatterRef
from chengguan.registry.enums import MatterKind
from chengguan.store.cache import revised

from . import grams

#: A pair in the matter's name counts so many times one in a condition.
_NAME: Final = 3.0
#: What one pair of a condition must be worth before it counts: a chance meeting is nothing.
_CHANCE: Final = 3.5
_SAYING: Final = 13.0
_LONGER: Final = 3.0
_SURE: Final = 9.0
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
    """What of the words a matter's standard shares; `sayings` are whole stretches of them."""

    name: list[str] = field(default_factory=list)
    condition: list[str] = field(default_factory=list)
    sayings: list[str] = field(default_factory=list)

    @property
    def shared(self) -> list[str]:
        """Give the shared pairs and sayings."""
        return [*self.name, *self.condition, *self.sayings]


@dataclass(frozen=True, slots=True)
class Standard:
    """The words of every matter in force, and for each pair the matters it stands in."""

    matters: tuple[MatterRef, ...]
    rarity: dict[str, float]
    names: tuple[frozenset[str], ...]
    conditions: tuple[frozenset[str], ...]
    by_gram: dict[str, tuple[int, ...]]
    sayings: tuple[tuple[str, int], ...]

    def agreeing(self, text: str, kind: str) -> dict[int, tuple[float, Agreed]]:
        """Give for each matter of a kind that shares words: its score 0–1, and which."""
        found: dict[int, Agreed] = {}
        for gram in dict.fromkeys(grams.said(text)):
            for at in self.by_gram.get(gram, ()):
                agreed = found.setdefault(at, Agreed())
                (agreed.name if gram in self.names[at] else agreed.condition).append(gram)
        line = grams.plain(text)
        for saying, at in self.sayings:
            if saying in line:
                found.setdefault(at, Agreed()).sayings.append(saying)
        return {
            at: (self._score(at, agreed), agreed)
            for at, agreed in found.items()
            if not kind or self.matters[at].kind == kind
        }

    def _score(self, at: int, agreed: Agreed) -> float:
        told = sum(self.rarity[gram] for gram in agreed.name)
        share = told / (sum(self.rarity[gram] for gram in self.names[at]) or 1.0)
        # "路灯" names the lamp, and only half names the cover of its shaft.
        named = _NAME * told * (0.3 + 0.7 * share)
        if self.matters[at].component_code:
            named *= share
        conditions = sum(self.rarity[gram] for gram in agreed.condition) - _CHANCE
        said = sum(_SAYING + _LONGER * (len(one) - 2) for one in agreed.sayings)
        whole = named + max(conditions, 0.0) + said
        # Sums have no end and a score has one.
        return whole / (whole + _SURE)


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
    called = {one.name: at for at, one in enumerate(matters)}
    return Standard(
        matters,
        {gram: log((1 + len(matters)) / times) for gram, times in seen.items()},
        names,
        conditions,
        {gram: tuple(listed) for gram, listed in by_gram.items()},
        tuple(
            (grams.plain(saying), called[name])
            for name, listed in _sayings().items()
            if name in called
            for saying in listed
        ),
    )


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


@cache
def _sayings() -> dict[str, list[str]]:
    text = (files("chengguan.cases") / "definitions" / "sayings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
