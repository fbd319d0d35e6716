"""What an overseer looks at: orders that run, what is late and nobody oversees, key cases, checks in the street."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.models import Case
from chengguan.cases.queries import CaseRow, cases_visible_to, rows_of
from chengguan.cases.screens import words
from chengguan.workflow.enums import RequestStatus
from chengguan.workflow.models import Request

SIZE: Final = 50
#: The stages in which a unit has the case and can answer.
WITH_UNIT: Final = ("handle", "check")
_IN_STREET: Final = ("verifying", "checking")
TABS: Final = {
    "late": "超期未督办",
    "early": "派遣前超期",
    "running": "督办待答复",
    "answered": "督办已答复",
    "key": "重点未督办",
    "street": "核实核查",
}


@dataclass(frozen=True)
class Line:
    """A case as an overseer sees it, with its newest order and who is in the street for it."""

    case: CaseRow
    level: int
    answer_due: datetime | None
    wanted: str
    answer: str
    answered_by: str
    answered_at: datetime | None
    collector: str
    may_oversee: bool


@dataclass(frozen=True)
class Lines:
    """One page of cases; `next_cursor` is empty at the end."""

    rows: tuple[Line, ...]
    next_cursor: str


def of_tab(tab: str, now: datetime) -> Q:
    """Give the condition of a tab over open cases; each looks at a case for one reason."""
    # What was merged is overseen with its main case, and what is suspended is not late.
    free = Q(overseen=False, main_case_id__isnull=True)
    late = free & Q(stage_due_at__lt=now)
    with_unit = Q(stage__in=WITH_UNIT)
    return {
        "running": Q(overseen=True, oversight_due_at__isnull=False),
        "answered": Q(overseen=True, oversight_due_at__isnull=True),
        "late": late & with_unit,
        # No unit has it that could answer: only whoever is to accept or dispatch it can be urged.
        "early": late & ~with_unit,
        "key": free & Q(important=True),
        "street": Q(state__in=_IN_STREET),
    }[tab]


def cases_of(principal: Principal, tab: str, now: datetime) -> QuerySet[Case]:
    """Give the open cases of a tab that the person sees."""
    return cases_visible_to(principal).filter(of_tab(tab, now), closed_at__isnull=True)


def counts(principal: Principal, now: datetime) -> dict[str, int]:
    """Count the tabs; one statement, by the same conditions as their lists."""
    asked = {tab: Count("id", filter=of_tab(tab, now)) for tab in TABS}
    rows = cases_visible_to(principal).filter(closed_at__isnull=True)
    return dict(rows.order_by().aggregate(**asked))


def page(
    principal: Principal, tab: str, now: datetime, after: tuple[datetime | None, int] | None = None
) -> Lines:
    """Give one page of a tab, the most overdue (of answers: the first due) first; four statements."""
    rows = cases_of(principal, tab, now)
    column = "oversight_due_at" if tab == "running" else "stage_due_at"
    if after is not None:
        rows = rows.filter(_after(column, *after))
    ordered = rows.order_by(F(column).asc(nulls_last=True), "id")
    found = list(ordered.values_list("pk", column)[: SIZE + 1])
    kept = found[:SIZE]
    cursor = ""
    if len(found) > SIZE:
        key, due = kept[-1]
        cursor = f"{due.isoformat() if due else ''}_{key}"
    return Lines(_lines([key for key, _ in kept], now), cursor)


def latest(principal: Principal, tab: str, now: datetime, most: int) -> tuple[CaseRow, ...]:
    """Give the first cases of a tab, the most overdue first."""
    ordered = cases_of(principal, tab, now).order_by(F("stage_due_at").asc(nulls_last=True), "id")
    return rows_of(list(ordered.values_list("pk", flat=True)[:most]), now)


def _after(column: str, due: datetime | None, key: int) -> Q:
    if due is None:
        return Q(**{f"{column}__isnull": True}, id__gt=key)
    later = Q(**{f"{column}__gt": due}) | Q(**{column: due}, id__gt=key)
    return later | Q(**{f"{column}__isnull": True})


def _lines(ids: list[int], now: datetime) -> tuple[Line, ...]:
    columns = ("oversight_level", "oversight_due_at", "collector_id")
    beside = {pk: rest for pk, *rest in Case.objects.filter(pk__in=ids).values_list("pk", *columns)}
    orders = Request.objects.filter(instance_id__in=ids, kind="oversight").order_by("asked_at")
    newest = {one.instance_id: one for one in orders}
    people = words.people_names([rest[2] for rest in beside.values()])
    return tuple(
        _line(row, beside[row.id], newest.get(row.id), people) for row in rows_of(ids, now)
    )


def _line(row: CaseRow, beside: list[Any], order: Request | None, people: dict[int, str]) -> Line:
    level, due, collector = beside
    answered = order is not None and order.status == RequestStatus.GRANTED
    said = order.decisions[-1] if order is not None and answered and order.decisions else {}
    return Line(
        case=row,
        level=level,
        answer_due=due,
        wanted=order.reason if order else "",
        answer=said.get("reason", ""),
        answered_by=said.get("name", ""),
        answered_at=order.decided_at if order is not None and answered else None,
        collector=people.get(collector, "") if collector else "",
        may_oversee=row.stage in WITH_UNIT,
    )
