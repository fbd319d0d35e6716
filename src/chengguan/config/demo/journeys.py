"""The cases worked through the loop by demo staff, each step through the one door of cases."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final

from django.utils import timezone

from chengguan.cases.domain.duplicates import HOURS, METRES, merge
from chengguan.cases.models import Case, Report
from chengguan.cases.procedure import other_than_shipped, publish_shipped
from chengguan.core.errors import Conflict
from chengguan.core.metres import distance_m
from chengguan.core.worktime import LimitUnit
from chengguan.workflow.domain import Refused, act_many

from .bringing import LOADER
from .events import CLIENT, event_names
from .stories import DONE, LATE, OPEN, Teller, outside
from .telling import MINUTE, Cast, Story

SEED: Final = 20190329
MERGED: Final = 6
_URGENT: Final = (LimitUnit.URGENT_HOUR, LimitUnit.URGENT_DAY)
Pair = tuple[Story, Story]


def publish() -> str:
    """Publish the shipped procedure of cases."""
    done = publish_shipped(LOADER)
    return f"第 {done.version} 版"


def is_behind() -> bool:
    """Say whether the version the demo published is not the one this release ships."""
    there = other_than_shipped()
    # One that somebody published for trying is his.
    return there is not None and there.published_by == LOADER.name


def load() -> str:
    """Tell every case's story, then merge the duplicates."""
    chance = random.Random(SEED)  # noqa: S311 - a story, no secret
    told = stories(chance)
    pairs = duplicates(told)
    merged = {story.case.pk for story, _ in pairs}
    steps = 0
    for story, tell in casting([s for s in told if s.case.pk not in merged], chance):
        tell(story)
        steps += len(story.commands)
    act_out(told)
    for position, (story, main) in enumerate(pairs):
        at = story.now - MINUTE * (2 + 3 * position)
        merge(story.case, story.cast["shouli1"], {"main": main.case.pk, "note": "同一问题"}, at)
    return f"{len(told)} 件案件，{steps + 2 * len(pairs)} 步，并案 {len(pairs)} 件"


def stories(chance: random.Random) -> list[Story]:
    """Give a story for every case that came in with the events, the newest first."""
    cast, names, now = Cast(), event_names(), timezone.now()
    reports = {
        report.case_id: report
        for report in Report.objects.filter(client=CLIENT)
        if report.case_id is not None
    }
    cases = Case.objects.filter(pk__in=list(reports)).order_by("-opened_at", "-pk")
    told = []
    for case in cases:
        report = reports[case.pk]
        name = report.raw.get("eventName") or report.raw["type"]
        matter = names.matter(name)
        limit = str(matter.more.get("limit", "")) if matter else ""
        told.append(Story(case, report.key, name, limit, cast, now, chance, at=case.opened_at))
    return told


def casting(told: Sequence[Story], chance: random.Random) -> Iterator[tuple[Story, Teller]]:
    """Say what becomes of each case: the newest stand where `OPEN` says, in mixed order."""
    inside = [story for story in told if len(story.case.area_code) == 15]
    for story in told:
        if len(story.case.area_code) != 15:
            yield story, outside
    places = [teller for teller, count in OPEN for _ in range(count)]
    chance.shuffle(places)
    newest, older = inside[: len(places)], inside[len(places) :]
    yield from zip(newest, places, strict=True)
    urgent = [story for story in older if story.limit.unit in _URGENT][: len(LATE)]
    yield from zip(urgent, LATE, strict=True)
    late = {story.case.pk for story in urgent}
    rest = [story for story in older if story.case.pk not in late]
    once = [teller for teller, _ in DONE]
    tellers, weights = zip(*DONE, strict=True)
    drawn = chance.choices(tellers, weights, k=max(0, len(rest) - len(once)))
    yield from zip(rest, [*once, *drawn], strict=True)


def duplicates(told: Sequence[Story]) -> list[Pair]:
    """Find cases that an acceptor would merge into an older one that is still open."""
    newest = [s for s in told if len(s.case.area_code) == 15][: sum(count for _, count in OPEN)]
    used: set[int] = set()
    pairs: list[Pair] = []
    for story, main in _near(newest):
        if len(pairs) == MERGED:
            break
        if not {story.case.pk, main.case.pk} & used:
            used |= {story.case.pk, main.case.pk}
            pairs.append((story, main))
    return pairs


def _near(newest: Sequence[Story]) -> Iterator[Pair]:
    for position, story in enumerate(newest):
        for main in newest[position + 1 :]:
            a, b = story.case, main.case
            if (
                a.matter_code == b.matter_code
                and a.opened_at - b.opened_at <= timedelta(hours=HOURS)
                and a.point is not None
                and b.point is not None
                and distance_m(*a.point, *b.point) <= METRES
            ):
                yield story, main


def act_out(told: Iterable[Story]) -> None:
    """Take all steps, in the order of their times, in one batch.

    Raises:
        Conflict: the procedure refuses a step.
    """
    commands = [command for story in told for command in story.commands]
    commands.sort(key=lambda command: (command.at, command.instance_id))
    for command, result in zip(commands, act_many("case", commands), strict=True):
        if isinstance(result, Refused):
            raise Conflict(
                "demo.journey",
                f"演示案件 {command.instance_id} 的“{command.verb}”被拒绝：{result.error.message}",
                mend="演示办理与流程不一致，请报告开发者。",
            )
