"""Changing a calendar: a new revision, a preview of the deadlines it moves, and moving them.

Clocks stay on the revision they run on until an event moves them to the newest; so a due time
never changes without an event, and an old event folds to the same past for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, cast

from django.db import connection, transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.core.calendar import from_epoch, to_epoch
from chengguan.core.errors import NotAllowed
from chengguan.store import revisions

from ..models import CalendarDay, CalendarHours, CalendarRevision, WorkCalendar
from .calendar_content import build, read_toml
from .calendars import REVISION, Calendars, all_calendars, revision_name
from .definition import definition_of
from .procedure import Procedure, procedures
from .shape import STAY, VerbSpec
from .stepping import Step, assemble
from .timing import ClockEntry, Clocks, apply_moves, clocks_of, is_settled_late
from .writing import Written, update_rows, write_follow_ups

RECALCULATED = VerbSpec(
    name="recalculated",
    title="日历修订，重算时限",
    froms=frozenset(),
    to=(STAY,),
    capability=Capability.EDIT_WORKFLOW,
    scope="any",
    hidden=True,
)
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Moved:
    """One deadline that a change of calendar moves."""

    procedure: str
    instance_id: int
    clock: str
    before: datetime
    after: datetime


def import_calendar(source: str | Path, principal: Principal, note: str = "") -> CalendarRevision:
    """Save a calendar's TOML (text or file) as its newest revision and recompute open deadlines.

    The same content again changes nothing. See `preview` for what would move.

    Raises:
        Invalid: the TOML is not a calendar.
        NotAllowed: the principal may not edit calendars.
    """
    text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
    with transaction.atomic():
        saved = save_revision(text, principal, note)
        recalculate(saved.calendar.code, principal)
    return saved


def preview(source: str) -> list[Moved]:
    """Return the open deadlines that the calendar in `source` would move; changes nothing.

    Raises:
        Invalid: the TOML is not a calendar.
    """
    content = read_toml(source)
    code = str(content["code"])
    newest = build(revision_name(code, _last_number(code) + 1), content)
    calendars = all_calendars().with_newest(code, newest)
    found: list[Moved] = []
    for procedure in procedures():
        for row in _open_rows(procedure):
            found += _moved(procedure, row, code, calendars)
    return found


def save_revision(source: str, principal: Principal, note: str = "") -> CalendarRevision:
    """Save a calendar's content as its newest revision; clocks that run stay on theirs."""
    if not principal.can(Capability.EDIT_WORKFLOW):
        raise NotAllowed("calendar.edit", "您的岗位没有维护日历的权限。")
    content = read_toml(source)
    with transaction.atomic():
        _lock(content["code"])
        calendar = _store(content)
        last = calendar.revisions.order_by("-number").first()
        if last is not None and last.content == content:
            return last
        calendar.revision = last.number + 1 if last else 1
        calendar.save(update_fields=["revision"])
        saved = CalendarRevision.objects.create(
            calendar=calendar,
            number=calendar.revision,
            content=content,
            note=note,
            made_by=principal.name[:80],
        )
        record(
            "workflow.calendar",
            actor=principal.actor(Capability.EDIT_WORKFLOW),
            subject_type="workflow.calendar",
            subject_id=calendar.pk,
            detail={"code": calendar.code, "revision": saved.number, "note": note},
        )
        revisions.bump(REVISION)
    return saved


def recalculate(code: str, principal: Principal) -> int:
    """Move open clocks whose deadline differs to the newest revision; return how many instances.

    Each moved instance gets one event. Repeating it changes nothing, so a timer may run it after
    a change for those that another process began meanwhile on the revision before.
    """
    calendars = all_calendars()
    count = 0
    for procedure in procedures():
        stale = [
            row["id"] for row in _open_rows(procedure) if _moved(procedure, row, code, calendars)
        ]
        for first in range(0, len(stale), _BATCH):
            ids = stale[first : first + _BATCH]
            count += _recalculate_batch(procedure, ids, code, principal, calendars)
    return count


