"""Issue an order: one text to many recipients, each with a receipt of its own, all at once or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Organisation, User
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.cases.crossing import note_case
from chengguan.cases.queries import cases_visible_to
from chengguan.registry.domain.locate import locate

from ...enums import OrderKind
from ...models import Order
from .. import errors
from .lending import Lent, running
from .reach import clerks_of, own_units, reachable_people, reachable_units
from .writing import Draft, Recipient, write_order

MOST: Final = 500
Circle = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Target:
    """One point of a list of points: what it is, where, and whose (all the order's when None)."""

    place: str
    point: tuple[float, float] | None = None
    unit_id: int | None = None


def issue(
    principal: Principal,
    *,
    title: str,
    text: str = "",
    due_at: datetime | None = None,
    people: Sequence[int] = (),
    units: Sequence[int] = (),
    circle: Circle | None = None,
    subject: str = "",
    kind: str = OrderKind.OTHER,
    place: str = "",
    point: tuple[float, float] | None = None,
    area_code: str = "",
    case_number: str = "",
    lead_unit: int | None = None,
    targets: Sequence[Target] = (),
    files: Sequence[tuple[str, str]] = (),
    drill: bool = False,
    at: datetime | None = None,
) -> Order:
    """Give an order to people and units (ids); `circle` is lon, lat (CGCS2000 degrees), metres.

    With `targets` each recipient gets one receipt a point. `subject` names by value what the order
    belongs to; `files` are (SHA-256, name) of kept originals. Recipients find it in their inbox.

    Raises:
        NotAllowed: may not order, or a recipient lies outside the scope (noted in the audit).
        Invalid: nobody to order, a unit without clerk, a deadline in the past, too many.
    """
    now = at or timezone.now()
    _check_words(title, due_at, now)
    _may(principal, people, units, targets)
    recipients = _recipients(principal, people, units, lead_unit, targets)
    lent = _lent(principal, recipients, subject, now)
    if lent is not None:
        due_at, subject = _bounded(lent, due_at), subject or lent.subject
    where = point or ((circle[0], circle[1]) if circle else None)
    draft = Draft(
        kind=OrderKind(kind),
        title=title.strip(),
        text=text.strip(),
        due_at=due_at,
        place=place.strip(),
        point=where,
        metres=round(circle[2]) if circle else None,
        area_code=area_code or _area(principal, where, case_number),
        case_number=_case(principal, case_number),
        subject=subject,
        drill=drill,
        files=tuple(files),
    )
    with transaction.atomic():
        if lent is not None and draft.case_number and not drill:
            case = cases_visible_to(principal).get(number=draft.case_number)
            note_case(case, lent.units & {one.unit_id for one in recipients if one.unit_id}, now)
        return write_order(principal, draft, recipients, now)


def _lent(
    principal: Principal, recipients: Sequence[Recipient], subject: str, now: datetime
) -> Lent | None:
    """Give the deployment under which units of other towns are ordered, None without such units.

    The one that `subject` names, else the longest of those that cover them all.
    """
    found = running(principal, now)
    wanted = {one.unit_id for one in recipients if one.unit_id is not None}
    foreign = wanted & frozenset[int]().union(*(one.units for one in found))
    if foreign:
        foreign -= set(own_units(principal).filter(pk__in=foreign).values_list("pk", flat=True))
    if not foreign:
        return None
    whole = [one for one in found if foreign <= one.units]
    if not whole:
        raise errors.wrong("unit", "所选单位分属几次跨镇域调配，到期不同。", "请按调配分别下达。")
    return next((one for one in whole if one.subject == subject), whole[-1])


def _bounded(lent: Lent, due_at: datetime | None) -> datetime:
    """Give the date of an order under a deployment: never later than its end."""
    if due_at is not None and due_at > lent.ends_at:
        raise errors.wrong(
            "due",
            f"跨镇域调配至 {timezone.localtime(lent.ends_at):%m-%d %H:%M} 结束，时限不能更晚。",
            "请改早，或重新申请。",
        )
    return due_at or lent.ends_at


def _check_words(title: str, due_at: datetime | None, now: datetime) -> None:
    if not title.strip() or len(title.strip()) > 80:
        raise errors.wrong(
            "title", "请写明命令标题，不超过 80 字。", "例如：暴雨到场排查下穿通道。"
        )
    if due_at is not None and due_at <= now:
        raise errors.wrong("due", "完成时限已经过去。", "请改为现在以后的时间。")


def _may(
    principal: Principal, people: Sequence[int], units: Sequence[int], targets: Sequence[Target]
) -> None:
    if principal.can(Capability.ORDER):
        return
    record(
        "order.issue",
        actor=principal.actor(),
        subject_type="order",
        result=Result.REFUSED,
        detail={"people": list(people), "units": list(units), "targets": len(targets)},
    )
    raise errors.may_not_order()


def _recipients(
    principal: Principal,
    people: Sequence[int],
    units: Sequence[int],
    lead_unit: int | None,
    targets: Sequence[Target],
) -> list[Recipient]:
    wanted_units = {*units, *(one.unit_id for one in targets if one.unit_id is not None)}
    if lead_unit is not None and lead_unit not in wanted_units:
        raise errors.wrong("lead", "牵头单位须在接收单位之中。", "请勾选该单位，或另选牵头单位。")
    _check_reach(principal, set(people), wanted_units)
    known = {one.pk: one for one in Organisation.objects.filter(pk__in=wanted_units)}
    clerks = clerks_of(one.path for one in known.values())
    silent = [one.name for one in known.values() if not clerks[one.path]]
    if silent:
        raise errors.nobody_answers(silent)
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "name"))

    def unit(number: int) -> Recipient:
        one = known[number]
        told = tuple(clerk.user_id for clerk in clerks[one.path])
        return Recipient(None, number, one.name, told, lead=number == lead_unit)

    every = [Recipient(number, None, names[number], (number,)) for number in dict.fromkeys(people)]
    every += [unit(number) for number in dict.fromkeys(units)]
    if targets:
        every = [
            recipient.at(target.place, target.point)
            for target in targets
            for recipient in ([unit(target.unit_id)] if target.unit_id is not None else every)
        ]
    if not every:
        raise errors.wrong("unit", "还没有接收方。", "请至少勾选一个单位或一名人员。")
    if len(every) > MOST:
        raise errors.wrong(
            "points", f"一次最多 {MOST} 条回执，现在是 {len(every)} 条。", "请分几次下达。"
        )
    return every


