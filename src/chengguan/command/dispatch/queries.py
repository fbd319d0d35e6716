"""What a dispatcher is shown: the queue with its answers, and everything about one case's dispatch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Q

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.models import Case
from chengguan.cases.queries import CaseRow, rows_of
from chengguan.cases.screens.queues import my_case_ids
from chengguan.cases.screens.stages import Stage, stages_of
from chengguan.registry.domain.duty import CONFLICT, GAP, ONE, Resolution, owners_of, resolve
from chengguan.registry.domain.duty_index import Unit, units
from chengguan.registry.domain.locate import chain
from chengguan.workflow.domain import tally
from chengguan.workflow.models import Event, Request

from .candidates import Candidate, measured, since, usual_units

AWAITING: Final = "awaiting_dispatch"
MOST: Final = 200
_NAMED: Final = 6
_STREET: Final = 9

#: What a dispatcher does about an answer, by its status and whether somebody sent the case back.
_ADVICE: Final = {
    ONE: "权责明确，可直接派遣；改派其他单位须填写理由。",
    GAP: "没有单位负责：可从下列经常处置该事项的单位中选派并写明理由，或申请裁定；并请补充权责。",
    CONFLICT: "多个单位的权责同样明确：请申请裁定，裁定将成为以后的依据；紧急的可先选一个单位派遣并写明理由。",
    "returned": "单位已退回一次：可改派并写明理由；仍有争议的请申请裁定，以免再次退回。",
    "pending": "已申请裁定，派遣计时暂停；裁定后按裁定派遣。等不及的可先派遣，申请随之失效。",
    "rework": "不予结案的案件，须派回原处置单位。",
}


@dataclass(frozen=True, slots=True)
class Returned:
    """One time a case came back: when, from whom, why, and the clause that was named."""

    at: datetime
    unit: str
    who: str
    reason: str
    basis: str


@dataclass(frozen=True, slots=True)
class Assisting:
    """A unit beside the lead, and whether it has said that it is done."""

    id: int
    name: str
    done: bool


@dataclass(frozen=True, slots=True)
class DispatchView:
    """Why a case goes where: the answer with its whole trace, and the units it might go to."""

    case: Case
    at: datetime
    since: date
    resolution: Resolution
    status: str
    advice: str
    certain: bool
    candidates: list[Candidate]
    chosen: int | None
    stages: list[Stage]
    returns: list[Returned]
    pending: Request | None
    assisting: list[Assisting]
    towns: list[str]


@dataclass(frozen=True, slots=True)
class Line:
    """One case of the queue: its line, who answers for it, and whether that is beyond doubt."""

    row: CaseRow
    resolution: Resolution
    status: str
    certain: bool


def queue(principal: Principal, at: datetime, wanted: Q | None = None) -> list[Line]:
    """Give the cases that await this person's dispatch, the most urgent first; 200 at most.

    Four statements whatever their number.
    """
    ids = my_case_ids(principal, Q(state=AWAITING) & (wanted or Q()), MOST)
    return lines_of(ids, at)


def lines_of(case_ids: Sequence[int], at: datetime) -> list[Line]:
    """Give the lines of these cases in this order; three statements."""
    cases = {one.pk: one for one in Case.objects.filter(pk__in=case_ids)}
    owners = owners_of(one.component_code for one in cases.values())
    lines = []
    for row in rows_of(case_ids, at):
        case = cases.get(row.id)
        if case is None:
            continue
        found = resolve_case(case, at, owners)
        lines.append(Line(row, found, status_of(case, found), is_certain(case, found)))
    return lines


def dispatch_view(principal: Principal, case: Case, at: datetime) -> DispatchView:
    """Give everything about a case's dispatch, for a page or for a part of another's page.

    Six statements at most; what the principal can't see is not counted. The template is
    `command/dispatch/panel.html`, with the view as `view`.
    """
    found = resolve_case(case, at)
    status = status_of(case, found)
    named = _named(principal, case, found, at)
    return DispatchView(
        case=case,
        at=at,
        since=since(at),
        resolution=found,
        status=status,
        advice=_ADVICE[status],
        certain=is_certain(case, found),
        candidates=measured(principal, named, case.kind, case.matter_code, at),
        chosen=_chosen(case, found),
        stages=stages_of(case),
        returns=_returns(case),
        pending=_pending(case),
        assisting=_assisting(case),
        towns=_towns(case),
    )


def may_be_asked(view: DispatchView) -> bool:
    """Say whether the case's doubt is one for an arbiter: nobody, several, or sent back."""
    return view.status in ("gap", "conflict", "returned")


