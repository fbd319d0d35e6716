"""One row of a model read by a prepared statement: what the ORM builds anew each time, made once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, models

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