def _check_reach(principal: Principal, people: set[int], units: set[int]) -> None:
    near = set(reachable_units(principal).filter(pk__in=units).values_list("pk", flat=True))
    far = [*Organisation.objects.filter(pk__in=units - near).values_list("name", flat=True)]
    fine = set(reachable_people(principal).filter(pk__in=people).values_list("pk", flat=True))
    # Who can't be ordered isn't named: a guessed number must not tell a name.
    far += [f"人员 {number}" for number in sorted(people - fine)]
    if len(near) + len(fine) == len(units) + len(people):
        return
    record(
        "order.issue",
        actor=principal.actor(),
        subject_type="order",
        result=Result.REFUSED,
        detail={"people": sorted(people - fine), "units": sorted(units - near)},
    )
    raise errors.beyond(far or [f"单位 {number}" for number in sorted(units - near)])


def _area(principal: Principal, where: tuple[float, float] | None, case_number: str) -> str:
    if where is not None:
        found = locate(*where)
        if found is not None:
            return found.code
    if case_number:
        case = cases_visible_to(principal).filter(number=case_number).first()
        if case is not None:
            return str(case.area_code)
    return next((held.area_code for held in principal.holding(Capability.ORDER)), "")


def _case(principal: Principal, number: str) -> str:
    number = number.strip()
    if number and not cases_visible_to(principal).filter(number=number).exists():
        raise errors.wrong("case", f"没有找到案件 {number}。", "请填写 19 位案件编号，或留空。")
    return number
