"""Everything the page of one case shows, in at most fifteen statements however long its story."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q

from chengguan.accounts.domain.principal import Principal
from chengguan.files.domain.attach import attachments_of
from chengguan.files.models import Attachment
from chengguan.registry.domain import catalogue
from chengguan.workflow.domain import Offer, available, definition_of
from chengguan.workflow.domain.shape import Compiled
from chengguan.workflow.models import Event, Request

from .. import crossing
from ..crossing import Crossed
from ..disclosure import note_seen, shown_on_page
from ..domain.duplicates import Candidate, candidates_of
from ..finding import find_case
from ..models import Case, Report
from ..queries import cases_visible_to, open_reporters, reports_of
from . import clocks, words
from .stages import Stage, stages_of
from .timeline import Moment, moments, people_in

SUBJECT: Final = "case"
_REPORTS: Final = 50


@dataclass(frozen=True)
class PendingRequest:
    """A request as shown, with the verbs by which this person may decide it."""

    row: Request
    title: str
    status: str
    asked_by: str
    offers: list[Offer]


@dataclass(frozen=True)
class CasePage:
    """The page's content; `offers` are sorted: the primary one, those allowed, the others."""

    case: Case
    definition: Compiled
    state: str
    stage: str
    matter: str
    rule: Any
    unit: str
    area: list[Any]
    people: dict[int, str]
    moments: list[Moment]
    photos: list[Attachment]
    others: list[Attachment]
    clocks: list[clocks.Reading]
    stages: list[Stage]
    assisting: list[tuple[str, bool]]
    crossed: Sequence[Crossed]
    offers: list[Offer]
    refused: list[Offer]
    requests: list[PendingRequest]
    reports: list[Report]
    candidates: list[Candidate]
    main: Case | None
    merged: list[Case]
    open_reporters: frozenset[int]


def case_page(principal: Principal, number: str) -> CasePage:
    """Gather the page: case, events, files, requests, reports, relatives, names.

    Whoever is shown who reported is noted in the audit.
    """
    case = find_case(principal, number)
    definition = definition_of(case.definition_id)
    events = list(Event.objects.filter(instance_id=case.pk).order_by("seq"))
    files = attachments_of(SUBJECT, [case.pk])[case.pk]
    requests = list(Request.objects.filter(instance_id=case.pk).order_by("-asked_at"))
    relatives = _relatives(principal, case)
    reports = list(reports_of(case)[:_REPORTS])
    open_to = open_reporters(case, principal)
    note_seen(case, principal, shown_on_page(reports, open_to))
    named = people_in(events, definition) | {one.asked_by for one in requests if one.asked_by}
    people = words.people_names(
        [*named, case.handler_id, case.acceptor_id, case.dispatcher_id, case.collector_id]
    )
    photos = [one for one in files if one.blob.media_type.startswith("image/")]
    offers, refused = sorted_offers(available(case, principal))
    return CasePage(
        case=case,
        definition=definition,
        state=definition.states[case.state].title,
        stage=definition.stages[case.stage],
        matter=words.matter_name(case.kind, case.matter_code),
        rule=catalogue.rule(case.rule_id) if case.rule_id else None,
        unit=words.unit_name(case.unit_id),
        area=words.areas(case.area_code),
        people=people,
        moments=moments(events, definition, people, _by_event(photos)),
        photos=photos,
        others=[one for one in files if one not in photos],
        clocks=clocks.readings(case.clocks, definition),
        stages=stages_of(case),
        assisting=[(words.unit_name(one), one in case.assisted) for one in case.assisting],
        crossed=crossing.of_case(case.pk),
        offers=[one for one in offers if one.request == "" or one.verb.startswith("ask_")],
        refused=[one for one in refused if one.request == "" or one.verb.startswith("ask_")],
        requests=[_request(one, definition, people, offers) for one in requests],
        reports=reports,
        candidates=_candidates(principal, case, offers),
        main=next((one for one in relatives if one.pk == case.main_case_id), None),
        merged=[one for one in relatives if one.main_case_id == case.pk],
        open_reporters=open_to,
    )


def sorted_offers(offers: list[Offer]) -> tuple[list[Offer], list[Offer]]:
    """Return the verbs allowed (the primary first), and the others with their reasons."""
    allowed = sorted((one for one in offers if one.allowed), key=lambda one: not one.primary)
    return allowed, [one for one in offers if not one.allowed]


def _request(
    row: Request, definition: Compiled, people: dict[int, str], offers: list[Offer]
) -> PendingRequest:
    spec = definition.requests.get(row.kind)
    decide = ("approve_", "grant_", "refuse_", "withdraw_")
    return PendingRequest(
        row=row,
        title=spec.title if spec else row.kind,
        status=words.request_status(row),
        asked_by=people.get(row.asked_by or 0, ""),
        offers=[
            one
            for one in offers
            if row.status == "pending" and one.request == row.kind and one.verb.startswith(decide)
        ],
    )


def _candidates(principal: Principal, case: Case, offers: list[Offer]) -> list[Candidate]:
    """Look for duplicates only where the person could merge: others have no use for them."""
    if not any(one.verb == "merge" for one in offers):
        return []
    found = candidates_of(case)
    if not found:
        return []
    rows = cases_visible_to(principal).filter(pk__in=[one.id for one in found])
    seen = set(rows.values_list("pk", flat=True))
    return [one for one in found if one.id in seen]


def _relatives(principal: Principal, case: Case) -> list[Case]:
    wanted = Q(main_case_id=case.pk)
    if case.main_case_id is not None:
        wanted |= Q(pk=case.main_case_id)
    rows = cases_visible_to(principal).filter(wanted)
    return list(rows.only("id", "number", "state", "main_case_id", "opened_at", "definition_id"))


def _by_event(photos: list[Attachment]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for one in photos:
        if one.event_id is not None:
            found[one.event_id].append(one)
    return found
