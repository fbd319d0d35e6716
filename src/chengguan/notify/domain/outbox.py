"""The transactional outbox: what happened is written with it and told once it is committed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chengguan.store import ids, rows

from ..models import OutboxMessage


@dataclass(slots=True)  # not frozen: that takes three times as long to make
class News:
    """One thing that happened, and who may hear of it.

    `area_code`, `matter_code` and `organisation_path` are held against the grants of each
    listener; the people of `user_ids` hear it whatever their grants. With `user_ids` alone
    nobody else hears it. `payload` with a "title" (and "body", "url") also goes into the
    inboxes of `user_ids`; it must hold nothing a listener of that scope may not read.
    """

    topic: str
    subject_id: int | None = None
    area_code: str = ""
    matter_code: str = ""
    organisation_path: str = ""
    user_ids: Sequence[int] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)


def tell(
    topic: str,
    *,
    subject_id: int | None = None,
    area_code: str = "",
    matter_code: str = "",
    organisation_path: str = "",
    user_ids: Sequence[int] = (),
    payload: Mapping[str, Any] | None = None,
) -> int:
    """Write one message into the outbox, in the caller's transaction or pipeline; give its id."""
    news = News(
        topic, subject_id, area_code, matter_code, organisation_path, user_ids, payload or {}
    )
    return tell_many([news])[0]


def tell_many(news: Iterable[News]) -> list[int]:
    """Write many messages in one statement; give their ids in order."""
    items = list(news)
    numbers = ids.take_ids(len(items))
    values = [
        (
            number,
            item.topic,
            item.subject_id,
            item.area_code,
            item.matter_code,
            item.organisation_path,
            list(item.user_ids),
            item.payload,
        )
        for number, item in zip(numbers, items, strict=True)
    ]
    if values:
        rows.insert_values(OutboxMessage, _COLUMNS, values)
    return numbers


_COLUMNS: Final = (
    "id",
    "topic",
    "subject_id",
    "area_code",
    "matter_code",
    "organisation_path",
    "user_ids",
    "payload",
)
