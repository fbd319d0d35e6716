"""The staging table: rows arrive by COPY and are compared with the registry as sets."""

# The SQL here is made of our own table and column names, quoted; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, models
from psycopg.types.json import Jsonb

from chengguan.store.fields import PointField
from chengguan.store.rows import json_value

from .faults import Faults
from .kind import Context, Kind, Row

STAGE: Final = "registry_stage"
_LARGE: Final = 10_000
# Geometry is too large to repeat in the audit log: its digest says whether it moved.
_DIGESTED: Final = frozenset({"geometry", "original"})


@dataclass(frozen=True, slots=True)
class Counts:
    """What applying would do, or has done."""

    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Change:
    """One row before (None when it is new) and after, JSON-able."""

    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any]


class Stage:
    """The temporary table of one import, inside the caller's transaction."""

    def __init__(self, kind: Kind, context: Context) -> None:
        self.kind = kind
        self.table = kind.model._meta.db_table
        self.columns = kind.columns(context)
        self.context = context
        self._fields = {f.attname: f for f in kind.model._meta.concrete_fields}
        self._all = ["row_no", *self.columns, *kind.extra]

    def create(self) -> None:
        """Make it with the model's own column types and collations."""
        names = ", ".join(_quoted(column) for column in self.columns)
        extra = "".join(f", ADD COLUMN {_quoted(n)} {t}" for n, t in self.kind.extra.items())
        self._run(f"DROP TABLE IF EXISTS pg_temp.{STAGE}")
        self._run(
            f"CREATE TEMP TABLE {STAGE} ON COMMIT DROP AS SELECT {names} FROM {self.table} WITH NO DATA"
        )
        self._run(f"ALTER TABLE {STAGE} ADD COLUMN row_no integer{extra}")

    def write(self, rows: Iterable[Row]) -> None:
        """Send rows by COPY."""
        names = ", ".join(_quoted(column) for column in self._all)
        adapted = [self._adapter(column) for column in self._all[1:]]
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {STAGE} ({names}) FROM STDIN") as copy,
        ):
            for row in rows:
                values = row.values
                copy.write_row((row.number, *(adapt(values[name]) for name, adapt in adapted)))

    def finish(self, rows: int) -> None:
        """Give the planner the sizes before sets are compared."""
        keys = ", ".join(_quoted(column) for column in self.kind.key)
        self._run(f"CREATE INDEX ON {STAGE} ({keys})")
        self._run(f"ANALYZE {STAGE}")
        if rows > _LARGE:
            # A table that grew in this hour has old statistics, and a nested loop planned by them
            # compared 620,573 villages with 3,000 areas for ten minutes; hashing takes a second.
            self._run("SET LOCAL enable_nestloop = off")
            self._run("SET LOCAL work_mem = '64MB'")

    def duplicates(self) -> None:
        """Report every row whose key an earlier row has."""
        keys = ", ".join(_quoted(column) for column in self.kind.key)
        shown = " || ' ' || ".join(f"{_quoted(column)}::text" for column in self.kind.key)
        ranked = (
            f"SELECT row_no, {shown} AS shown, "
            f"min(row_no) OVER (PARTITION BY {keys}) AS first FROM {STAGE}"
        )
        for number, value, first in self._faulty(ranked, "row_no > first"):
            field = next(f.title for f in self.kind.fields if f.name == self.kind.subject_column)
            self.context.faults.add(
                number, field, value, f"与第 {first} 行重复。", "请删除重复的行，或改正代码。"
            )

    def counts(self) -> Counts:
        """Say what applying would do."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FILTER (WHERE t.id IS NULL), "
                f"count(*) FILTER (WHERE t.id IS NOT NULL AND ({self._differs()})), count(*) "
                f"FROM {STAGE} s LEFT JOIN {self._current()} t ON {self._join()}"
            )
            added, changed, total = cursor.fetchone()
        return Counts(added, changed, total - added - changed)

    def changes(self, most: int) -> list[Change]:
        """Give up to `most` rows that will be added or changed, before and after."""
        compared = [c for c in (*self.columns, *self.kind.extra) if c not in self.kind.key]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT s.{_quoted(self.kind.subject_column)}::text, "
                f"CASE WHEN t.id IS NULL THEN NULL ELSE {self._picked('t', compared)} END, "
                f"{self._picked('s', compared)} "
                f"FROM {STAGE} s LEFT JOIN {self._current()} t ON {self._join()} "
                f"WHERE t.id IS NULL OR ({self._differs()}) ORDER BY s.row_no LIMIT {most}"
            )
            return [Change(*_loaded(row)) for row in cursor.fetchall()]

    def merge(self) -> None:
        """Add what is new, change what differs; a versioned kind ends the old and adds the new."""
        if self.kind.versioned:
            self._merge_versions()
            return
        moved = [c for c in self.columns if c not in self.kind.key]
        if moved:
            sets = ", ".join(f"{_quoted(c)} = s.{_quoted(c)}" for c in moved)
            self._run(
                f"UPDATE {self.table} t SET {sets} FROM {STAGE} s "
                f"WHERE {self._join()} AND ({self._differs(extra=False)})"
            )
        self._insert("", "t.id IS NULL", {})

    def bad_versions(self) -> None:
        """Report new versions that would reach into the past, or before the version they follow."""
        content = self._content_differs()
        select = (
            f"SELECT s.row_no, s.code, s.valid_from, t.valid_from AS begun, "
            f"({content}) AS other FROM {STAGE} s JOIN {self._current()} t ON {self._join()} "
            f"WHERE {self._differs()}"
        )
        today = self.context.today
        for number, _, day, begun, _ in self._faulty(
            select, "other AND (valid_from <= begun OR valid_from < %s)", [today]
        ):
            self.context.faults.add(
                number,
                "生效日期",
                day,
                f"内容有变，但生效日期不晚于现行版本的起始日期 {begun}，或早于今天。",
                "已生效的标准和权责不能改动，请填写今天以后的生效日期以建立新版本。",
            )
        if "valid_to" not in self.columns:
            return
        ended = (
            f"SELECT s.row_no, s.valid_to AS day FROM {STAGE} s "
            f"JOIN {self._current()} t ON {self._join()} "
            f"WHERE {self._differs()} AND NOT ({content})"
        )
        for number, day in self._faulty(ended, "day < %s::date - 1", [today]):
            self.context.faults.add(
                number, "失效日期", day, "失效日期不能早于昨天。", "请填写今天或以后的日期。"
            )

    def _faulty(self, select: str, where: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return faulty(self.context.faults, select, where, params)

    def _merge_versions(self) -> None:
        content = self._content_differs()
        joined = f"FROM {STAGE} s JOIN {self._current()} t ON {self._join()}"
        ended = "s.valid_to" if "valid_to" in self.columns else "NULL::date AS valid_to"
        # The numbers are taken before the old versions end, for ending them changes what differs.
        self._run("DROP TABLE IF EXISTS pg_temp.registry_followed")
        self._run(
            f"CREATE TEMP TABLE registry_followed ON COMMIT DROP AS SELECT t.id, s.row_no, "
            f"t.version, ({content}) AS other, s.valid_from, {ended}, t.valid_to AS until "
            f"{joined} WHERE {self._differs()}"
        )
        self._run(
            f"UPDATE {self.table} o SET valid_to = CASE WHEN f.other THEN f.valid_from - 1 "
            f"ELSE f.valid_to END FROM registry_followed f WHERE f.id = o.id AND "
            f"(NOT f.other OR f.until IS NULL OR f.until >= f.valid_from)"
        )
        follows = "LEFT JOIN registry_followed f ON f.row_no = s.row_no"
        version = {"version": "coalesce(f.version, 0) + 1"}
        self._insert(follows, "t.id IS NULL OR f.other", version)

    def _insert(self, join: str, where: str, computed: dict[str, str]) -> None:
        names, values, params = [], [], []
        for column, field in self._fields.items():
            if column == "id":
                continue
            names.append(_quoted(column))
            if column in computed:
                values.append(computed[column])
            elif column in self.columns:
                values.append(f"s.{_quoted(column)}")
            else:
                values.append(f"%s::{field.db_type(connection)}")
                params.append(self._default(field))
        self._run(
            f"INSERT INTO {self.table} ({', '.join(names)}) SELECT {', '.join(values)} "
            f"FROM {STAGE} s LEFT JOIN {self._current()} t ON {self._join()} {join} "
            f"WHERE {where} ORDER BY s.row_no",
            params,
        )

    def _default(self, field: models.Field[Any, Any]) -> Any:
        if field.attname == "valid_from":
            return self.context.effective
        value = field.get_default()
        if isinstance(field, models.JSONField):
            return None if value is None else json_value(value)
        return value

    def _current(self) -> str:
        if not self.kind.versioned:
            return self.table
        return f"(SELECT DISTINCT ON (code) * FROM {self.table} ORDER BY code, version DESC)"

    def _join(self) -> str:
        return " AND ".join(f"t.{_quoted(c)} = s.{_quoted(c)}" for c in self.kind.key)

    def _differs(self, *, extra: bool = True) -> str:
        content = self._content_differs(extra=extra)
        if not self.kind.versioned:
            return content
        ends = "s.valid_to IS NOT NULL AND (t.valid_to IS NULL OR s.valid_to < t.valid_to)"
        return f"({content}) OR ({ends})" if "valid_to" in self.columns else content

    def _content_differs(self, *, extra: bool = True) -> str:
        left_out = {*self.kind.key, *self.kind.uncompared}
        if self.kind.versioned:
            left_out |= {"valid_from", "valid_to", "version"}
        parts = []
        for column in self.columns:
            if column not in left_out:
                name = _quoted(column)
                differ = f"s.{name} IS DISTINCT FROM t.{name}"
                if isinstance(self._fields[column], PointField):
                    # A sheet rounds the sixteenth digit; a tenth of a millimetre is no move.
                    differ = f"coalesce((s.{name} <-> t.{name}) > 1e-9, s.{name} IS NOT NULL OR t.{name} IS NOT NULL)"
                parts.append(differ)
        if extra:
            parts += [
                f"s.{_quoted(n)} IS DISTINCT FROM {now}" for n, now in self.kind.extra_now.items()
            ]
        if self.kind.versioned:
            open_again = "t.valid_to IS NOT NULL AND t.valid_to < s.valid_from"
            if "valid_to" in self.columns:
                open_again += " AND (s.valid_to IS NULL OR s.valid_to > t.valid_to)"
            parts.append(f"({open_again})")
        return " OR ".join(parts) or "false"

    def _picked(self, alias: str, columns: Sequence[str]) -> str:
        parts = []
        for column in columns:
            now = self.kind.extra_now.get(column)
            value = now if alias == "t" and now else f"{alias}.{_quoted(column)}"
            if column in self.kind.extra and not now:
                continue
            if column in _DIGESTED:
                value = f"md5({value}::text)"
            parts.append(f"'{column}', {value}")
        return f"jsonb_build_object({', '.join(parts)})"

    def _adapter(self, column: str) -> tuple[str, Any]:
        field = self._fields.get(column)
        if isinstance(field, models.JSONField):
            return column, _json_or_none
        if isinstance(field, PointField):
            return column, field.get_prep_value
        return column, _same

    @staticmethod
    def _run(sql: str, params: Sequence[Any] = ()) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, params or None)


def faulty(
    faults: Faults, select: str, where: str = "true", params: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """Give the rows of a faulty set (`row_no` among its columns) while faults are kept, count the rest."""
    room = faults.room
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT f.*, count(*) OVER () FROM ({select}) AS f WHERE {where} "
            f"ORDER BY row_no LIMIT {room + 1}",
            params or None,
        )
        found = cursor.fetchall()
    if found:
        total = int(found[0][-1])
        faults.more(total - min(total, room))
    return [row[:-1] for row in found[:room]]


def _json_or_none(value: Any) -> Jsonb | None:
    return None if value is None else json_value(value)


def _same(value: Any) -> Any:
    return value


def _loaded(row: tuple[Any, ...]) -> tuple[Any, ...]:
    import json

    return (row[0], *(json.loads(v) if isinstance(v, str) else v for v in row[1:]))


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
