"""Pictures that say when and where they were taken, and a case led to its closing with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from factories import City, inside

from chengguan.cases.domain.acting import act
from chengguan.cases.models import Case
from chengguan.files.models import Blob
from chengguan.workflow.domain import Evidence

MINUTE: Final = timedelta(minutes=1)
#: Some eleven metres beside the case, and some thousand.
BESIDE: Final = (121.906, 30.8921)
FAR: Final = (121.906, 30.901)

_shades = count(1)


def picture(
    role: str,
    taken_at: datetime | None,
    taken_point: tuple[float, float] | None = BESIDE,
    *,
    field: str = "photos",
) -> Evidence:
    """Keep a new picture with what its EXIF says."""
    sha256 = f"{next(_shades):064x}"
    Blob.objects.create(
        sha256=sha256,
        size=1,
        media_type="image/jpeg",
        taken_at=taken_at,
        taken_point=taken_point,
    )
    return Evidence(sha256, f"{role}.jpg", role, field)


@dataclass
class Way:
    """How a case comes to its closing; a test changes one thing."""

    checker: str = "collector2"
    finding: str = "solved"
    check_taken: timedelta | None = -MINUTE
    check_point: tuple[float, float] | None = BESIDE
    after_taken: timedelta | None = -MINUTE
    before: bool = True
    reused: str = ""
    asker: str = "acceptor"


def step(
    city: City, case: Case, who: str, verb: str, pictures: list[Evidence] | None = None, **data: Any
) -> Case:
    """Take a step ten minutes after the last one."""
    at = case.changed_at + 10 * MINUTE
    act(case, verb, city.principal(who), data, at, attachments=pictures or [])
    return case


def filed(city: City, case: Case) -> Case:
    """File and dispatch a report."""
    step(city, case, "acceptor", "file", matter="01001", rule=city.rule.pk)
    return step(city, case, "dispatcher", "dispatch", unit=city.unit.pk)


def handled(city: City, case: Case, way: Way | None = None) -> Case:
    """Let the unit handle a case, and send it to its closing without a check."""
    way = way or Way()
    step(city, case, "unit", "assign", handler=city.people["handler"].pk)
    at = case.changed_at + 10 * MINUTE
    after = picture("handle_after", _taken(at, way.after_taken))
    before = [picture("handle_before", None, field="before")] if way.before else []
    step(city, case, "handler", "submit_handling", [after, *before], note="已清理")
    step(city, case, "unit", "confirm_handled")
    return step(city, case, "dispatcher", "forward")


def checked(city: City, case: Case, way: Way | None = None) -> Case:
    """Let a collector look at what was handled."""
    way = way or Way()
    person = city.people[way.checker].pk
    step(city, case, way.asker, "request_check", person=person)
    at = case.changed_at + 10 * MINUTE
    proof = picture("check", _taken(at, way.check_taken), way.check_point)
    if way.reused:
        proof = Evidence(way.reused, "check.jpg", "check")
    return step(city, case, way.checker, "submit_check", [proof], finding=way.finding)


def proved(city: City, case: Case, way: Way | None = None) -> Case:
    """Lead a report to where its check waits for somebody to close it."""
    return checked(city, handled(city, filed(city, case), way), way)


def _taken(at: datetime, before: timedelta | None) -> datetime | None:
    return None if before is None else at + before


assert inside(1) == (121.906, 30.892)
