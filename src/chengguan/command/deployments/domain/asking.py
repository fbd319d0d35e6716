"""A town asks for forces of other towns: what for, why, from when to when; it may take that back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Organisation
from chengguan.audit.domain.record import record
from chengguan.cases.queries import cases_visible_to
from chengguan.notify.domain import tell
from chengguan.registry.domain.towns import DISTRICT, town_name, town_of

from ...models import Deployment
from ...orders.domain.lending import towns_of
from ...orders.domain.reach import clerks_of, leaders_over, own_units
from ...orders.errors import nobody_answers
from .. import errors

SUBJECT: Final = "deployment"
TOPIC: Final = "command.deployment"
#: What is asked for longer is no deployment but another order of things, for the duties to say.
LONGEST: Final = timedelta(days=30)
MOST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a town asks for; `units` are organisations by id, `town` its own code."""

    units: Sequence[int]
    title: str
    reason: str
    begins_at: datetime
    ends_at: datetime
    text: str = ""
    place: str = ""
    case_number: str = ""
    town: str = ""


def others(town: str) -> list[Organisation]:
    """Give the active units of the other towns of a town's county, town by town."""
    rows = Organisation.objects.filter(active=True, area_code__startswith=town[:DISTRICT]).order_by(
        "area_code", "path"
    )
    return [one for one in rows if town_of(one.area_code) not in ("", town)]


@transaction.atomic
def ask(principal: Principal, asked: Asked, *, at: datetime | None = None) -> Deployment:
    """Ask the county for forces of other towns; who decides there is told.

    Raises:
        NotAllowed: who commands no town. Invalid: no unit of another town of the same county, one
        that nobody answers for, no reason, a time that is over or too long, an unknown case.
    """
    now = at or timezone.now()
    town = _town(principal, asked.town)
    begins = max(asked.begins_at, now)
    _check(asked, begins, now)
    units = _units(principal, asked.units, town)
    made = Deployment.objects.create(
        town=town,
        district=town[:DISTRICT],
        lenders=sorted({town_of(one.area_code) for one in units}),
        units=[one.pk for one in units],
        names="、".join(one.name for one in units)[:400],
        title=asked.title.strip(),
        text=asked.text.strip(),
        place=asked.place.strip()[:120],
        case_number=_case(principal, asked.case_number, town),
        reason=asked.reason.strip(),
        begins_at=begins,
        ends_at=asked.ends_at,
        asked_id=principal.user_id,
        asked_by=principal.name,
        asked_at=now,
    )
    note("deployment.ask", principal, made, now)
    people = leaders_over(made.district, within=DISTRICT) or leaders_over(made.district)
    said = f"{town_name(town)}申请调用 {made.names}：{made.reason}"
    tell_people(made, people, "待审批的跨镇域调配", said)
    return made


def note(
    action: str, principal: Principal, one: Deployment, at: datetime, **detail: object
) -> None:
    """Write an act on a deployment into the audit."""
    record(
        action,
        actor=principal.actor(None if principal.is_system else Capability.ORDER),
        subject_type=SUBJECT,
        subject_id=one.pk,
        detail={"town": one.town, "units": one.units, **detail},
        at=at,
    )


def tell_people(one: Deployment, people: Iterable[int], title: str, body: str) -> None:
    """Put a notice with a way to the deployment into inboxes, in the caller's transaction."""
    user_ids = list(dict.fromkeys(people))[:MOST]
    if user_ids:
        url = reverse("command:deployments-detail", args=[one.pk])
        payload = {"title": f"{title}：{one.title}"[:120], "body": body[:200], "url": url}
        tell(TOPIC, subject_id=one.pk, user_ids=user_ids, payload=payload)


def _town(principal: Principal, wanted: str) -> str:
    towns = towns_of(principal)
    if not towns:
        raise errors.no_town()
    if wanted and wanted not in towns:
        raise errors.may_not(f"替{town_name(wanted)}申请", "该街镇的指挥人员")
    return wanted or towns[0]


def _check(asked: Asked, begins: datetime, now: datetime) -> None:
    if not asked.title.strip() or len(asked.title.strip()) > 80:
        raise errors.wrong("title", "请写明任务，不超过 80 字。", "例如：夜间占道经营联合整治。")
    if not asked.reason.strip() or len(asked.reason.strip()) > 500:
        raise errors.wrong(
            "reason", "请写明申请理由，不超过 500 字。", "例如：本镇人手不足，需协助封控。"
        )
    if asked.ends_at <= now or asked.ends_at <= begins:
        raise errors.wrong("ends_at", "结束时间不晚于开始，或已经过去。", "请改晚。")
    if asked.ends_at - begins > LONGEST:
        raise errors.wrong(
            "ends_at",
            f"一次最长 {LONGEST.days} 天。",
            "更久的请调整权责，或到期再申请。",
        )


def _units(principal: Principal, ids: Sequence[int], town: str) -> list[Organisation]:
    wanted = set(ids)
    if not wanted:
        raise errors.wrong("unit", "还没有选单位。", "请勾选要调用的单位。")
    if len(wanted) > MOST:
        raise errors.wrong("unit", f"一次最多 {MOST} 个单位。", "请分几次申请。")
    found = [one for one in others(town) if one.pk in wanted]
    if len(found) < len(wanted):
        raise errors.wrong(
            "unit",
            "所选单位不是本县（区）其他街镇的单位。",
            "县（区）的单位和别的县（区）的不在此列。",
        )
    near = own_units(principal).filter(pk__in=wanted).values_list("name", flat=True)
    if near:
        raise errors.wrong(
            "unit", f"{'、'.join(near)}在本镇有权责，可以直接下达命令。", "请去掉这些单位。"
        )
    clerks = clerks_of(one.path for one in found)
    silent = [one.name for one in found if not clerks[one.path]]
    if silent:
        raise nobody_answers(silent)
    return found


def _case(principal: Principal, number: str, town: str) -> str:
    number = number.strip()
    if not number:
        return ""
    rows = cases_visible_to(principal).filter(number=number, area_code__startswith=town)
    if not rows.exists():
        raise errors.wrong(
            "case", f"没有找到本镇的案件 {number}。", "请填写 19 位案件编号，或留空。"
        )
    return number
