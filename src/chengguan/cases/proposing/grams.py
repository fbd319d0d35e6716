"""Words cut into pairs of characters: Chinese has no blanks, and a pair needs no dictionary."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Final

_CHINESE: Final = re.compile(r"[一-鿿]+|[a-z0-9]+")
_RUNS: Final = re.compile(r"[一-鿿a-z0-9]+")
_LONGEST: Final = 2_000


def plain(text: str) -> str:
    """Give the text in one width and case, its length kept to 2,000 characters."""
    return unicodedata.normalize("NFKC", text[:_LONGEST]).casefold()[:_LONGEST]


def said(text: str) -> list[str]:
    """Give the pairs of Chinese characters of a sentence, in order; digits and letters stay whole."""
    found: list[str] = []
    for run in _CHINESE.findall(plain(text)):
        if run[0] < "一":
            found.append(run)
        else:
            found += [run[at : at + 2] for at in range(len(run) - 1)]
    return found


def named(text: str) -> list[str]:
    """Give the pairs of a place's name, digits among them; blanks inside a name don't count."""
    found: list[str] = []
    for run in _RUNS.findall(plain(text).replace(" ", "")):
        found += [run[at : at + 2] for at in range(len(run) - 1)] or [run]
    return found


def shared_words(text: str, grams: Collection[str], most: int = 3) -> list[str]:
    """Give the longest stretches of `text` that these pairs cover, in the order they are said."""
    line = plain(text)
    spans: list[tuple[int, int]] = []
    for start, end in _marks(line, grams):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    longest: dict[str, int] = {}
    for start, end in spans:
        longest.setdefault(line[start:end], start)
    kept = sorted(longest, key=lambda word: (-len(word), longest[word]))[:most]
    return sorted(kept, key=lambda word: longest[word])


def _marks(line: str, grams: Collection[str]) -> Iterable[tuple[int, int]]:
    places = [(at, at + len(gram)) for gram in set(grams) for at in _all(line, gram)]
    return sorted(places)


def _all(line: str, gram: str) -> Iterable[int]:
    at = line.find(gram)
    while at >= 0:
        yield at
        at = line.find(gram, at + 1)
