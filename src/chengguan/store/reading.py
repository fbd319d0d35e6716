"""Rows of a model read by statements made once, which the ORM builds anew each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, models

from .prepared import fetch_all

M = TypeVar("M", bound=models.Model)


class _Plan(NamedTuple):
    query: str
    names: tuple[str, ...]
    read: tuple[tuple[int, Callable[[Any], Any]], ...]


def first(model: type[M], column: str, value: Any) -> M | None:
    """Give the row whose `column` (unique, or any of several) is `value`, whole, or None."""
    plan = _plan(model, column)
    rows = fetch_all(plan.query, [value])
    if not rows:
        return None
    values = list(rows[0])
    for index, read in plan.read:
        if values[index] is not None:
            values[index] = read(values[index])
    return model.from_db(DEFAULT_DB_ALIAS, plan.names, values)


def locked(model: type[models.Model], keys: Sequence[int]) -> list[dict[str, Any]]:
    """Lock the rows of these keys, in order of their keys, and give them whole, by attribute name.

    What is no number or plain text comes as text and is read column by column: the ORM's rows take
    three times as long, most of it on instants and JSON.
    """
    plan = _locking(model)
    with connection.cursor() as cursor:
        cursor.execute(plan.query, [list(keys)])
        found = cursor.fetchall()
    if not found:
        return []
    columns: list[Sequence[Any]] = list(zip(*found, strict=True))
    for index, read in plan.read:
        columns[index] = [None if one is None else read(one) for one in columns[index]]
    return [dict(zip(plan.names, row, strict=True)) for row in zip(*columns, strict=True)]


@lru_cache(maxsize=16)
def _locking(model: type[models.Model]) -> _Plan:
    fields = model._meta.concrete_fields
    columns = [(_quoted(str(field.column)), _from_text(field)) for field in fields]
    wanted = ", ".join(f"{name}::text" if read else name for name, read in columns)
    table, key = _quoted(model._meta.db_table), _quoted(str(model._meta.pk.column))
    return _Plan(
        f"SELECT {wanted} FROM {table} WHERE {key} = ANY(%s) "  # noqa: S608 (our own names)
        f"ORDER BY {table}.{key} FOR UPDATE",
        tuple(field.attname for field in fields),
        tuple((i, read) for i, (_, read) in enumerate(columns) if read is not None),
    )


def _from_text(field: models.Field[Any, Any]) -> Callable[[str], Any] | None:
    """Give what reads a column's text; the session's time zone is UTC, as Django's is."""
    if isinstance(field, models.DateTimeField):
        return datetime.fromisoformat
    return _reader(field)


@lru_cache(maxsize=64)
def _plan(model: type[models.Model], column: str) -> _Plan:
    fields = model._meta.concrete_fields
    wanted = ", ".join(_selected(field) for field in fields)
    table = _quoted(model._meta.db_table)
    (key,) = (_quoted(str(one.column)) for one in fields if column in (one.name, one.attname))
    return _Plan(
        f"SELECT {wanted} FROM {table} WHERE {key} = %s LIMIT 1",  # noqa: S608 (our own names)
        tuple(field.attname for field in fields),
        tuple((i, read) for i, field in enumerate(fields) if (read := _reader(field)) is not None),
    )


def _selected(field: models.Field[Any, Any]) -> str:
    name = _quoted(str(field.column))
    return f"{name}::text" if isinstance(field, models.JSONField) else name


def _reader(field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    if isinstance(field, models.JSONField):
        return orjson.loads
    # Fields that read their own column know no connection here: ours (points) need none.
    convert = getattr(field, "to_python", None)
    return convert if hasattr(field, "from_db_value") else None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
