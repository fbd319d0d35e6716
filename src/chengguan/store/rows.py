"""Rows of a model written without the ORM's per-row cost: one INSERT for a few, COPY for many.

No `save()`, no signals, no values from the model's Python defaults: what is not given is left
to the column's database default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from django.db import connection, models
from psycopg.types.json import Jsonb

from chengguan.core.rows import INSERT_ROWS, insert_rows
from chengguan.store.fields import PointField

Adapter = Callable[[Any], Any]


def insert(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    ignore_conflicts: bool = False,
) -> None:
    """Insert `rows` (field name or column name → value), all with the keys of the first.

    Sends one statement up to 200 rows and waits for nothing inside `pipelined()`; more rows are
    one COPY, which can't ignore conflicts and ends a running pipeline's batch.

    Raises:
        django.db.IntegrityError: a constraint is broken; inside a pipeline at its end.
    """
    if not rows:
        return
    names = tuple(rows[0])
    columns, adapters = _shape(model, names)
    if any(adapters):
        data = [
            tuple(
                row[name] if adapt is None or row[name] is None else adapt(row[name])
                for name, adapt in zip(names, adapters, strict=True)
            )
            for row in rows
        ]
    else:
        data = [tuple(row[name] for name in names) for row in rows]
    conflict = "DO NOTHING" if ignore_conflicts else None
    with connection.cursor() as cursor, connection.wrap_database_errors:
        insert_rows(cursor, model._meta.db_table, columns, data, conflict=conflict)


def json_value(value: Any) -> Jsonb:
    """Give `value` as psycopg sends it to a jsonb column; datetimes as RFC 3339, Decimal as text."""
    return Jsonb(value, dumps=_dumps)


@lru_cache(maxsize=512)
def _shape(
    model: type[models.Model], names: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[Adapter | None, ...]]:
    by_name: dict[str, models.Field[Any, Any]] = {}
    for field in model._meta.concrete_fields:
        by_name[field.name] = by_name[field.attname] = by_name[field.column] = field
    fields = [by_name[name] for name in names]
    return tuple(field.column for field in fields), tuple(_adapter(field) for field in fields)


def _adapter(field: models.Field[Any, Any]) -> Adapter | None:
    if isinstance(field, models.JSONField):
        return json_value
    if isinstance(field, PointField):
        return field.get_prep_value
    return None


def _dumps(value: Any) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)


__all__ = ["INSERT_ROWS", "insert", "json_value"]
