"""What has happened to cases, with the pictures of each step: what a closing is judged by.

Everything is read off the events, which are never changed, so that a case can be looked at as it
stood at any step. Two statements whatever the number of cases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, F, OuterRef

from chengguan.core.metres import distance_m
from chengguan.files.enums import Role
from chengguan.files.models import Attachment
from chengguan.workflow.models import Event

SUBJECT: Final = "case"
#: The columns of a case that no step after filing changes.
COLUMNS: Final = ("id", "number", "source", "point", "reporter_id", "important", "limits")
HANDLED: Final = frozenset({"submit_handling", "submit_by_unit"})


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture of a step: what its EXIF says, and whether the same file was used before it."""

    id: int
    event_id: int | None
    role: str
    taken_at: datetime | None
    taken_point: tuple[float, float] | None
    reused: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as it is judged by."""

    id: int
    seq: int
    verb: str
    from_state: str
    at: datetime
    actor_id: int | None
    actor: str
    organisation_id: int | None
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Story:
    """A case (`COLUMNS` of its row) with its events in order, and the pictures of each step."""

    row: Mapping[str, Any]
    events: Sequence[Happening]
    photos: Mapping[int | None, Sequence[Photo]] = field(default_factory=dict)

    def until(self, seq: int) -> Story:
        """Give the story as it stood before the event of this number."""
        return replace(self, events=[one for one in self.events if one.seq < seq])

    def last(self, *verbs: str) -> Happening | None:
        """Give the last event by one of these verbs."""
        return next((one for one in reversed(self.events) if one.verb in verbs), None)

    @property
    def handled(self) -> Happening | None:
        """The event by which the result was handed in last."""
        return self.last(*HANDLED)

    def before(self) -> list[Photo]:
        """Give the pictures of the problem: of report, verification and filing, or taken before work."""
        own = {
            one.id for one in self.events if one.verb in ("report", "submit_verification", "file")
        }
        whole = {one.id for one in self.events}
        return [
            photo
            for key, photos in self.photos.items()
            for photo in photos
            if key in own or (key in whole and photo.role == Role.HANDLE_BEFORE)
        ]

    def after(self) -> list[Photo]:
        """Give the pictures that were handed in with the result."""
        one = self.handled
        found = self.photos.get(one.id, ()) if one else ()
        return [photo for photo in found if photo.role != Role.HANDLE_BEFORE]

    def metres(self, photo: Photo) -> float | None:
        """Give how far from the case a picture was taken, None where either place is unknown."""
        place, taken = self.row["point"], photo.taken_point
        if place is None or taken is None:
            return None
        return distance_m(place[0], place[1], taken[0], taken[1])

    def people(self) -> set[int]:
        """Give everybody who has had a hand in the case."""
        return {one.actor_id for one in self.events if one.actor_id is not None}


_EVENT: Final = tuple(one.name for one in fields(Happening))
_PHOTO: Final = tuple(one.name for one in fields(Photo))


def stories_of(rows: Sequence[Mapping[str, Any]]) -> list[Story]:
    """Give the stories of cases, given by their rows, in the same order; two statements."""
    ids = [row["id"] for row in rows]
    events: dict[int, list[Happening]] = defaultdict(list)
    found = Event.objects.filter(instance_id__in=ids).order_by("instance_id", "seq")
    for row in found.values("instance_id", *_EVENT):
        events[row.pop("instance_id")].append(Happening(**row))
    photos = _photos(ids)
    return [Story(row, events[row["id"]], photos.get(row["id"], {})) for row in rows]


def _photos(ids: Sequence[int]) -> dict[int, dict[int | None, list[Photo]]]:
    """A file is reused where an earlier step, of this case or of anything else, had it before."""
    earlier = (
        Attachment.objects.filter(
            blob_id=OuterRef("blob_id"), created_at__lte=OuterRef("created_at")
        )
        .exclude(pk=OuterRef("pk"))
        .exclude(event_id=OuterRef("event_id"))
    )
    pictures = Attachment.objects.filter(
        subject_type=SUBJECT, subject_id__in=ids, blob__media_type__startswith="image/"
    )
    rows = pictures.annotate(
        reused=Exists(earlier),
        at=F("created_at"),
        taken_at=F("blob__taken_at"),
        taken_point=F("blob__taken_point"),
    ).order_by("id")
    found: dict[int, dict[int | None, list[Photo]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.values("subject_id", *_PHOTO):
        case_id = row.pop("subject_id")
        found[case_id][row["event_id"]].append(Photo(**row))
    return found
