"""A plan written on a page: rows as they are typed, numbered, moved, and kept as the next version.

The page types what the table of the import holds, and is read by the same rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import Organisation, Post
from chengguan.core.errors import Conflict

from ...models import PlanTemplate
from .keeping import keep_plan, names
from .template import HEADS, MOST, OWNERS, Head, Task, read_rows

#: Empty rows offered below those that are filled.
SPARE: Final = 3
_KEY, _PARENT, _TITLE = range(3)
_DEEPEST: Final = 4

Row = list[str]


@dataclass(frozen=True, slots=True)
class Line:
    """One row as the page shows it: its number from 1, cells in the order of `HEADS`, its depth."""

    number: int
    cells: Row
    depth: int
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Choice:
    """One owner as it is typed, and its code beside it."""

    text: str
    code: str


def owners() -> list[Choice]:
    """Give whom a task may be given to, as it is typed: 单位:名称, 岗位:名称, 值班:岗位名称.

    Of units with one name in common each is typed by its code. Two statements.
    """
    units = list(
        Organisation.objects.filter(active=True).order_by("path").values_list("code", "name")
    )
    posts = list(Post.objects.order_by("code").values_list("code", "name"))
    found = []
    for kind, rows in (("unit", units), ("post", posts), ("duty", posts)):
        often = Counter(name for _, name in rows)
        found += [
            Choice(f"{OWNERS[kind]}:{name if often[name] == 1 else code}", code)
            for code, name in rows
        ]
    return found


def rows_of(tasks: Sequence[Task], known: Sequence[Choice]) -> list[Row]:
    """Give kept tasks as rows to change; an owner by name where he has one."""
    said = {(one.text.partition(":")[0], one.code): one.text for one in known}
    return [
        [
            task.key,
            task.parent,
            task.title,
            said.get((OWNERS.get(task.owner, ""), task.code), task.owner_text),
            str(task.minutes or ""),
            "、".join(task.requires),
            "、".join(task.levels),
            "；".join(task.checklist),
            task.say,
        ]
        for task in tasks
    ]


def numbered(rows: Sequence[Row]) -> list[Row]:
    """Leave out empty rows, and number those that have no number: after their parent, or the last."""
    kept = [list(row) for row in rows if any(row)]
    taken = {row[_KEY] for row in kept if row[_KEY]}
    for row in kept:
        if not row[_KEY] and row[_TITLE]:
            before = f"{row[_PARENT]}." if row[_PARENT] else ""
            row[_KEY] = next(
                key for number in range(1, MOST + 2) if (key := f"{before}{number}") not in taken
            )
            taken.add(row[_KEY])
    return kept


def moved(rows: Sequence[Row], number: int, by: int) -> list[Row]:
    """Give the rows with one (from 1) moved up or down by a place, where there is one."""
    found = list(rows)
    here, there = number - 1, number - 1 + by
    if 0 <= here < len(found) and 0 <= there < len(found):
        found[here], found[there] = found[there], found[here]
    return found


def lines(rows: Sequence[Row], faults: dict[int, list[str]] | None = None) -> list[Line]:
    """Give the rows as the page shows them, with their depth in the tree as far as it is clear."""
    parents = {row[_KEY]: row[_PARENT] for row in rows if row[_KEY]}
    told = faults or {}
    return [
        Line(number, row, _depth(row[_PARENT], parents), told.get(number, []))
        for number, row in enumerate(rows, 1)
    ]


def spared(rows: Sequence[Row], count: int = SPARE) -> list[Row]:
    """Give the rows with empty ones below, no more than a plan may have."""
    spare = max(0, min(count, MOST - len(rows)))
    return [*rows, *([""] * len(HEADS) for _ in range(spare))]


def stamp(plan: PlanTemplate | None) -> str:
    """Say which state of a plan a page was opened on."""
    return f"{plan.version}.{plan.made_at.timestamp()}" if plan else ""


@transaction.atomic
def keep_typed(
    principal: Principal, head: Head, rows: Sequence[Row], *, opened_on: str, area_code: str
) -> PlanTemplate:
    """Keep what was typed: the next version where the newest was started, else in its place.

    `opened_on` is the `stamp` of the state it was typed over, "" for a new plan.

    Raises:
        Invalid: faulty rows, each with its number in `also`. NotAllowed: not his area's plans.
        Conflict: a colleague has kept another state since, or the code is taken.
    """
    found = PlanTemplate.objects.select_for_update().filter(code=head.code.strip())
    newest = found.order_by("-version").first()
    if stamp(newest) != opened_on:
        if not opened_on:
            raise Conflict(
                "plans.code_taken", f"预案代码 {head.code} 已经有了。", field="code",
                mend="请换一个代码，或打开那份预案修改。",
            )  # fmt: skip
        by = newest.made_by if newest else ""
        raise Conflict(
            "plans.moved", f"这份预案在您打开之后由{by or '他人'}改过。",
            mend="请另开一页看他改了什么；您填的都还在本页上。",
        )  # fmt: skip
    return keep_plan(principal, head, read_rows(rows, names()), area_code=area_code)


def _depth(parent: str, parents: dict[str, str]) -> int:
    depth = 0
    while parent and depth < _DEEPEST:
        depth += 1
        parent = parents.get(parent, "")
    return depth
