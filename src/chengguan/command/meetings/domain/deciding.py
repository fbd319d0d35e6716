"""Keep a meeting's minutes, and make items of what it decided: each with an owner and a date."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.notify.domain import tell
from chengguan.programmes.domain import NewItem, NewProgramme, add_item, start
from chengguan.programmes.enums import ProgrammeKind
from chengguan.programmes.models import Item, Programme

from ...orders.domain.reach import clerks_of, reachable_people, reachable_units
from .. import errors


def keep_minutes(
    principal: Principal,
    *,
    title: str,
    series: str = "",
    held_at: datetime | None = None,
    place: str = "",
    participants: str = "",
    agenda: str = "",
    minutes: str = "",
) -> Programme:
    """Write a meeting down; `series` joins it with the ones before, whose open items it shows.

    Raises:
        NotAllowed: no 指挥调度. Invalid: no title.
    """
    if not principal.can(Capability.ORDER):
        raise errors.may_not()
    if not title.strip():
        raise errors.wrong("title", "请写明会议名称。", "例如：城市管理委员会第 3 次会议。")
    area = next((held.area_code for held in principal.holding(Capability.ORDER)), "")
    new = NewProgramme(
        kind=ProgrammeKind.MEETING,
        title=title.strip()[:100],
        text=minutes.strip(),
        series=series.strip()[:60],
        place=place.strip()[:120],
        area_code=area,
        details={"participants": participants.strip(), "agenda": agenda.strip()},
    )
    return start(principal, new, [], held_at or timezone.now())


@transaction.atomic
def decide(
    principal: Principal,
    meeting: Programme,
    *,
    title: str,
    owner: str,
    due_at: datetime | None,
    text: str = "",
    at: datetime | None = None,
) -> Item:
    """Make an item of a decision; `owner` is "unit:<id>" or "person:<id>" within one's scope.

    The owner is told, and may report it done with evidence.

    Raises:
        NotAllowed: another's meeting. Invalid: no title, owner or date, or a date in the past.
    """
    now = at or timezone.now()
    if due_at is None or due_at <= now:
        raise errors.wrong("due", "议定事项要有今后的期限。", "请填写完成期限。")
    user_id, unit_id, name, told = _owner(principal, owner)
    new = NewItem(
        key="",
        title=title,
        text=text.strip(),
        owner_id=user_id,
        unit_id=unit_id,
        owner_name=name,
        due_at=due_at,
    )
    item = add_item(principal, meeting.pk, new, now)
    tell(
        "programme.item",
        subject_id=meeting.pk,
        user_ids=told,
        payload={
            "title": f"议定事项由您办理：{item.title}"[:120],
            "body": meeting.title,
            "url": reverse("command:meetings-detail", args=[meeting.pk]),
        },
    )
    return item


def _owner(principal: Principal, text: str) -> tuple[int | None, int | None, str, list[int]]:
    kind, _, number = text.partition(":")
    pk = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else 0
    if kind == "unit":
        unit = reachable_units(principal).filter(pk=pk).first()
        if unit is not None:
            told = [clerk.user_id for clerk in clerks_of([unit.path])[unit.path]]
            if not told:
                raise errors.wrong("owner", f"{unit.name}没有经办人。", "请改为该单位的人员。")
            return None, unit.pk, unit.name, told
    if kind == "person":
        person = reachable_people(principal).filter(pk=pk).first()
        if person is not None:
            return person.pk, None, person.name, [person.pk]
    raise errors.wrong("owner", "请选择责任人或责任单位。", "只能选指挥范围内的单位或人员。")
