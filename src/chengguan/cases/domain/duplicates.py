"""Near-duplicates: the same matter within 50 m and 72 hours; merging and unmerging."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, radians
from typing import Any, Final

from django.db import connection, transaction

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.core.errors import DomainError, Invalid
from chengguan.core.metres import distance_m
from chengguan.workflow.domain import Applied, Command, Refused, act_many

from ..models import Case

METRES: Final = 50.0
HOURS: Final = 72
_METRES_PER_DEGREE: Final = 111_132.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case that may be about the same thing; `metres` away, `hours` apart."""

    id: int
    number: str
    state: str
    text: str
    opened_at: datetime
    metres: float
    hours: float
    point: tuple[float, float]


def candidates(
    kind: str,
    matter_code: str,
    point: tuple[float, float],
    at: datetime,
    *,
    but: int | None = None,
    metres: float = METRES,
    hours: int = HOURS,
    limit: int = 20,
) -> list[Candidate]:
    """Find main cases of the same matter near `point` (CGCS2000) opened around `at`; nearest first."""
    lon, lat = point
    # A degree of longitude shrinks with the latitude; the box must hold the circle everywhere.
    north = metres / _METRES_PER_DEGREE * 1.01
    east = north / max(cos(radians(abs(lat) + north)), 1e-6)
    span = timedelta(hours=hours)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, number, state, text, opened_at, point[0], point[1] FROM cases_case "
            "WHERE point <@ box(point(%s, %s), point(%s, %s)) AND kind = %s AND matter_code = %s "
            "AND opened_at BETWEEN %s AND %s AND main_case_id IS NULL AND state <> 'voided' "
            "AND id <> %s",
            [
                lon - east,
                lat - north,
                lon + east,
                lat + north,
                kind,
                matter_code,
                at - span,
                at + span,
                but or 0,
            ],
        )
        found = [
            Candidate(
                key,
                number,
                state,
                text,
                opened_at,
                metres=distance_m(lon, lat, east_of, north_of),
                hours=abs((opened_at - at).total_seconds()) / 3600,
                point=(east_of, north_of),
            )
            for key, number, state, text, opened_at, east_of, north_of in cursor.fetchall()
        ]
    near = [one for one in found if one.metres <= metres]
    return sorted(near, key=lambda one: (one.metres, one.id))[:limit]


def candidates_of(case: Case) -> list[Candidate]:
    """Find what `case` may be a duplicate of; nothing without a place and a matter."""
    if case.point is None or not case.matter_code:
        return []
    return candidates(case.kind, case.matter_code, case.point, case.opened_at, but=case.pk)


def merge(
    case: Case, principal: Principal, data: Mapping[str, Any], at: datetime | None = None
) -> Applied:
    """Let `case` join the main case `data["main"]`; both rows move in one transaction.

    Its reports stay its own, so that unmerging loses nothing; its clocks stand still.

    Raises:
        DomainError: why either of the two can't.
    """
    main = data.get("main")
    if isinstance(main, str) and main.isascii() and main.isdigit() and len(main) < 17:
        main = int(main)
    if isinstance(main, bool) or not isinstance(main, int) or not 0 < main < 2**53:
        raise Invalid("workflow.required", "请填写“主案件”。", field="main", verb="merge")
    absorb = {"case": case.pk, "reports": case.reports}
    return _both(case, "merge", data, main, "absorb", absorb, principal, at)


def unmerge(
    case: Case, principal: Principal, data: Mapping[str, Any], at: datetime | None = None
) -> Applied:
    """Give `case` its own life back, as it was: state, clocks, reports."""
    main = case.main_case_id
    if main is None:
        raise Invalid("cases.not_merged", "本案没有并入其他案件。")
    release = {"case": case.pk, "reports": case.reports}
    return _both(case, "unmerge", data, main, "release", release, principal, at)


def _both(
    case: Case,
    verb: str,
    data: Mapping[str, Any],
    main: int,
    other_verb: str,
    other_data: Mapping[str, Any],
    principal: Principal,
    at: datetime | None,
) -> Applied:
    try:
        with transaction.atomic():
            first = _one(Command(case.pk, verb, principal, data, at))
            _one(Command(main, other_verb, principal, other_data, at))
    except DomainError as error:
        # What the batch noted of the refusal went with its transaction.
        record(
            f"case.{verb}",
            actor=principal.actor(),
            subject_type="case",
            subject_id=case.pk,
            result=Result.REFUSED,
            detail={"code": error.code, "why": error.message, "other": main},
        )
        raise
    case.refresh_from_db()
    return first


def _one(command: Command) -> Applied:
    (done,) = act_many("case", [command])
    if isinstance(done, Refused):
        raise done.error
    return done
