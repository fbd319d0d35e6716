"""The one door in: a report from any channel becomes a case, once.

`take_in` for one report (two statements), `take_in_many` for batches (COPY). Points are
converted here, once, from the system the sender names; the report keeps them as they came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.core.codes import CASES_PER_DAY, case_number
from chengguan.core.collecting import collector_paused
from chengguan.core.errors import DomainError
from chengguan.store import ids
from chengguan.store.prepared import fetch_all, fetch_one
from chengguan.workflow.domain import Command, Evidence, act_many, begin
from chengguan.workflow.domain import Refused as StepRefused

from ..enums import ReportStatus
from ..errors import NumbersExhausted
from ..places import Place, number_area
from . import numbers
from .checking import check_report, check_reporter, places_of
from .reporting import carrying

_LIMIT: Final = 5_000


@dataclass(frozen=True, slots=True)
class Then:
    """A step that comes with the report: filing by a collector, handling by himself.

    `at` is the report's own moment unless recorded history says a later one.
    """

    verb: str
    data: Mapping[str, Any] = field(default_factory=dict)
    attachments: Sequence[Evidence] = ()
    at: datetime | None = None


@dataclass(slots=True)  # not frozen: that takes three times as long to make
class NewReport:
    """A report as it comes in. (client, key) names the message: the same again is the same report.

    `lon`, `lat` are degrees in `crs` (CGCS2000, WGS84, GCJ02, BD09). `area_code` is taken where
    there is no point; with neither, the acceptor finds the place. `raw` is the message itself.
    """

    source: str
    client: str
    key: str
    text: str = ""
    at: datetime | None = None
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    crs: str = "CGCS2000"
    area_code: str = ""
    kind: str = ""
    matter_code: str = ""
    component_code: str = ""
    reporter_id: int | None = None
    reporter_name: str = ""
    reporter_phone: str = ""
    source_ref: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
    important: bool = False
    attachments: Sequence[Evidence] = ()
    then: Sequence[Then] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to a report; `created` is false when it had been taken in before."""

    report_id: int
    case_id: int
    number: str
    created: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Why one report of a batch was not taken in; the others were."""

    error: DomainError


def take_in(new: NewReport, principal: Principal, at: datetime | None = None) -> Taken:
    """Take in one report and begin its case; durable when this returns.

    `at` is when we received it, now unless history is replayed; the case's clocks start then.

    Raises:
        NotAllowed: the principal may not report.
        ReportInvalid, OutsideCity: what is wrong with the report, by field.
        NumbersExhausted: the district has had its 99,999 cases of the day.
        DomainError: a step of `then` was refused; then nothing is taken in.
    """
    moment = at or timezone.now()
    check_reporter(principal)
    check_report(new)
    place = places_of([new])[0]
    if isinstance(place, DomainError):
        raise place
    known, number = _number_unless_known(new, place, moment)
    if known is not None:
        return known
    report_id, case_id = ids.take_ids(2)
    row = _case_row(new, place, number, case_id, principal)
    report = _report_row(new, place, report_id, case_id, moment, principal)
    try:
        with carrying({case_id: report}):
            if new.then:
                _begin_with(new, row, principal, moment)
            else:
                begin("case", row, "report", principal, {}, moment, attachments=new.attachments)
    except IntegrityError as error:
        # The same message on another connection was faster; its answer is ours.
        if "cases_report_once" not in str(error):
            raise
        return _known([new])[new.client, new.key]
    return Taken(report_id, case_id, number, created=True)


def take_in_many(
    news: Sequence[NewReport],
    principal: Principal | Sequence[Principal],
    at: datetime | None = None,
) -> list[Taken | Refused]:
    """Take in reports, 5,000 to a transaction; a bad one is refused by itself.

    Gives one answer for each report, in order. A batch sent again gives the same answers.
    `principal` is who sends them all, or one for each report. `at` may be left out to take each
    report's own time.

    Raises:
        NotAllowed: a principal may not report; nothing is taken in.
        ValueError: there are more or fewer principals than reports.
    """
    senders = [principal] * len(news) if isinstance(principal, Principal) else list(principal)
    if len(senders) != len(news):
        raise ValueError(f"{len(senders)} principals for {len(news)} reports")
    for one in {id(one): one for one in senders}.values():
        check_reporter(one)
    answers: list[Taken | Refused] = []
    for first in range(0, len(news), _LIMIT):
        part = slice(first, first + _LIMIT)
        with collector_paused(len(news[part])):
            answers += _take_in_batch(news[part], senders[part], at)
    return answers


def _take_in_batch(
    news: Sequence[NewReport], senders: Sequence[Principal], at: datetime | None
) -> list[Taken | Refused]:
    for _ in range(3):
        try:
            return _attempt(news, senders, at)
        except IntegrityError as error:
            # Somebody else took in one of these meanwhile: now it is known, and answered so.
            if "cases_report_once" not in str(error):
                raise
    return _attempt(news, senders, at)


def _attempt(
    news: Sequence[NewReport], senders: Sequence[Principal], at: datetime | None
) -> list[Taken | Refused]:
    known = _known(news)
    answers: dict[int, Taken | Refused] = {}
    fresh: dict[tuple[str, str], int] = {}
    for index, new in enumerate(news):
        key = (new.client, new.key)
        if key in known:
            answers[index] = known[key]
        elif key not in fresh:
            try:
                check_report(new)
            except DomainError as error:
                answers[index] = Refused(error)
            else:
                fresh[key] = index
    _begin_batch(news, list(fresh.values()), senders, at, answers)
    result: list[Taken | Refused] = []
    for index, new in enumerate(news):
        answer = answers.get(index)
        if answer is None:
            # The same key twice in one batch: the first one's answer.
            first = answers[fresh[new.client, new.key]]
            answer = (
                Taken(first.report_id, first.case_id, first.number, created=False)
                if isinstance(first, Taken)
                else first
            )
        result.append(answer)
    return result


def _begin_batch(
    news: Sequence[NewReport],
    indexes: Sequence[int],
    senders: Sequence[Principal],
    at: datetime | None,
    answers: dict[int, Taken | Refused],
) -> None:
    now = timezone.now()
    placed: list[tuple[int, Place, datetime]] = []
    for index, place in zip(indexes, places_of([news[i] for i in indexes]), strict=True):
        if isinstance(place, DomainError):
            answers[index] = Refused(place)
        else:
            placed.append((index, place, at or news[index].at or now))
    if not placed:
        return
    drawn = numbers.take_numbers([(number_area(p.area_code), moment) for _, p, moment in placed])
    numbered = ids.take_ids(2 * len(placed))
    reports: dict[int, dict[str, Any]] = {}
    commands: list[Command] = []
    owners: list[int] = []
    for position, (index, place, moment) in enumerate(placed):
        new, number, principal = news[index], drawn[position], senders[index]
        report_id, case_id = numbered[2 * position], numbered[2 * position + 1]
        row = _case_row(new, place, number, case_id, principal)
        reports[case_id] = _report_row(new, place, report_id, case_id, moment, principal)
        commands += _commands(new, row, principal, moment)
        owners += [index] * (1 + len(new.then))
        answers[index] = Taken(report_id, case_id, number, created=True)
    with carrying(reports):
        done = act_many("case", commands)
    for index, one in zip(owners, done, strict=True):
        if isinstance(one, StepRefused):
            answers[index] = Refused(one.error)


def _begin_with(new: NewReport, row: Mapping[str, Any], principal: Principal, at: datetime) -> None:
    with transaction.atomic():
        for one in act_many("case", _commands(new, row, principal, at)):
            if isinstance(one, StepRefused):
                raise one.error


def _commands(
    new: NewReport, row: Mapping[str, Any], principal: Principal, at: datetime
) -> list[Command]:
    case_id = row["id"]
    first = Command(case_id, "report", principal, {}, at, row, new.attachments)
    if not new.then:
        return [first]
    rest = [
        Command(
            case_id, step.verb, principal, step.data, step.at or at, attachments=step.attachments
        )
        for step in new.then
    ]
    return [first, *rest]


def _number_unless_known(new: NewReport, place: Place, at: datetime) -> tuple[Taken | None, str]:
    """Look for the same message and draw a number if there is none, in one statement."""
    area6, day = number_area(place.area_code), numbers.local_day(at)
    numbers.ensure_sequence(area6, day)
    report_id, case_id, number, drawn = fetch_one(
        "SELECT r.id, r.case_id, c.number, "  # noqa: S608 (the name is digits)
        f"CASE WHEN r.id IS NULL THEN nextval('{numbers.sequence_name(area6, day)}') END "
        "FROM (SELECT 1) one LEFT JOIN cases_report r ON r.client = %s AND r.key = %s "
        "LEFT JOIN cases_case c ON c.id = r.case_id",
        [new.client, new.key],
    )
    if report_id is not None:
        return Taken(report_id, case_id, number, created=False), ""
    if drawn > CASES_PER_DAY:
        raise NumbersExhausted(area6, day)
    return None, case_number(area6, day, drawn)


# Key by key through the index: for thousands of keys the planner would rather read all reports.
_KNOWN: Final = """
    SELECT k.client, k.key, r.id, r.case_id,
        (SELECT c.number FROM cases_case c WHERE c.id = r.case_id)
    FROM unnest(%s::text[], %s::text[]) AS k(client, key), LATERAL (
        SELECT id, case_id FROM cases_report WHERE client = k.client AND key = k.key LIMIT 1) r
