"""What the index holds of a case: numbers that stand for pieces of its words and for its marks.

A word is cut into its characters two by two, since Chinese has no spaces to cut at; a number stands
for each pair, and for each character that is no ASCII. Two pieces may share a number: whatever the
index gives is read again by `CaseFilter`, so a number too many costs time and never a wrong row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from math import floor
from typing import Any, Final
from zlib import crc32

#: How many of the last digits of a case's number or a component's code can be asked for alone.
ENDINGS: Final = (4, 5)
LEAST_ENDING: Final = 4
#: Lengths of the prefixes of codes that stand in the index.
AREAS: Final = (6, 9, 12, 15)
MATTERS: Final = (2, 3, 5)
PEOPLE: Final = ("acceptor", "dispatcher", "handler", "collector", "reporter")
COUNTS: Final = ("urged", "returns", "reworks", "extensions", "reopened")
#: Beyond this a count of a case is as good as this.
MOST_COUNTED: Final = 5
#: Cells of a place, so many to a degree: some 200 m and 1 km wide.
CELLS: Final = (500, 100)
_MOST_CELLS: Final = 100
_MOST_KEPT: Final = 200_000
_ASCII: Final = re.compile(r"[\x00-\x7f]{3,}")
#: Seconds of the two spans of time a case is marked with: a week, and eight.
WEEK: Final = 7 * 86_400
_WEEKS: Final = 8
#: Of more spans the index isn't asked: ten years have 80.
_MOST_SPANS: Final = 200
#: Per cent of a limit, from which on a stage is marked as having used so much.
SHARES: Final = (50, 80, 100, 150, 200, 300)


@lru_cache(maxsize=200_000)
def token(kind: str, value: str) -> int:
    """Give the number (int4) of one piece or mark."""
    found = crc32(f"{kind}\x00{value}".encode())
    return found - 0x1_0000_0000 if found >= 0x8000_0000 else found


class _Numbers(dict[str, int]):
    """The numbers of one kind of piece: half the time of a call for each."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, value: str) -> int:
        if len(self) >= _MOST_KEPT:
            self.clear()
        found = self[value] = token(self._kind, value)
        return found


_SINGLE: Final = _Numbers("c")
_PAIR: Final = _Numbers("w")
_TRIPLE: Final = _Numbers("t")


def pieces(text: str) -> set[int]:
    """Give the numbers of all pieces of a text."""
    found: set[int] = set()
    for run in folded(text).split():
        found.update(map(_PAIR.__getitem__, map(str.__add__, run, run[1:])))
        if not run.isascii():
            found.update(map(_SINGLE.__getitem__, filter("\x7f".__lt__, run)))
        # Two digits stand in every tenth case.
        for some in _ASCII.findall(run):
            found.update(_TRIPLE[some[i : i + 3]] for i in range(len(some) - 2))
    return found


def asked_word(word: str) -> set[int]:
    """Give the numbers that a case with this word in its text or place must have; may be empty."""
    run = folded(word)
    if len(run) > 2 and run.isascii():
        return {token("t", run[i : i + 3]) for i in range(len(run) - 2)}
    if len(run) > 1:
        return {token("w", a + b) for a, b in pairwise(run)}
    return {token("c", run)} if run > "\x7f" else set()


def asked_ending(word: str) -> set[int]:
    """Give the number of the last digits that a case's number or component ends with; may be empty."""
    if len(word) < LEAST_ENDING or not is_digits(word):
        return set()
    return {token("end", word[-min(len(word), ENDINGS[-1]) :])}


def is_digits(word: str) -> bool:
    """Say whether a word is of ASCII digits alone."""
    return word.isascii() and word.isdigit()


def folded(text: str) -> str:
    """Give a text without the difference of large and small letters, character by character."""
    if text.isascii() or text.upper() == text:
        return text.upper()
    return "".join(upper if len(upper := one.upper()) == 1 else one for one in text)


def words_of(row: Mapping[str, Any]) -> set[int]:
    """Give the numbers of what a case says: text, place, endings of its number and component."""
    found = pieces(row["text"]) | pieces(row["address"])
    for code in (row["number"], row["component_code"]):
        found.update(token("end", code[-length:]) for length in ENDINGS if len(code) >= length)
    return found