def units_beside(view: DispatchView) -> tuple[list[Unit], list[Unit]]:
    """Give the active units that are no candidates, and all of them, by their place in the tree."""
    listed = {one.id for one in view.candidates}
    every = sorted((one for one in units().values() if one.active), key=lambda one: one.path)
    return [one for one in every if one.id not in listed], every


def resolve_case(case: Case, at: datetime, owners: Any = None) -> Resolution:
    """Give who answers for a case at an instant."""
    return resolve(
        case.kind,
        case.matter_code,
        at,
        area_code=case.area_code,
        component_code=case.component_code,
        owners=owners,
    )


def status_of(case: Case, found: Resolution) -> str:
    """Name what the dispatcher has before him: one, gap, conflict, returned, pending or rework."""
    if case.returned_from == "awaiting_close":
        return "rework"
    if tally.is_pending(case.requests, "ruling"):
        return "pending"
    if case.returned_from == "awaiting_handling" and not _ruled(found):
        return "returned"
    return found.status


def is_certain(case: Case, found: Resolution) -> bool:
    """Say whether the rules leave no doubt: one unit, and nobody has sent the case back since."""
    return status_of(case, found) == ONE


def _ruled(found: Resolution) -> bool:
    return any(line.won and line.source == "precedent" for line in found.trace)


def _chosen(case: Case, found: Resolution) -> int | None:
    if case.returned_from == "awaiting_close":
        return case.unit_id
    # A unit that has sent the case back is not proposed again by itself.
    return found.organisation_id if is_certain(case, found) else None


def _named(
    principal: Principal, case: Case, found: Resolution, at: datetime
) -> list[tuple[int, bool, str]]:
    named: dict[int, tuple[bool, str]] = {}
    for unit in found.candidates:
        why = "依据采用" if found.status == ONE else "权责同样明确"
        named[unit] = (True, why)
    if case.unit_id is not None:
        had = "原处置单位" if case.returned_from == "awaiting_close" else "已退回"
        named[case.unit_id] = (named.get(case.unit_id, (False, ""))[0], had)
    for line in found.trace:
        if line.organisation_id is not None and len(named) < _NAMED:
            named.setdefault(line.organisation_id, (False, line.reason))
    if found.status == GAP and case.matter_code:
        usual = usual_units(principal, case.kind, case.matter_code, case.area_code, at)
        for unit in usual:
            named.setdefault(unit, (False, "近 90 天常处置该事项"))
    return [(unit, proposed, why) for unit, (proposed, why) in named.items()]


def _returns(case: Case) -> list[Returned]:
    if not case.returns:
        return []
    events = Event.objects.filter(
        instance_id=case.pk, verb__in=["return_to_dispatcher", "ask_return"]
    )
    known = units()
    return [
        Returned(
            event.at,
            known[event.organisation_id].name if event.organisation_id in known else "",
            event.actor,
            str(event.data.get("reason", "")),
            str(event.data.get("basis", "")),
        )
        for event in events.order_by("seq")
    ]


def _pending(case: Case) -> Request | None:
    if not any(tally.is_pending(case.requests, kind) for kind in ("ruling", "return")):
        return None
    waiting = Request.objects.filter(instance_id=case.pk, status="pending")
    return waiting.filter(kind__in=["ruling", "return"]).first()


def _assisting(case: Case) -> list[Assisting]:
    known = units()
    return [
        Assisting(one, known[one].name if one in known else str(one), one in case.assisted)
        for one in case.assisting
    ]


def _towns(case: Case) -> list[str]:
    """Give the towns of a joint order that crosses a town's border: the place's, and the units'."""
    from chengguan.accounts.models import Organisation

    if not case.assisting:
        return []
    homes = Organisation.objects.filter(pk__in=[case.unit_id, *case.assisting])
    codes = {case.area_code[:_STREET]} | {
        one[:_STREET] for one in homes.values_list("area_code", flat=True)
    }
    named = [chain(code)[-1].name for code in sorted(codes) if len(code) == _STREET and chain(code)]
    return named if len(named) > 1 else []
