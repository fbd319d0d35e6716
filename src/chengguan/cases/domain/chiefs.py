"""The chief of an area (片长、街长) hears of a case in it as soon as it is filed.

A channel of the relay: it sees what was committed some tenths of a second ago, batch by batch, so
that filing itself writes nothing more. Of the chiefs over a place the smallest area's is told, or
who stands in for him.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Q
from django.utils import timezone

from chengguan.accounts.domain.loading import REVISION
from chengguan.accounts.models import Grant
from chengguan.notify.channels import Told
from chengguan.notify.domain import News, tell_many
from chengguan.store.cache import revised

from ..staffing import stand_in

#: The post and its levels: area_chief, area_chief_community.
POST: Final = "area_chief"
TOPIC: Final = "case.file"


@dataclass(frozen=True, slots=True)
class Chief:
    """One person's post over one area."""

    user_id: int
    area_code: str
    matters: tuple[str, ...]


def tell_chiefs(told: Sequence[Told]) -> None:
    """Tell the chiefs of the cases filed in a batch: one statement, none where nothing was filed."""
    filed = [one for one in told if one.topic == TOPIC and one.area_code]
    if not filed:
        return
    now = timezone.now()
    known = chiefs_on(timezone.localdate(now))
    news = [_news(one, chiefs, now) for one in filed if (chiefs := _chiefs_of(one, known))]
    if news:
        tell_many(news)


@revised(REVISION)
def chiefs_on(day: date) -> Mapping[str, tuple[Chief, ...]]:
    """Give the chiefs whose grant holds on a date, by the code of their area."""
    grants = Grant.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=day),
        Q(post__code=POST) | Q(post__code__startswith=f"{POST}_"),
        valid_from__lte=day,
        user__is_active=True,
        organisation__active=True,
    ).order_by("id")
    found: dict[str, list[Chief]] = {}
    for user_id, own, home, matters in grants.values_list(
        "user_id", "area_code", "organisation__area_code", "matters"
    ):
        # As grants reach: their own area or, when they name none, the organisation's.
        found.setdefault(own or home, []).append(Chief(user_id, own or home, tuple(matters)))
    return {area: tuple(chiefs) for area, chiefs in found.items() if area}


def _chiefs_of(one: Told, known: Mapping[str, tuple[Chief, ...]]) -> list[int]:
    for length in range(len(one.area_code), 1, -1):
        here = [
            chief.user_id
            for chief in known.get(one.area_code[:length], ())
            if not chief.matters or one.matter_code.startswith(chief.matters)
        ]
        if here:
            return here
    return []


def _news(one: Told, chiefs: Sequence[int], at: datetime) -> News:
    number = str(one.payload.get("number", ""))
    return News(
        "case.chief",
        subject_id=one.subject_id,
        user_ids=list(dict.fromkeys(stand_in(chief, at) or chief for chief in chiefs)),
        payload={
            "number": number,
            "title": f"本片新立案：{number}",
            "body": "已同时通知处置单位，请跟进。",
            "url": f"/cases/{number}/",
        },
    )
