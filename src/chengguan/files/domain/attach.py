"""Files in their place: which original belongs to which step of which subject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from chengguan.store import ids, rows

from ..enums import Role
from ..models import Attachment, Blob


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """An original (by SHA-256) put to a subject, and to the step `event_id` where there is one.

    `at` is when: the step's own time, of history too; now where it is left out.
    """

    sha256: str
    subject_type: str
    subject_id: int
    name: str
    event_id: int | None = None
    role: str = Role.OTHER
    user_id: int | None = None
    at: datetime | None = None


def attach(
    blob: Blob | str,
    subject_type: str,
    subject_id: int,
    *,
    name: str,
    event_id: int | None = None,
    role: str = Role.OTHER,
    user_id: int | None = None,
) -> int:
    """Put an original to a subject, in the caller's transaction or pipeline; give the attachment's id."""
    sha256 = blob if isinstance(blob, str) else blob.sha256
    new = NewAttachment(sha256, subject_type, subject_id, name, event_id, role, user_id)
    return attach_many([new])[0]


def attach_many(new: Iterable[NewAttachment]) -> list[int]:
    """Write many attachments in one statement; give their ids in order."""
    items = list(new)
    now = timezone.now()
    numbers = ids.take_ids(len(items))
    rows.insert(
        Attachment,
        [
            {
                "id": number,
                "blob_id": item.sha256,
                "subject_type": item.subject_type,
                "subject_id": item.subject_id,
                "event_id": item.event_id,
                "role": item.role,
                "name": item.name[-200:],
                "uploaded_by": item.user_id,
                "created_at": item.at or now,
            }
            for number, item in zip(numbers, items, strict=True)
        ],
    )
    return numbers


def attachments_of(subject_type: str, subject_ids: Sequence[int]) -> dict[int, list[Attachment]]:
    """Give the attachments of each subject, oldest first, with their blobs: one statement."""
    found: dict[int, list[Attachment]] = {number: [] for number in subject_ids}
    query = Attachment.objects.filter(subject_type=subject_type, subject_id__in=subject_ids)
    for item in query.select_related("blob").order_by("id"):
        found[item.subject_id].append(item)
    return found
