"""What the index is asked for a filter: never more than the filter itself asks, so nothing is lost.

Each part of an answer must be a superset of the cases that the filter wants: they are read again by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chengguan.registry.domain.duty_index import units

from ..conditions import wanted as positive
from ..filters import CLOSED, PARTS, CaseFilter
from . import tokens
from .tokens import mark

#: With more organisations than this below one the index would be asked too much.
_MOST_UNITS: Final = 400

#: Digits of a number down to its day.
_DAY: Final = 14

Sets = list[set[int]]
#: Stands in the entry of an open case.
IS_OPEN: Final[Sets] = [{mark("half", "open")}]


@dataclass(slots=True)
class Asked:
    """One list of alternatives for each thing asked; a case must have all numbers of one of them."""

    each: list[Sets] = field(default_factory=list)

    def sql(self) -> tuple[str, list[list[int]]]:
        """Give the condition on `cases_searchentry s`, and its values."""
        every: set[int] = set()
        parts, values = [], []
        for sets in self.each:
            if len(sets) == 1:
                every |= sets[0]
            elif all(len(one) == 1 for one in sets):
                parts.append("s.tokens && %s::int4[]")
                values.append(sorted(set().union(*sets)))
            else:
                parts.append("(" + " OR ".join("s.tokens @> %s::int4[]" for _ in sets) + ")")
                values += [sorted(one) for one in sets]
        if every:
            parts.insert(0, "s.tokens @> %s::int4[]")
            values.insert(0, sorted(every))
        return " AND ".join(parts), values

    def __bool__(self) -> bool:
        return bool(self.each)


def words(asked: CaseFilter) -> Asked:
    """Give what stands in the entry of any case, open or closed."""
    found = Asked()
    for word in asked.words.split():
        if len(word) > 1 and word.startswith("-"):
            continue
        inside, ending = tokens.asked_word(word), tokens.asked_ending(word)
        if inside:
            found.each.append([inside, ending] if ending else [inside])
    return found


def marks(asked: CaseFilter) -> Asked:
    """Give what stands in the entry of a closed case beside its words."""
    found = Asked()
    for values in _alternatives(asked):
        sets = [{one} for one in dict.fromkeys(values)]
        if sets:
            found.each.append(sets)
    for flag in positive(asked.flags):
        if flag in tokens.FLAGS:
            found.each.append([{mark("flag", flag)}])
    for score in asked.scores:
        reached = _reached(score.name, score.least or 0)
        if reached is not None:
            found.each.append([{reached}])
    return found


def times(first: datetime, last: datetime) -> list[Sets]:
    """Give what stands in the entry of any case opened between two instants; nothing: too long to say."""
    spans = tokens.spans(min(first, last), max(first, last))
    return [[{one} for one in spans]] if spans else []


def needs_index(asked: CaseFilter) -> bool:
    """Say whether something is asked that no index in order of time or deadline carries.

    Open cases are few: of them only words are worth the index.
    """
    if len(asked.number) >= _DAY:
        # The numbers of one day have an index, and are few.
        return False
    if asked.words:
        return True
    return CLOSED in asked.halves() and bool(
        asked.component
        or asked.people
        or asked.handler is not None
        or asked.rule is not None
        or asked.rules
        or asked.place
        or asked.scores
        or asked.flags
    )


def _alternatives(asked: CaseFilter) -> Iterable[Sequence[int]]:
    yield [mark("kind", asked.kind)] if asked.kind else []
    yield [mark("source", one) for one in positive(asked.source)]
    yield [mark("state", one) for one in positive(asked.states)]
    yield [mark("rule", one) for one in (asked.rule,) if one is not None]
    yield [mark("rule", one) for one in asked.rules]
    yield [mark("handler", one) for one in (asked.handler,) if one is not None]
    yield [mark("reporter", one) for one in (asked.reporter,) if one is not None]
    yield [mark("component", one) for one in (asked.component.strip(),) if len(one) >= 16]
    for codes in ((asked.area,), positive(asked.areas)):
        yield _under("area", codes, tokens.AREAS)
    for codes in ((asked.matter,), positive(asked.matters)):
        yield _under("matter", codes, tokens.MATTERS)
    yield tokens.cells(asked.place.bounds()) if asked.place else []
    yield _unit_marks([asked.unit] if asked.unit is not None else [])
    yield _unit_marks([one for one in asked.units if one >= 0])
    for person in asked.people:
        parts = [person.part] if person.part else list(filter(None, PARTS))
        yield [mark(part, one) for part in parts for one in person.ids]


def _under(kind: str, codes: Iterable[str], lengths: Sequence[int]) -> list[int]:
    """Give the mark of the longest known beginning of each code; none where one has no mark at all."""
    found = []
    for code in filter(None, codes):
        known = [length for length in lengths if length <= len(code)]
        if not known:
            return []
        found.append(mark(kind, code[: known[-1]]))
    return found


def _unit_marks(unit_ids: Sequence[int]) -> list[int]:
    known = units()
    paths = tuple(known[one].path for one in unit_ids if one in known)
    if not paths:
        return []
    below = [mark("unit", one.id) for one in known.values() if one.path.startswith(paths)]
    return below if len(below) <= _MOST_UNITS else []


def _reached(name: str, least: int) -> int | None:
    if name == "share":
        steps = [one for one in tokens.SHARES if one <= least]
        return mark("share", steps[-1]) if steps else None
    if name == "reports":
        return mark("flag", "repeated") if least > 1 else None
    return mark(name, min(least, tokens.MOST_COUNTED)) if least > 0 else None
