"""Follows an organisation that moved in the tree: rows keep its path by value, so they change.

A path ends with its own organisation's id; so where a row belongs now is read off the row itself,
whatever moves came in between, and repeating it changes nothing. An instance moves by an event,
as everything else about it: its row stays the fold of its events.
"""

from __future__ import annotations

from typing import Any, Final, cast

from django.db import connection, models, transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Organisation

from ..models import Request, WorkItem
from .calendars import Calendars, all_calendars
from .definition import definition_of
from .procedure import Procedure, procedures
from .shape import STAY, VerbSpec
from .stepping import ItemChange, Step, assemble
from .timing import clocks_of
from .writing import Written, update_rows, write_follow_ups

UNIT_MOVED: Final = VerbSpec(
    name="unit_moved",
    title="机构调整",
    froms=frozenset(),
    to=(STAY,),
    capability=Capability.MANAGE_SYSTEM,
    scope="any",
    hidden=True,
)
_BATCH: Final = 1_000

# Rows below the old path whose organisation is elsewhere by now. Names are our own models'.
_STALE: Final = """
    SELECT r.id FROM {table} r JOIN accounts_organisation o
        ON o.id::text = split_part(r.{column}, '/', -2)
    WHERE r.{column} LIKE %s AND o.path <> r.{column}
    ORDER BY r.id LIMIT %s
"""
_FOLLOW: Final = """
    UPDATE {table} r SET {column} = o.path FROM accounts_organisation o
    WHERE o.id::text = split_part(r.{column}, '/', -2) AND o.path <> r.{column}
        AND r.id = ANY(%s)
"""


def follow_move(before: str, principal: Principal) -> int:
    """Let all that lay below the path `before` follow it; return how many instances moved.

    Work items and requests come first: they say in whose queue something waits. Open one
    transaction around it only in tests; batches commit one by one.
    """
    follow_column(WorkItem, "organisation_path", before)
    follow_column(Request, "organisation_path", before)
    return sum(_follow_instances(one, before, principal) for one in procedures())


def follow_column(model: type[models.Model], column: str, before: str) -> int:
    """Rewrite a copied path in a table that no events stand behind; return how many rows."""
    count = 0
    while stale := _stale(model, column, before):
        with connection.cursor() as cursor:
            cursor.execute(_FOLLOW.format(table=model._meta.db_table, column=column), [stale])
            count += cursor.rowcount
    return count


def _follow_instances(procedure: Procedure, before: str, principal: Principal) -> int:
    column = procedure.unit_path_column
    if column not in procedure.columns:
        return 0
    calendars, count = all_calendars(), 0
    while stale := _stale(procedure.model, column, before):
        with transaction.atomic():
            count += _follow_batch(procedure, stale, principal, calendars)
    return count


def _follow_batch(
    procedure: Procedure, stale: list[int], principal: Principal, calendars: Calendars
) -> int:
    column = procedure.unit_path_column
    manager = procedure.model._default_manager
    rows = manager.select_for_update().filter(pk__in=stale).order_by("pk").values()
    held = [cast("dict[str, Any]", row) for row in rows]
    units = {_own_id(row[column]) for row in held}
    paths = dict(Organisation.objects.filter(pk__in=units - {0}).values_list("pk", "path"))
    steps = []
    for row in held:
        path = paths.get(_own_id(row[column]), row[column])
        if path != row[column]:
            steps.append(_step(procedure, row, path, principal, calendars))
    if steps:
        update_rows(procedure, [(one.row, set(one.changes)) for one in steps])
        # Nothing happened that anybody waits for.
        write_follow_ups([Written(one) for one in steps], calendars, tell=False)
    return len(steps)


def _step(
    procedure: Procedure,
    row: dict[str, Any],
    path: str,
    principal: Principal,
    calendars: Calendars,
) -> Step:
    column = procedure.unit_path_column
    taken = assemble(
        procedure,
        definition_of(row["definition_id"]),
        UNIT_MOVED,
        row,
        principal.actor(UNIT_MOVED.capability),
        max(timezone.now(), row["changed_at"]),
        clocks=clocks_of(row["clocks"]),
        calendars=calendars,
        to_state=row["state"],
        sets={column: path},
        moves=[],
        requests=[],
        data={"before": row[column], "after": path},
    )
    # The item waits on for the same people; it was rewritten in place, its claim is kept.
    taken.items = ItemChange()
    return taken


def _stale(model: type[models.Model], column: str, before: str) -> list[int]:
    statement = _STALE.format(table=model._meta.db_table, column=column)
    with connection.cursor() as cursor:
        cursor.execute(statement, [f"{before}%", _BATCH])
        return [key for (key,) in cursor.fetchall()]


def _own_id(path: str) -> int:
    last = path.rstrip("/").rpartition("/")[2]
    return int(last) if last.isascii() and last.isdigit() else 0
