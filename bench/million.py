"""Cases by the million, made in SQL: a year of them, skewed over matters and units as cities are."""

from __future__ import annotations

from typing import Any, Final

from . import words
from .world import COLUMNS, DISTRICT, ROWS, World

_DAYS: Final = 365
#: People who accept, and as many who dispatch.
_DESKS: Final = 8

# `r` are independent shares from 0 to 1; squares and cubes of them make few matters and units
# carry most cases. One case in thirty is open, nearly all of them from the last days.
_INSERT: Final = """
WITH drawn AS MATERIALIZED (
    SELECT g, random() AS r1, random() AS r2, random() AS r3, random() AS r4, random() AS r5,
           random() AS r6, random() AS r7, random() AS r8, random() AS r9,
           g * {days}.0 / ({count} + 1) AS day
    FROM generate_series(1, {count}) AS g
), placed AS (
    SELECT g, r1, r2, r4, r7, r8, r9, day, floor(r5 * {grids})::int AS grid,
           1 + floor(r6 * r6 * r6 * {matters})::int AS matter,
           1 + floor(r3 * r3 * {units})::int AS unit,
           date_trunc('day', now() AT TIME ZONE 'Asia/Shanghai') - interval '{days} days'
               + day * interval '1 day' AS local_at,
           r1 < CASE WHEN day > {days} - 8 THEN 0.9 WHEN day > {days} - 40 THEN 0.05 ELSE 0.002 END
               AS open
    FROM drawn
), timed AS (
    SELECT *, local_at AT TIME ZONE 'Asia/Shanghai' AS opened_at,
           extract(epoch FROM local_at AT TIME ZONE 'Asia/Shanghai')::bigint AS epoch,
           CASE WHEN open THEN (ARRAY['reported','awaiting_dispatch','awaiting_handling','handling',
                                      'handled','feedback','awaiting_close'])[1 + floor(r4 * 7)::int]
                WHEN r2 < 0.08 THEN 'voided' ELSE 'closed' END AS state
    FROM placed
)
INSERT INTO cases_case ({columns})
SELECT {values} FROM timed ORDER BY g
"""

# One clock as the engine writes it, so that a page can read it; a closed case used three of its four
# hours.
_CLOCKS: Final = """
jsonb_build_object('handle', jsonb_strip_nulls(jsonb_build_object(
    'name', 'handle', 'mode', 'work', 'limit', 14400, 'calendar', %(calendar)s::text,
    'used', CASE WHEN open THEN 0 ELSE 10800 END, 'at', epoch, 'started_at', epoch,
    'running_since', CASE WHEN open THEN epoch END,
    'ended_at', CASE WHEN NOT open THEN epoch + 20000 END,
    'due', epoch + 14400, 'warn', epoch + 10800)))
"""


def fill(count: int, world: World, progress: Any) -> None:
    """Put `count` cases beside those that exist, then bring indexes and statistics up to date.

    They have neither events nor reports: lists read cases alone.
    """
    from django.db import connection

    progress(f"making {count:,} cases")
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("SELECT setseed(0.42)")
        indexes = _drop_indexes(cursor)
        first = _reserve(cursor, count)
        columns = _columns(first)
        places = {"days": _DAYS, "count": count, "grids": COLUMNS * ROWS}
        sizes = {"matters": len(world.matters), "units": len(world.units)}
        query = _INSERT.format(
            **places, **sizes, columns=", ".join(columns), values=", ".join(columns.values())
        )
        cursor.execute(
            query,
            {
                "codes": world.matters,
                "unit_ids": [unit for unit, _, _ in world.units],
                "paths": [path for _, path, _ in world.units],
                "handlers": [handler for _, _, handler in world.units],
                **_grids(cursor),
                **_people(cursor),
                **words.parts(),
                "calendar": _calendar(),
            },
        )
        progress("building indexes")
        for definition in indexes:
            cursor.execute(definition)
        cursor.execute("VACUUM (ANALYZE) cases_case")
        cursor.execute("RESET maintenance_work_mem")


