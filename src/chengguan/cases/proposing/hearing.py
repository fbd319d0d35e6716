"""What a caller said, held against the sayings: for each matter which of its words were heard, how clearly.

A saying is worth more the fewer matters share its words and the nearer its parts stand. What was
said to be otherwise ("不是路灯，是红绿灯") is not heard.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Final, TypeVar

from . import grams
from .sayings import Book, Saying

#: So many characters apart two parts of a saying may stand.
_REACH: Final = 26
#: What comes so near a word may speak against it.
_NEAR: Final = 14
_BARE: Final = 0.5
_WEAK: Final = 0.45
_AGAINST: Final = 0.35
#: The longest texts ramble: of all stretches heard, so many count in full.
_FULL: Final = 4

_NOT_BUT: Final = re.compile(
    r"(?:不是|并非|不算|不像)([^，,。；;！？!?]{1,16}?)(?=[，,。 ]*(?:而是|就是|是|只是))"
)
_IS_FINE: Final = re.compile(
    r"[^，,。；;！？!?]{1,10}(?:倒是?好的|是好的|没坏|没问题|没有问题|好好的|没事|已经修好|修好了|正常了|已经清走|清理过了|解决了|处理好了|不用管)"
)
#: Who did it is not what it is about: "被大货车撞歪" says nothing of cars.
_DONE_BY: Final = re.compile(
    r"(?:被|让|遭|给|叫)[^，,。；;！？!?]{0,6}?(?:车子|卡车|货车|大车|车|风|雨|树|人|小孩)(?=撞|压|轧|碾|蹭|刮|挂|吹|砸|冲|踢|踩|掰|偷|拆|拔|砍|挖|搞|弄)"
)
#: 一路 in 环湖西一路 is a name.
_NUMBERED: Final = re.compile(
    r"[东南西北中第][一二三四五六七八九十]{1,2}(?:路|街|道|弄|巷|村|区|桥)"
)
_ENDS: Final = re.compile(r"[。！？!?\n]")

Span = tuple[int, int]
_T = TypeVar("_T")
_K = TypeVar("_K")


@dataclass(frozen=True, slots=True)
class Heard:
    """What speaks for one matter: its worth, and the stretches of the text it rests on, in order."""

    worth: float
    spans: tuple[Span, ...]
    #: A whole saying was heard, not only the name of a thing.
    full: bool

    def apart_from(self, other: Heard) -> bool:
        """Say whether these rest on no common word."""
        return all(_apart(one, span) for one in self.spans for span in other.spans)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One saying of the matter at place `at`: the numbers of its parts, and what it counts for."""

    at: int
    parts: tuple[int, ...]
    factor: float
    bare: bool

    @property
    def full(self) -> bool:
        return self.factor == 1.0


