"""Who is on duty now at the loop's other posts: whom one would call about a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability

from ..roster.queries import OnDuty, base_post, on_duty

#: The posts that lead a case round, the one that decides first.
POSTS: Final = ("commander", "shift_lead", "acceptor", "dispatcher")
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class AtPost:
    """Who is on duty at one post; `more` is how many are not named."""

    post_name: str
    people: tuple[OnDuty, ...]
    more: int


def others_on_duty(principal: Principal, at: datetime) -> tuple[AtPost, ...]:
    """Give who is on duty at the other posts for one's areas; nothing without a roster.

    Kept in memory by the roster: a statement only after it, or somebody's name, changed.
    """
    reach = list(principal.holding(Capability.SEE_CASES))
    own = {base_post(held.post) for held in reach}
    asked = [post for post in POSTS if post not in own]
    if not asked or not reach:
        return ()
    there = [
        one
        for one in on_duty(at, posts=asked, seen_by=principal)
        if one.user_id != principal.user_id and _for_any(one, [held.area_code for held in reach])
    ]
    found = []
    for post in asked:
        people = {one.user_id: one for one in there if base_post(one.post) == post}
        if people:
            named = tuple(people.values())
            found.append(AtPost(named[0].post_name, named[:_SHOWN], len(named[_SHOWN:])))
    return tuple(found)


def _for_any(one: OnDuty, areas: list[str]) -> bool:
    return any(one.area_code.startswith(area) or area.startswith(one.area_code) for area in areas)
