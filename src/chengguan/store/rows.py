"""Rows of a model written without the ORM's per-row cost: one INSERT for a few, COPY for many.

No `save()` and no signals. A field not given takes its database default, else its Python
default, as `Model()` would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

import orjson
from django.db import connection, models
from psycopg.types.json import Jsonb

from chengguan.core.rows import INSERT_ROWS, copy_columns, insert_rows
from chengguan.store.fields import PointField
from chengguan.store.pipeline import begin_together, gathering, pipelining

Adapter = Callable[[Any], Any]

# An INSERT of 100 rows is written, parsed and planned value by value: a step of a batch so large
# takes half as much of Python and two thirds of PostgreSQL by COPY.
_COPY_FROM: Final = 20


def insert(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    ignore_conflicts: bool = False,
) -> None:
    """Insert `rows` (field name or `…_id` → value), all with the keys of the first.

    A few rows are one statement, twenty and more one COPY, which can't ignore conflicts. Up to 200
    rows join a `gathered()` block, and wait for nothing inside `pipelined()`, where more can't go.

    Raises:
        django.db.IntegrityError: a constraint is broken; inside a pipeline at its end.
    """
    if not rows:
        return
    names = tuple(rows[0])
    values = list(map(picking(names), rows))
    insert_values(model, names, values, ignore_conflicts=ignore_conflicts)


def insert_values(
    model: type[models.Model],
    names: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
    *,
    ignore_conflicts: bool = False,
) -> None:
    """Insert rows given as values of the columns `names`; see `insert`."""
    if not ignore_conflicts and _by_copy(len(rows)):
        insert_columns(model, dict(zip(names, zip(*rows, strict=True), strict=True)))
        return
    shape = _shape(model, names)
    data = [shape.values(row) for row in rows]
    conflict = "DO NOTHING" if ignore_conflicts else None
    into = gathering()
    if into is not None and len(data) <= INSERT_ROWS:
        insert_rows(into, model._meta.db_table, shape.columns, data, conflict=conflict)
        return
    begin_together()
    with connection.cursor() as cursor, connection.wrap_database_errors:
        insert_rows(cursor, model._meta.db_table, shape.columns, data, conflict=conflict)


def insert_columns(model: type[models.Model], given: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows given as equally long columns (field name or `…_id` → values), by COPY if many.

    Raises:
        django.db.IntegrityError: a constraint is broken.
        ValueError: the columns are not equally long.
    """
    names = tuple(given)
    count = len(given[names[0]])
    if not _by_copy(count):
        insert_values(model, names, list(zip(*given.values(), strict=True)))
        return
    shape = _shape(model, names)
    begin_together()
    with connection.cursor() as cursor, connection.wrap_database_errors:
        copy_columns(cursor, model._meta.db_table, shape.whole(list(given.values()), count))


def _by_copy(count: int) -> bool:
    if count > INSERT_ROWS:
        return True
    return count >= _COPY_FROM and gathering() is None and not pipelining()


def picking(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """Give what picks the values of `names` off a row."""
    if len(names) == 1:
        return lambda row: (row[names[0]],)
    return itemgetter(*names) if names else lambda _row: ()


def json_value(value: Any) -> Jsonb:
    """Give `value` as psycopg sends it to a jsonb column; datetimes as RFC 3339, Decimal as text."""
    return Jsonb(value, dumps=_dumps)


def json_text(value: Any) -> str:
    """Give `value` as the text that a jsonb column takes for what it is; see `json_value`."""
    # A wrapper would be taken off again by psycopg.
    one = value.obj if type(value) is Jsonb else value
    return orjson.dumps(one, str, orjson.OPT_NON_STR_KEYS).decode()


@lru_cache(maxsize=64)
def column_types(model: type[models.Model]) -> Mapping[str, str]:
    """Give the type of each column, by attribute name, as an array of its values is cast to."""
    types = {
        field.attname: field.db_type(connection) or "text" for field in model._meta.concrete_fields
    }
    return {name: "text" if one.startswith("varchar") else one for name, one in types.items()}


@dataclass(frozen=True, slots=True)
class _Shape:
    columns: tuple[str, ...]
    adapted: tuple[tuple[int, Adapter], ...]
    defaults: tuple[Callable[[], Any], ...]

    def values(self, row: tuple[Any, ...]) -> Sequence[Any]:
        if not self.adapted and not self.defaults:
            return row
        found = [*row]
        for index, adapt in self.adapted:
            if found[index] is not None:
                found[index] = adapt(found[index])
        for make in self.defaults:
            found.append(make())  # noqa: PERF401 - most rows have none
        return found

    def whole(self, given: list[Sequence[Any]], count: int) -> dict[str, Sequence[Any]]:
        """Give the columns of `count` rows by name, adapted, with those that have a default."""
        found = given
        for index, adapt in self.adapted:
            found[index] = [None if value is None else adapt(value) for value in given[index]]
        found += [[make() for _ in range(count)] for make in self.defaults]
        return dict(zip(self.columns, found, strict=True))


@lru_cache(maxsize=512)
def _shape(model: type[models.Model], names: tuple[str, ...]) -> _Shape:
    by_name: dict[str, models.Field[Any, Any]] = {}
    for field in model._meta.concrete_fields:
        by_name[field.name] = by_name[field.attname] = field
    given = [by_name[name] for name in names]
    absent = [
        field
        for field in model._meta.concrete_fields
        if field not in given and not field.primary_key and not _left_out(field)
    ]
    adapters = enumerate(map(_adapter, given))
    return _Shape(
        columns=tuple(str(field.column) for field in (*given, *absent)),
        adapted=tuple((index, adapt) for index, adapt in adapters if adapt is not None),
        defaults=tuple(_default(field) for field in absent),
    )


def _left_out(field: models.Field[Any, Any]) -> bool:
    """Say whether the database does by itself what a column that is not given gets."""
    return field.has_db_default() or (field.null and not field.has_default())


def _default(field: models.Field[Any, Any]) -> Callable[[], Any]:
    adapt = _adapter(field)
    if not callable(field.default):
        plain = field.get_default()
        known = plain if adapt is None or plain is None else adapt(plain)
        return lambda: known

    def make() -> Any:
        value = field.get_default()
        return value if adapt is None or value is None else adapt(value)

    return make


def _adapter(field: models.Field[Any, Any]) -> Adapter | None:
    if isinstance(field, models.JSONField):
        return json_text
    if isinstance(field, PointField):
        return field.get_prep_value
    return None


def _dumps(value: Any) -> bytes:
    return orjson.dumps(value, str, orjson.OPT_NON_STR_KEYS)