def time_of(row: Mapping[str, Any]) -> set[int]:
    """Give the numbers of when a case was opened, and of its being open."""
    week = _week(row["opened_at"])
    found = {mark("week", week), mark("weeks", week // _WEEKS)}
    return found | {mark("half", "open")} if row["closed_at"] is None else found


def spans(first: datetime, last: datetime) -> list[int]:
    """Give the marks of the fewest spans that cover two instants and what lies between.

    Marks of neighbours in time are neighbours in the index, so that of a common word only what
    lies in the span is read. None where there are too many.
    """
    week, end = _week(first), _week(last) + 1
    found: list[int] = []
    while week < end and len(found) <= _MOST_SPANS:
        if week % _WEEKS == 0 and week + _WEEKS <= end:
            found.append(mark("weeks", week // _WEEKS))
            week += _WEEKS
        else:
            found.append(mark("week", week))
            week += 1
    return found if len(found) <= _MOST_SPANS else []


def _week(at: datetime) -> int:
    return int(at.timestamp() // WEEK)


def marks_of(row: Mapping[str, Any], late: int, share: int) -> set[int]:
    """Give the numbers of what a closed case carries; an open one changes with every step.

    `late` is how many of its stages were late, `share` the most that one used of its limit, in per cent.
    """
    found = {mark("state", row["state"]), mark("source", row["source"]), mark("kind", row["kind"])}
    found.update(mark("area", row["area_code"][:n]) for n in AREAS if len(row["area_code"]) >= n)
    matter = row["matter_code"]
    found.update(mark("matter", matter[:n]) for n in MATTERS if len(matter) >= n)
    found.update(
        mark(name, row[f"{name}_id"])
        for name in (*PEOPLE, "unit", "rule")
        if row[f"{name}_id"] is not None
    )
    if row["point"]:
        found.update(_cell(level, *row["point"]) for level in CELLS)
    if row["component_code"]:
        found.add(mark("component", row["component_code"]))
    for name in COUNTS:
        found.update(at_least(name, row[name]))
    found.update(at_least("late", late))
    found.update(mark("share", one) for one in SHARES if share >= one)
    found.update(mark("flag", name) for name, is_set in _FLAGS.items() if is_set(row))
    return found


def cells(bounds: tuple[float, float, float, float]) -> list[int]:
    """Give the marks of the cells that cover west, south, east, north; none where they are too many."""
    west, south, east, north = bounds
    for level in CELLS:
        (left, bottom), (right, top) = _place(level, west, south), _place(level, east, north)
        if (right - left + 1) * (top - bottom + 1) <= _MOST_CELLS:
            return [
                mark("cell", f"{level} {x} {y}")
                for x in range(left, right + 1)
                for y in range(bottom, top + 1)
            ]
    return []


def _cell(level: int, lon: float, lat: float) -> int:
    x, y = _place(level, lon, lat)
    return mark("cell", f"{level} {x} {y}")


def _place(level: int, lon: float, lat: float) -> tuple[int, int]:
    return floor(lon * level), floor(lat * level)


def at_least(name: str, count: int) -> Iterable[int]:
    """Give the marks of a count: one for each number it has reached."""
    return (mark(name, one) for one in range(1, min(count, MOST_COUNTED) + 1))


def mark(name: str, value: object) -> int:
    """Give the number of one mark."""
    return token(name, str(value))


_FLAGS: Final[Mapping[str, Any]] = {
    "overdue": lambda row: row["on_time"] is False,
    "overseen": lambda row: row["overseen"],
    "forced": lambda row: row["forced"],
    "self_handled": lambda row: row["self_handled"],
    "exempt": lambda row: row["exempt"],
    "appealed": lambda row: row["appealed"],
    "important": lambda row: row["important"],
    "duplicate": lambda row: row["main_case_id"] is not None,
    "repeated": lambda row: row["reports"] > 1,
    "urged": lambda row: row["urged"] > 0,
    "returned": lambda row: row["returns"] > 0,
    "reworked": lambda row: row["reworks"] > 0,
    "extended": lambda row: row["extensions"] > 0,
    "reopened": lambda row: row["reopened"] > 0,
    "suspended": lambda row: row["suspended_until"] is not None,
}
#: The flags of `filters.FLAGS` that stand in the index.
FLAGS: Final = frozenset(_FLAGS)
