"""What is shown to who looks at a closing again: what could be seen then, and not what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chengguan.cases.models import Case
from chengguan.cases.stories import Photo, Story, stories_of
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.locate import chain
from chengguan.workflow.models import Event

from ..models import AutomaticClosing


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with when and how far from the case it was taken, as far as it says so."""

    id: int
    title: str
    at: datetime
    taken_at: datetime | None
    metres: float | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """The case as it stood: `groups` are its pictures under the words of their step."""

    case: Case
    areas: list[Any]
    condition: str
    filed_at: datetime | None
    handled_at: datetime | None
    checked_at: datetime | None
    groups: list[tuple[str, list[Picture]]]


def dossier_of(one: AutomaticClosing) -> Dossier:
    """Give the dossier of a closing, or of a decoy, before the event that decided it."""
    case = Case.objects.get(pk=one.case_id)
    decided = Event.objects.values_list("seq", flat=True).get(pk=one.event_id)
    (story,) = stories_of([vars(case)])
    story = story.until(decided)
    handled, check = story.handled, story.last("submit_check")
    checked = list(story.photos.get(check.id, ())) if check else []
    return Dossier(
        case=case,
        areas=chain(case.area_code),
        condition=catalogue.rule(case.rule_id).closing_condition if case.rule_id else "",
        filed_at=case.filed_at,
        handled_at=handled.at if handled else None,
        checked_at=check.at if check else None,
        groups=[
            (title, [_picture(photo, title, story) for photo in photos])
            for title, photos in (
                ("处置前", story.before()),
                ("处置后", story.after()),
                ("核查", checked),
            )
        ],
    )


def _picture(photo: Photo, title: str, story: Story) -> Picture:
    return Picture(photo.id, title, photo.at, photo.taken_at, story.metres(photo))
