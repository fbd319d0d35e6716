"""Requests that wait for somebody's decision, those he made himself, and those lately decided.

Which request a person may decide is the engine's to say (`available`); the tables are only narrowed
by the right and scope he would decide with, so that a page is five statements whatever its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.cases.models import Case
from chengguan.cases.queries import CaseRow, cases_visible_to, rows_of
from chengguan.cases.screens import words
from chengguan.workflow.domain import Offer, available, current, definition_of
from chengguan.workflow.enums import RequestStatus
from chengguan.workflow.models import Request

#: How long a decided request stays in the third tab.
LOOK_BACK: Final = timedelta(days=30)
SIZE: Final = 50
#: What an arbiter rules on; the page of rulings tells the whole dispute.
DISPUTES: Final = ("return", "ruling")
#: Not decided but answered; a unit's managers have nothing else to say yes or no to.
ORDER: Final = "oversight"
_DECIDES: Final = ("approve", "grant", "refuse")


@dataclass(frozen=True)
class Line:
    """One request as shown: its case, who asked, what it asks for, and what this person may say to it."""

    row: Request
    case: CaseRow
    seq: int
    title: str
    status: str
    asked_by: str
    wants: str
    offers: tuple[Offer, ...]
    why_not: str

    @property
    def disputed(self) -> bool:
        """Whether it is ruled by an arbiter, who wants to know how it came to this."""
        return self.row.kind in DISPUTES

    @property
    def waits(self) -> bool:
        """Whether this person can decide it."""
        return bool(self.offers)


@dataclass(frozen=True)
class Lines:
    """One page of requests; `next_cursor` is empty at the end."""

    rows: tuple[Line, ...]
    next_cursor: str


def to_decide(principal: Principal) -> QuerySet[Request]:
    """Give the pending requests that this person's posts decide, his own left out."""
    wanted = Q(pk__in=[])
    kinds = current("case").requests.values()
    for capability in sorted({one for kind in kinds for one in kind.capabilities}):
        if principal.can(capability):
            scope = scope_q(principal, capability, organisation_path="organisation_path")
            wanted |= Q(capability=capability) & scope
    rows = seen(principal).filter(wanted, status=RequestStatus.PENDING)
    if principal.user_id is None:
        return rows
    # Four eyes: who asked does not decide, and who approved first does not grant.
    mine = Q(asked_by=principal.user_id) | Q(decisions__contains=[{"by": principal.user_id}])
    return rows.exclude(mine)


def asked_by(principal: Principal, now: datetime) -> QuerySet[Request]:
    """Give the person's own requests: the pending ones, and those decided in the last 30 days."""
    if principal.user_id is None:
        return Request.objects.none()
    fresh = Q(status=RequestStatus.PENDING) | Q(decided_at__gte=now - LOOK_BACK)
    return seen(principal).filter(fresh, asked_by=principal.user_id)


def decided(principal: Principal, now: datetime) -> QuerySet[Request]:
    """Give the requests decided in the last 30 days, of the cases this person sees."""
    return seen(principal).filter(decided_at__gte=now - LOOK_BACK)


def page(
    principal: Principal,
    rows: QuerySet[Request],
    now: datetime,
    *,
    newest: bool = False,
    after: tuple[datetime | None, int] | None = None,
    kind: str = "",
) -> Lines:
    """Give one page of requests, oldest first unless `newest`: five statements, however many."""
    if kind:
        rows = rows.filter(kind=kind)
    if after is not None:
        at, key = after
        later = Q(asked_at__lt=at) if newest else Q(asked_at__gt=at)
        same = Q(asked_at=at, id__lt=key) if newest else Q(asked_at=at, id__gt=key)
        rows = rows.filter(later | same)
    order = ("-asked_at", "-id") if newest else ("asked_at", "id")
    found = list(rows.order_by(*order)[: SIZE + 1])
    kept = found[:SIZE]
    cursor = f"{kept[-1].asked_at.isoformat()}_{kept[-1].pk}" if len(found) > SIZE else ""
    return Lines(_lines(principal, kept, now), cursor)


def line_of(principal: Principal, request: Request, now: datetime) -> Line | None:
    """Give one request as shown, None where its case is not this person's to see."""
    found = _lines(principal, [request], now)
    return found[0] if found else None


def counts(rows: QuerySet[Request]) -> list[tuple[str, str, int]]:
    """Count requests by kind as (kind, title, number), in the order of the procedure; one statement."""
    found = dict(rows.order_by().values_list("kind").annotate(number=Count("id")))
    titles = {kind: spec.title for kind, spec in current("case").requests.items()}
    order = [*titles, *sorted(set(found) - set(titles))]
    return [(kind, titles.get(kind, kind), found[kind]) for kind in order if kind in found]


def only_answers(counted: Sequence[tuple[str, str, int]]) -> bool:
    """Say whether all that waits are orders to be answered; asked of what `counts` gave."""
    return bool(counted) and all(kind == ORDER for kind, _, _ in counted)


def seen(principal: Principal) -> QuerySet[Request]:
    """Give the requests of the cases that the person sees: a count is then that of the lines."""
    cases = cases_visible_to(principal).values("pk")
    return Request.objects.filter(procedure="case", instance_id__in=cases)


def _lines(principal: Principal, rows: Sequence[Request], now: datetime) -> tuple[Line, ...]:
    ids = [row.instance_id for row in rows]
    cases = {one.pk: one for one in Case.objects.filter(pk__in=ids)}
    shown = {one.id: one for one in rows_of(list(cases), now)}
    people = words.people_names([row.asked_by for row in rows])
    return tuple(
        _line(principal, row, cases[row.instance_id], shown[row.instance_id], people)
        for row in rows
        if row.instance_id in cases
    )


def _line(
    principal: Principal, row: Request, case: Case, shown: CaseRow, people: dict[int, str]
) -> Line:
    definition = definition_of(case.definition_id)
    spec = definition.requests.get(row.kind)
    offers: list[Offer] = []
    why_not = ""
    if row.status == RequestStatus.PENDING:
        mine = [one for one in available(case, principal) if one.request == row.kind]
        said = [one for one in mine if one.verb.split("_", 1)[0] in (*_DECIDES, "withdraw")]
        offers = [one for one in said if one.allowed]
        why_not = next((one.reason for one in said if not one.allowed), "")
    return Line(
        row=row,
        case=shown,
        seq=case.seq,
        title=spec.title if spec else row.kind,
        status=words.request_status(row),
        asked_by=people.get(row.asked_by or 0, ""),
        wants=_wants(row),
        offers=tuple(offers),
        why_not=why_not,
    )


def _wants(row: Request) -> str:
    """Say what is asked for beyond the reason, in one phrase."""
    if row.kind == "suspension":
        until = _instant(row.data.get("until"))
        return f"挂账至 {until}" if until else ""
    if row.kind == ORDER:
        until = _instant(row.data.get("answer_by"))
        return f"限 {until} 前答复" if until else ""
    if row.kind == "extension":
        return "加一个原时限"
    if row.kind == "return":
        named = words.unit_name(row.data.get("unit"))
        return f"建议单位：{named}" if named else ""
    return ""


def _instant(value: Any) -> str:
    from chengguan.ui.clockface import short

    try:
        return short(datetime.fromisoformat(str(value))) if value else ""
    except ValueError:
        return ""