"""


def _known(news: Sequence[NewReport]) -> dict[tuple[str, str], Taken]:
    found = fetch_all(_KNOWN, [[new.client for new in news], [new.key for new in news]])
    return {
        (client, key): Taken(report_id, case_id, number, created=False)
        for client, key, report_id, case_id, number in found
    }


def _case_row(
    new: NewReport, place: Place, number: str, case_id: int, principal: Principal
) -> dict[str, Any]:
    return {
        "id": case_id,
        "number": number,
        "source": new.source,
        "source_ref": new.source_ref,
        "kind": new.kind or ("matter" if new.matter_code else ""),
        "matter_code": new.matter_code,
        "text": new.text,
        "address": new.address,
        "point": place.point,
        "area_code": place.area_code,
        "component_code": new.component_code,
        "reporter_id": _reporter(new, principal),
        "important": new.important,
    }


def _report_row(
    new: NewReport,
    place: Place,
    report_id: int,
    case_id: int,
    at: datetime,
    principal: Principal,
) -> dict[str, Any]:
    return {
        "id": report_id,
        "client": new.client,
        "key": new.key,
        "source": new.source,
        "source_ref": new.source_ref,
        "at": new.at or at,
        "text": new.text,
        "address": new.address,
        "point": place.point,
        "area_code": place.area_code,
        "kind": new.kind,
        "matter_code": new.matter_code,
        "reporter_id": _reporter(new, principal),
        "reporter_name": new.reporter_name,
        "reporter_phone": new.reporter_phone,
        "raw": _raw(new),
        "status": ReportStatus.CASE,
        "case_id": case_id,
    }


def _reporter(new: NewReport, principal: Principal) -> int | None:
    """A collector reports for himself; only the system says who else it was."""
    if new.reporter_id is not None or principal.is_system:
        return new.reporter_id
    return principal.user_id if new.source == "collector" else None


def _raw(new: NewReport) -> dict[str, Any]:
    raw = dict(new.raw)
    if new.lon is not None and "_point" not in raw:
        raw["_point"] = {"lon": new.lon, "lat": new.lat, "crs": new.crs}
    return raw


__all__ = ["NewReport", "Refused", "Taken", "Then", "take_in", "take_in_many"]