def _recalculate_batch(
    procedure: Procedure,
    ids: Sequence[int],
    code: str,
    principal: Principal,
    calendars: Calendars,
) -> int:
    with transaction.atomic():
        manager = procedure.model._default_manager
        rows = manager.select_for_update().filter(pk__in=ids).order_by("pk").values()
        steps: list[Step] = []
        for row in rows:
            found = _step(procedure, cast("dict[str, Any]", row), code, principal, calendars)
            if found is not None:
                steps.append(found)
        if steps:
            update_rows(procedure, [(one.row, set(one.changes)) for one in steps])
            write_follow_ups([Written(one) for one in steps], calendars)
    return len(steps)


def _step(
    procedure: Procedure,
    row: dict[str, Any],
    code: str,
    principal: Principal,
    calendars: Calendars,
) -> Step | None:
    at = max(timezone.now(), row["changed_at"])
    clocks = clocks_of(row["clocks"])
    moves = _moves(clocks, to_epoch(at), code, calendars)
    if row["closed_at"] is not None or not moves:
        return None
    return assemble(
        procedure,
        definition_of(row["definition_id"]),
        RECALCULATED,
        row,
        principal.actor(RECALCULATED.capability),
        at,
        clocks=clocks,
        calendars=calendars,
        to_state=row["state"],
        sets={},
        moves=moves,
        requests=[],
        data={"calendar": calendars.newest(code).name},
    )


def _moved(
    procedure: Procedure, row: dict[str, Any], code: str, calendars: Calendars
) -> Iterator[Moved] | list[Moved]:
    clocks = clocks_of(row["clocks"])
    at = to_epoch(max(timezone.now(), row["changed_at"]))
    moves = _moves(clocks, at, code, calendars)
    if not moves:
        return []
    after = apply_moves(clocks, moves, at, calendars)
    return [
        Moved(procedure.code, row["id"], name, from_epoch(before.due), from_epoch(now.due))
        for _, name, _ in moves
        if (before := clocks[name]).due is not None and (now := after[name]).due is not None
    ]


def _moves(clocks: Clocks, at: int, code: str, calendars: Calendars) -> list[ClockEntry]:
    """Return the operations that move running clocks whose deadline differs."""
    newest = calendars.newest(code)
    found: list[ClockEntry] = []
    for name, clock in clocks.items():
        stale = clock.calendar.rpartition("@")[0] == code and clock.calendar != newest.name
        if not stale or clock.running_since is None or is_settled_late(clock):
            continue
        entry: ClockEntry = ("recalendar", name, {"calendar": newest.name})
        moved = apply_moves({name: clock}, [entry], at, calendars)[name]
        if moved.due != clock.due or moved.warn != clock.warn:
            found.append(entry)
    return found


def _open_rows(procedure: Procedure) -> Iterator[dict[str, Any]]:
    rows = procedure.model._default_manager.filter(closed_at__isnull=True)
    return cast(
        "Iterator[dict[str, Any]]",
        rows.order_by("pk").values("id", "clocks", "changed_at").iterator(chunk_size=2000),
    )


def _last_number(code: str) -> int:
    last = CalendarRevision.objects.filter(calendar__code=code).order_by("-number").first()
    return last.number if last else 0


def _store(content: dict[str, Any]) -> WorkCalendar:
    """Write the calendar's own tables, which the page shows and edits."""
    calendar, _ = WorkCalendar.objects.update_or_create(
        code=content["code"],
        defaults={
            "name": content["name"],
            "timezone": content["timezone"],
            "first_day": date.fromisoformat(content["first"]),
            "last_day": date.fromisoformat(content["last"]),
            "workday_seconds": content["workday_seconds"],
        },
    )
    calendar.hours.all().delete()
    calendar.days.all().delete()
    CalendarHours.objects.bulk_create(
        CalendarHours(
            calendar=calendar,
            weekdays=one["weekdays"],
            start=time.fromisoformat(one["start"]),
            end=time.fromisoformat(one["end"]),
            valid_from=date.fromisoformat(one["from"]),
            valid_to=date.fromisoformat(one["to"]) if one["to"] else None,
        )
        for one in content["hours"]
    )
    CalendarDay.objects.bulk_create(
        CalendarDay(
            calendar=calendar,
            date=date.fromisoformat(day["date"]),
            kind=day["kind"],
            name=day["name"],
            provisional=day["provisional"],
        )
        for day in content["days"]
    )
    return calendar


def _lock(code: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"calendar:{code}"])