class Ear:
    """The sayings of the matters in force, made ready to be listened for; `names` by place."""

    def __init__(self, book: Book, names: Sequence[str]) -> None:
        self._spelt = {
            grams.plain(wrong): grams.plain(right) for wrong, right in book.spelt.items()
        }
        self._whole = book.whole
        self._against = [book.against.get(name, frozenset()) for name in names]
        self._things = frozenset(
            word for name in names for word in book.things.get(name, frozenset())
        )
        numbers: dict[frozenset[str], int] = {}
        self._rules = [
            _Rule(
                at,
                tuple(numbers.setdefault(part, len(numbers)) for part in saying.parts),
                _WEAK if saying.weak else _BARE if saying.bare else 1.0,
                saying.bare,
            )
            for at, name in enumerate(names)
            for saying in (*book.sayings.get(name, ()), *_of_the_name(name))
        ]
        self._parts_of = _turned((part, words) for words, part in numbers.items())
        self._rules_of = _turned((at, set(rule.parts)) for at, rule in enumerate(self._rules))
        self._worth = self._worths(len(names))
        self._by_start = _turned(
            (word, word[:1])
            for word in {*self._parts_of, *self._whole, *frozenset().union(*self._against)}
        )

    def _worths(self, matters: int) -> dict[str, float]:
        """Give what each word is worth: more the longer it is, and the fewer matters share it."""
        sharing = {
            word: len({self._rules[rule].at for part in parts for rule in self._rules_of[part]})
            for word, parts in self._parts_of.items()
        }
        return {
            word: (0.6 + 0.35 * min(len(word), 4)) * log((matters + 2) / count) / log(matters + 2)
            for word, count in sharing.items()
        }

    @staticmethod
    def kept(text: str) -> str:
        """Give the text as long as `grams.plain` makes it, with what is denied blotted out."""
        line = grams.plain(text)
        for denied in (_NOT_BUT, _IS_FINE, _DONE_BY, _NUMBERED):
            line = denied.sub(lambda found: "\0" * len(found[0]), line)
        return line

    def line(self, text: str) -> str:
        """Give the text as it is listened to: as `kept`, and usual misspellings righted."""
        line = self.kept(text)
        for wrong, right in self._spelt.items():
            if wrong in line:
                line = line.replace(wrong, right)
        return line

    def listen(self, text: str) -> dict[int, Heard]:
        """Give for each matter, by its place in `names`, what was heard of it."""
        line = self.line(text)
        words = self._words(line)
        hidden = self._hidden(words)
        heard: dict[int, list[Span]] = defaultdict(list)
        for word, places in words.items():
            for part in self._parts_of.get(word, ()) if places else ():
                heard[part] += places
        breaks = [mark.start() for mark in _ENDS.finditer(line)]
        found: dict[int, dict[Span, float]] = defaultdict(dict)
        full: set[int] = set()
        for number in {number for part in heard for number in self._rules_of[part]}:
            rule = self._rules[number]
            options = [heard.get(part, []) for part in rule.parts]
            if rule.bare:
                options = [[span for span in spans if span not in hidden] for spans in options]
            for spans in _near_each_other(options):
                worth = rule.factor * _closeness(spans, breaks)
                own = found[rule.at]
                for span in spans:
                    value = worth * self._worth[line[span[0] : span[1]]]
                    own[span] = max(value, own.get(span, 0.0))
                if rule.full:
                    full.add(rule.at)
        return {at: self._heard(at, line, spans, at in full, words) for at, spans in found.items()}

    def _words(self, line: str) -> Mapping[str, list[Span]]:
        found: dict[str, list[Span]] = defaultdict(list)
        for start, sign in enumerate(line):
            for word in self._by_start.get(sign, ()):
                if line.startswith(word, start):
                    found[word].append((start, start + len(word)))
        closed = [span for word in self._whole for span in found.get(word, ())]
        if not closed:
            return found
        return {
            word: [one for one in spans if not any(_inside(one, other) for other in closed)]
            for word, spans in found.items()
        }

    def _hidden(self, words: Mapping[str, list[Span]]) -> set[Span]:
        """Give the things that stand inside the longer name of another: a lamp in a lamp's cover."""
        named = [span for word, spans in words.items() if word in self._things for span in spans]
        return {one for one in named for other in named if _inside(one, other)}

    def _heard(
        self,
        at: int,
        line: str,
        spans: Mapping[Span, float],
        full: bool,
        words: Mapping[str, list[Span]],
    ) -> Heard:
        kept: list[tuple[float, Span]] = []
        counted: set[str] = set()
        for span, value in sorted(spans.items(), key=lambda one: (-one[1], one[0])):
            word = line[span[0] : span[1]]
            # Said twice it isn't meant more.
            if word not in counted and all(_apart(span, other) for _, other in kept):
                kept.append((value, span))
                counted.add(word)
        worth = sum(
            value if place < _FULL else value * 0.25 for place, (value, _) in enumerate(kept)
        )
        if any(
            _distance(span, other) <= _NEAR
            for word in self._against[at]
            for other in words.get(word, ())
            for _, span in kept
        ):
            worth *= _AGAINST
        return Heard(worth, tuple(sorted(span for _, span in kept)), full)


def _turned(pairs: Iterable[tuple[_T, Iterable[_K]]]) -> dict[_K, list[_T]]:
    found: dict[_K, list[_T]] = {}
    for one, keys in pairs:
        for key in keys:
            found.setdefault(key, []).append(one)
    return found


def _of_the_name(name: str) -> Iterable[Saying]:
    """Give what a matter's own name says: all of it the matter, without 异常 only the thing."""
    yield Saying((frozenset({grams.plain(name)}),))
    thing = name.removesuffix("异常")
    if thing != name:
        yield Saying((frozenset({grams.plain(thing)}),), bare=True)


def _near_each_other(options: Sequence[Sequence[Span]]) -> Iterable[tuple[Span, ...]]:
    """Give the ways in which the parts stand near each other and not upon each other."""
    if not all(options):
        return
    for first in options[0]:
        spans = [first]
        for other in options[1:]:
            free = [one for one in other if all(_apart(one, span) for span in spans)]
            if not free:
                break
            nearest = min(free, key=lambda one: (_distance(first, one), one[0] - one[1]))
            if _distance(first, nearest) > _REACH:
                break
            spans.append(nearest)
        else:
            yield tuple(spans)


def _apart(one: Span, other: Span) -> bool:
    return one[1] <= other[0] or other[1] <= one[0]


def _inside(one: Span, other: Span) -> bool:
    return other[0] <= one[0] and one[1] <= other[1] and other != one


def _distance(one: Span, other: Span) -> int:
    return max(other[0] - one[1], one[0] - other[1], 0)


def _closeness(spans: Sequence[Span], breaks: Sequence[int]) -> float:
    start, end = min(spans)[0], max(span[1] for span in spans)
    between = end - start - sum(span[1] - span[0] for span in spans)
    broken = any(start <= at < end for at in breaks)
    return (0.8 if broken else 1.0) / (1 + between / 40)
