"""Who was shown the names and numbers of a case's reporters: an audit entry for each look.

Serves 个人信息保护法 art. 51 and 54 (access is limited, recorded and can be audited). The entry is
durable before the answer is sent; what could not be written down is not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.actor import Actor
from chengguan.audit.domain.record import NewEntry, record, record_many
from chengguan.registry.domain.duty_index import units
from chengguan.store.database import database_name

from .models import Case, Report

if TYPE_CHECKING:
    from .queries import CaseRow

ACTION: Final = "case.reporter_seen"
#: Looking again within this time at nothing new is the same look.
SAME_LOOK: Final = timedelta(minutes=10)
_LIMIT: Final = 10_000

_Look = tuple[str, int | None, str, int]


@dataclass(frozen=True, slots=True)
class _Seen:
    at: datetime
    reports: frozenset[int]


_looks: dict[_Look, _Seen] = {}


def noted(case: Case, principal: Principal, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the reporters as the API tells them, once it is written down whom this person can read.

    Each has `report_id`, and `name` and `phone`, both empty where they are hidden.
    """
    seen = [one["report_id"] for one in told if one["name"] or one["phone"]]
    note_seen(case, principal, seen)
    return told


def shown_on_page(reports: Iterable[Report], open_to: frozenset[int]) -> list[int]:
    """Give the ids of the reports whose reporter the case page names."""
    return [
        one.pk
        for one in reports
        if one.case_id in open_to and (one.reporter_name or one.reporter_phone)
    ]


def note_seen(case: Case, principal: Principal, report_ids: Iterable[int]) -> None:
    """Write that a person was shown who made these reports of a case; no reports, no statement.

    One statement, and none when the same person was shown the same in the last ten minutes. That
    is remembered by each process for itself, so a look may be written once by each; only what was
    committed is remembered.
    """
    seen = frozenset(report_ids)
    if not seen:
        return
    look = (database_name(), principal.user_id, principal.name, case.pk)
    now = timezone.now()
    last = _looks.get(look)
    if last is not None and seen <= last.reports and now - last.at < SAME_LOOK:
        return
    record(
        ACTION,
        actor=_actor(case, principal),
        subject_type="case",
        subject_id=case.pk,
        detail={"number": case.number, "reports": sorted(seen)},
        at=now,
    )
    transaction.on_commit(lambda: _remember(look, _Seen(now, seen)))


def note_found(principal: Principal, found: Sequence[tuple[CaseRow, int]]) -> None:
    """Write that a person was shown who made a case's report, (row, report id) each, among others.

    One statement, none where nothing is shown; every time, for each answers a question of its own.
    """
    _note_each(principal, found, "by_caller")


def note_taken(principal: Principal, taken: Sequence[tuple[CaseRow, int]]) -> None:
    """Write that a person took away who made a case's report, (row, report id) each; one statement.

    Written before the rows are, and every time: a file that has left can be read by anybody.
    """
    _note_each(principal, taken, "export")


def _note_each(principal: Principal, told: Sequence[tuple[CaseRow, int]], how: str) -> None:
    now = timezone.now()
    record_many(
        [
            NewEntry(
                action=ACTION,
                actor=_actor_there(principal, row.area_code, _path(row.unit_id), row.matter_code),
                subject_type="case",
                subject_id=row.id,
                detail={"number": row.number, "reports": [report], how: True},
                at=now,
            )
            for row, report in told
        ]
    )


def forget() -> None:
    """Forget who looked; for tests."""
    _looks.clear()


def _actor(case: Case, principal: Principal) -> Actor:
    return _actor_there(principal, case.area_code, case.unit_path, case.matter_code)


def _path(unit_id: int | None) -> str:
    unit = units().get(unit_id) if unit_id is not None else None
    return unit.path if unit else ""


def _actor_there(principal: Principal, area_code: str, path: str, matter_code: str) -> Actor:
    there = principal.actor(
        Capability.SEE_PERSONAL,
        area_code=area_code,
        organisation_path=path,
        matter_code=matter_code or None,
    )
    # Where only a merged case is open to him, the post that opens it lies elsewhere.
    return there if there.post else principal.actor(Capability.SEE_PERSONAL)


def _remember(look: _Look, seen: _Seen) -> None:
    if len(_looks) >= _LIMIT:
        _looks.clear()
    _looks[look] = seen
