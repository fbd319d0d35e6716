"""Who does a task, found at the moment a plan is started: the unit, the post's holder, who is on duty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import Organisation, Post

from ...orders.domain.reach import clerks_of, grants_today, reachable_people, reachable_units
from ...roster.queries import OnDuty, on_duty
from .template import OWNERS, Task


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner found; `gap` says in a sentence why there is none, `wanted` what was asked for."""

    wanted: str
    user_id: int | None = None
    unit_id: int | None = None
    name: str = ""
    gap: str = ""


def find_owners(
    principal: Principal, tasks: Sequence[Task], area_code: str, at: datetime
) -> dict[str, Owner]:
    """Give each task's owner by its key; nobody outside the scope of whoever starts is found.

    The statements don't grow with the tasks.
    """
    finder = _Finder(principal, tasks, area_code, at)
    return {task.key: finder.owner(task) for task in tasks if task.owner}


class _Finder:
    def __init__(
        self, principal: Principal, tasks: Sequence[Task], area_code: str, at: datetime
    ) -> None:
        codes = {kind: {one.code for one in tasks if one.owner == kind} for kind in OWNERS}
        self.units = {one.code: one for one in Organisation.objects.filter(code__in=codes["unit"])}
        self.near = set(
            reachable_units(principal)
            .filter(pk__in=[one.pk for one in self.units.values()])
            .values_list("pk", flat=True)
        )
        self.clerks = clerks_of(one.path for one in self.units.values())
        posts = codes["post"] | codes["duty"]
        self.post_names = dict(Post.objects.filter(code__in=posts).values_list("code", "name"))
        self.area_code = area_code
        self.duty = _on_duty(at, area_code) if codes["duty"] else []
        holders = _holders(posts, area_code)
        people = {one for rows in holders.values() for one, _ in rows}
        people |= {one.user_id for one in self.duty}
        reach = reachable_people(principal).filter(pk__in=people).values_list("pk", "name")
        self.names = dict(reach)
        self.holders = holders

    def owner(self, task: Task) -> Owner:
        if task.owner == "unit":
            return self._unit(task.code)
        name = self.post_names.get(task.code, task.code)
        if task.owner == "duty":
            return self._on_duty(task.code, name)
        note = f"岗位 {name}"
        for user_id, _ in self.holders.get(task.code, ()):
            if user_id in self.names:
                return Owner(note, user_id, None, self.names[user_id])
        return Owner(note, gap=f"本区域没有在岗位“{name}”上、且在您指挥范围内的人员。")

    def _unit(self, code: str) -> Owner:
        unit = self.units.get(code)
        if unit is None:
            return Owner(f"单位 {code}", gap=f"机构 {code} 已不存在。")
        wanted = f"单位 {unit.name}"
        if unit.pk not in self.near:
            return Owner(wanted, gap=f"{unit.name}不在您的指挥范围内。")
        if not self.clerks[unit.path]:
            return Owner(wanted, gap=f"{unit.name}没有经办人，无人能签收。")
        return Owner(wanted, None, unit.pk, unit.name)

    def _on_duty(self, code: str, name: str) -> Owner:
        wanted = f"值班 {name}"
        for one in self.duty:
            if one.post == code and one.user_id in self.names:
                return Owner(wanted, one.user_id, None, self.names[one.user_id])
        return Owner(wanted, gap=f"此刻没有人在“{name}”岗位值班。")


def _on_duty(at: datetime, area_code: str) -> list[OnDuty]:
    found = on_duty(at)
    near = [
        one
        for one in found
        if one.area_code.startswith(area_code) or area_code.startswith(one.area_code)
    ]
    return sorted(near, key=lambda one: (-len(one.area_code), one.user_id))


def _holders(posts: set[str], area_code: str) -> dict[str, list[tuple[int, int]]]:
    """Give the holders of posts over an area, the most exact area first."""
    rows = (
        grants_today()
        .filter(post__code__in=posts)
        .values_list("post__code", "user_id", "area_code", "organisation__area_code")
        .order_by("user_id")
    )
    found: dict[str, list[tuple[int, int]]] = {}
    for code, user_id, area, own in rows:
        held = area or own
        if held.startswith(area_code) or area_code.startswith(held):
            found.setdefault(code, []).append((user_id, len(held)))
    for one in found.values():
        one.sort(key=lambda pair: (-pair[1], pair[0]))
    return found
