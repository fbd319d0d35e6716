"""Pages found by their first and last row, so that page one thousand costs what page one does."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from chengguan.core.errors import Invalid

from .columns import field_of

COUNT_TO = 10_000


@dataclass(frozen=True)
class Slice:
    """Rows of one page, and the cursors of its neighbours (empty: there is none)."""

    rows: list[Any]
    after: str
    before: str


def cut(
    rows: models.QuerySet[Any], sort: str, size: int, *, after: str = "", before: str = ""
) -> Slice:
    """Return one page of `rows` by `sort` (a leading "-" turns it round), ties by primary key.

    One statement. Raises `Invalid` for a cursor that isn't ours.
    """
    name, down = sort.lstrip("-"), sort.startswith("-")
    back = bool(before) and not after
    cursor = after or before
    if cursor:
        rows = rows.filter(_beyond(rows.model, name, read_cursor(cursor), up=down == back))
    up = down == back
    order = (name, "pk") if up else (f"-{name}", "-pk")
    found = list(rows.order_by(*order)[: size + 1])
    more, found = len(found) > size, found[:size]
    if back:
        found.reverse()
    first = write_cursor(found[0], name) if found and (cursor and (more or not back)) else ""
    last = write_cursor(found[-1], name) if found and (more or back) else ""
    return Slice(found, after=last, before=first)


def count(rows: models.QuerySet[Any], to: int = COUNT_TO) -> tuple[int, bool]:
    """Return how many rows there are, counting no further than `to`; and whether that is all."""
    number = rows.order_by().values("pk")[: to + 1].count()
    return min(number, to), number <= to


def write_cursor(row: Any, name: str) -> str:
    """Return the place of a row in the order, as text for an address."""
    value = row
    for part in name.split("__"):
        value = getattr(value, part)
    text = json.dumps([str(value), str(row.pk)], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[str, str]:
    """Read a cursor; raises `Invalid` for one that isn't ours."""
    try:
        value, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        f"{value}{key}".encode()
    except (ValueError, binascii.Error, TypeError, RecursionError):
        raise _not_ours() from None
    if "\x00" in f"{value}{key}":
        raise _not_ours()
    return str(value), str(key)


def _beyond(model: type[models.Model], name: str, place: tuple[str, str], *, up: bool) -> Q:
    field = field_of(model, name)
    try:
        value = field.to_python(place[0]) if field is not None else place[0]
        key = model._meta.pk.to_python(place[1])
    except (ValidationError, ValueError):
        raise _not_ours() from None
    step = "gt" if up else "lt"
    return Q(**{f"{name}__{step}": value}) | Q(**{name: value, f"pk__{step}": key})


def _not_ours() -> Invalid:
    return Invalid("page.cursor", "翻页位置无效。", mend="请从第一页重新开始。", field="after")