def _columns(first: int) -> dict[str, str]:
    """Give an SQL expression over `timed` for every column that has no plain default."""
    from chengguan.cases.models import Case
    from chengguan.workflow.domain import current

    handled = "state NOT IN ('reported', 'awaiting_dispatch', 'voided')"
    due = "opened_at + interval '4 hours' + r2 * interval '3 days'"
    given = {
        "id": f"{first} + g",
        "definition_id": str(current("case").definition_id),
        "state": "state",
        "stage": "CASE WHEN open THEN 'handle' WHEN state = 'voided' THEN 'file' ELSE 'close' END",
        "seq": "CASE WHEN open THEN 3 ELSE 8 END",
        "clocks": _CLOCKS,
        "requests": "'{}'::jsonb",
        "stage_due_at": f"CASE WHEN open THEN {due} END",
        "stage_warn_at": "CASE WHEN open THEN opened_at + interval '3 hours' END",
        "due_at": due,
        "warn_at": "opened_at + interval '3 hours'",
        "opened_at": "opened_at",
        "changed_at": "opened_at + r2 * interval '2 days'",
        "closed_at": "CASE WHEN NOT open THEN opened_at + r2 * interval '5 days' END",
        # From the top: the numbers of today are drawn from 1.
        "number": f"'{DISTRICT}' || to_char(local_at, 'YYYYMMDD') || lpad((99999 - g %% 50000)::text, 5, '0')",
        "source": "(ARRAY['collector','collector','collector','hotline','hotline','public','video',"
        "'sensor'])[1 + floor(r1 * r4 * 8)::int]",
        "kind": "'matter'",
        "matter_code": "(%(codes)s::text[])[matter]",
        "text": words.TEXT,
        "address": words.ADDRESS,
        "area_code": "(%(areas)s::text[])[grid + 1]",
        # Within a third of the grid around its centre.
        "point": "point((%(lons)s::float8[])[grid + 1] + (r2 - 0.5) * 0.0004, "
        "(%(lats)s::float8[])[grid + 1] + (r4 - 0.5) * 0.0003)",
        "unit_id": f"CASE WHEN {handled} THEN (%(unit_ids)s::bigint[])[unit] END",
        "unit_path": f"CASE WHEN {handled} THEN (%(paths)s::text[])[unit] ELSE '' END",
        "handler_id": "CASE WHEN state IN ('handling', 'handled', 'closed') "
        "THEN (%(handlers)s::bigint[])[unit] END",
        "on_time": "CASE WHEN state = 'closed' THEN r4 < 0.93 END",
        **_who_and_how(handled),
        "reports": "1",
    }
    found: dict[str, str] = {}
    for field in Case._meta.concrete_fields:
        expression = given.get(field.attname)
        if expression is None and not field.null:
            default = field.get_default()
            kind = field.get_internal_type()
            expression = "'[]'::jsonb" if kind == "JSONField" else repr(default or 0)
            if isinstance(default, str):
                expression = "''"
            elif isinstance(default, bool):
                expression = str(default).lower()
        if expression is not None:
            found[f'"{field.column}"'] = expression
    return found


def _who_and_how(handled: str) -> dict[str, str]:
    """Give who had a part in a case and what its steps counted; `handled` says whether it was dispatched."""
    return {
        "rule_id": "CASE WHEN state <> 'reported' THEN (%(rules)s::bigint[])"
        "[1 + floor(r8 * r8 * array_length(%(rules)s::bigint[], 1))::int] END",
        "acceptor_id": f"(%(people)s::bigint[])[1 + floor(r7 * {_DESKS})::int]",
        "dispatcher_id": f"CASE WHEN {handled} THEN "
        f"(%(people)s::bigint[])[{_DESKS} + 1 + floor(r8 * {_DESKS})::int] END",
        "urged": "CASE WHEN r9 < 0.02 THEN 1 + floor(r8 * 3)::int ELSE 0 END",
        "returns": "CASE WHEN r7 < 0.05 THEN 1 ELSE 0 END",
        "reworks": "CASE WHEN r8 < 0.03 THEN 1 + floor(r9 * 2)::int ELSE 0 END",
        "important": "r9 > 0.995",
        "overseen": "r8 > 0.997",
    }


def _calendar() -> str:
    from django.conf import settings

    from chengguan.workflow.domain.calendars import all_calendars

    return all_calendars().newest(settings.CHENGGUAN_CALENDAR).name


def _grids(cursor: Any) -> dict[str, list[Any]]:
    """Give codes and centres (CGCS2000 degrees) of the grids, in one order."""
    cursor.execute(
        "SELECT array_agg(code ORDER BY code), array_agg(centre[0] ORDER BY code),"
        " array_agg(centre[1] ORDER BY code) FROM registry_area WHERE level = 'grid'"
    )
    return dict(zip(("areas", "lons", "lats"), cursor.fetchone(), strict=True))


def _people(cursor: Any) -> dict[str, list[int]]:
    """Give ids of people for the desks, and of filing rules."""
    cursor.execute("SELECT array_agg(id ORDER BY id) FROM accounts_user")
    people = cursor.fetchone()[0]
    cursor.execute("SELECT array_agg(id ORDER BY id) FROM registry_filingrule")
    # A city without so many people has some of them at several desks.
    return {"people": (people * (2 * _DESKS))[: 2 * _DESKS], "rules": cursor.fetchone()[0]}


def _reserve(cursor: Any, count: int) -> int:
    cursor.execute("SELECT nextval('store_ids')")
    first = int(cursor.fetchone()[0])
    cursor.execute("SELECT setval('store_ids', %s)", [first + count + 1000])
    return first


def _drop_indexes(cursor: Any) -> list[str]:
    """Drop all but the primary key; gives the statements that bring them back."""
    cursor.execute(
        "SELECT c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c "
        "WHERE c.conrelid = 'cases_case'::regclass AND c.contype = 'u'"
    )
    back = []
    for name, definition in cursor.fetchall():
        back.append(f'ALTER TABLE cases_case ADD CONSTRAINT "{name}" {definition}')
        cursor.execute(f'ALTER TABLE cases_case DROP CONSTRAINT "{name}"')
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'cases_case' "
        "AND indexname <> 'cases_case_pkey'"
    )
    for name, definition in cursor.fetchall():
        back.append(definition)
        cursor.execute(f'DROP INDEX "{name}"')
    return back
