"""A rule makes duties: planned, previewed with what is missing or double, applied as a whole.

What has begun is never rewritten: a changed rule reaches only duties that begin after now, and of
those none that a person has changed since (a swap, a correction).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import Organisation, User
from chengguan.command.models.roster import Assignment, Rule, RuleMember, ShiftKind, Source
from chengguan.core.errors import Conflict

from ..errors import wrong
from .keeping import BY_HAND, BY_RULE, BY_SWAP, end, note, require, require_people
from .rotation import Member, Plan, Planned, Rotation, Shift, expand
from .spans import LONGEST, counts, instant

LONGEST_PLAN = timedelta(days=366)
LONGEST_AREA = 15
_MOST_MEMBERS = 500
_Key = tuple[int, str, datetime]


@dataclass(frozen=True, slots=True)
class Change:
    """What applying a rule would do: rows to make, rows to end, how many stay as they are.

    `doubles` are new duties of people who are on duty elsewhere then.
    """

    plan: Plan
    new: tuple[Planned, ...]
    gone: tuple[int, ...]
    kept: int
    doubles: tuple[tuple[Planned, Assignment], ...]


@transaction.atomic
def save_rule(
    principal: Principal,
    *,
    organisation: Organisation,
    name: str,
    post: str,
    cycle: Sequence[str],
    members: Sequence[tuple[int, User, str]],
    valid_from: date,
    step: int = 1,
    days: str = "all",
    valid_to: date | None = None,
    rule: Rule | None = None,
) -> Rule:
    """Make or change a rule; `members` are (team, person, area code). No duty is touched by it.

    Raises:
        NotAllowed: another keeps that unit's roster, or that of one of the people.
        Invalid: an empty cycle, a shift without hours, somebody twice, nobody at all, no such area.
    """
    require(principal, organisation)
    if rule is not None:
        require(principal, rule.organisation)
    _check(organisation, cycle, members, valid_from, valid_to)
    require_people(principal, (user.pk for _, user, _ in members))
    for _, _, area_code in members:
        require(principal, organisation, area_code)
    before = _told(rule) if rule else {}
    made = Rule.objects.select_for_update().get(pk=rule.pk) if rule else Rule()
    made.organisation, made.name, made.post = organisation, name[:40], post
    made.cycle, made.step, made.days = list(cycle), step, days
    made.valid_from, made.valid_to = valid_from, valid_to
    made.revision = (rule.revision + 1) if rule else 1
    made.save()
    made.members.all().delete()
    RuleMember.objects.bulk_create(
        RuleMember(rule=made, team=team, user=user, area_code=area) for team, user, area in members
    )
    note("rule", principal, "rule", made.pk, before=before, after=_told(made))
    return made


def plan_of(rule: Rule, first: date, last: date) -> Plan:
    """Plan the rule's duties that begin on those local dates, both included."""
    return expand(rotation_of(rule), shifts_of(rule.organisation_id), first, last, _counting(rule))


def change_of(
    rule: Rule, first: date, last: date, *, now: datetime, backfill: bool = False
) -> Change:
    """Work out what applying would do; nothing is written.

    Raises:
        Invalid: the dates are the wrong way round or more than a year.
    """
    if not first <= last <= first + LONGEST_PLAN:
        raise wrong("last", "止日不能早于起日，一次最多排一年。", "请改正起止日期。")
    plan = plan_of(rule, first, last)
    since = instant(first, time()) if backfill else max(now, instant(first, time()))
    until = instant(last + timedelta(1), time())
    rows = Assignment.objects.filter(rule=rule, starts_at__gte=since, starts_at__lt=until)
    current: dict[_Key, Assignment] = {}
    by_hand: set[_Key] = set()
    for row in rows:
        key = (row.user_id, row.area_code, row.starts_at)
        if row.ended_at is None and row.source == Source.RULE:
            current[key] = row
        elif row.ended_at is not None and row.ended_why.startswith((BY_SWAP, BY_HAND)):
            by_hand.add(key)
    wanted = [
        one
        for one in plan.duties
        if since <= one.starts_at and (one.user_id, one.area_code, one.starts_at) not in by_hand
    ]
    new, same = [], set()
    for one in wanted:
        key = (one.user_id, one.area_code, one.starts_at)
        row_ = current.get(key)
        if row_ is not None and _is_same(row_, one):
            same.add(row_.pk)
        else:
            new.append(one)
    gone = tuple(row.pk for row in current.values() if row.pk not in same)
    return Change(plan, tuple(new), gone, len(same), tuple(_doubles(new, set(gone))))


@transaction.atomic
def apply_rule(
    principal: Principal,
    rule: Rule,
    first: date,
    last: date,
    *,
    accept_doubles: bool = False,
    backfill: bool = False,
) -> Change:
    """Make the rule's duties from `first` to `last`, in one transaction.

    `backfill` also makes what lies in the past, for loading a system, where this rule has made
    nothing yet.

    Raises:
        NotAllowed: another keeps that unit's roster, or that of one of the people.
        Conflict: people would be on duty twice, and nobody said that this is meant.
    """
    rule = (
        Rule.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=rule.pk)
    )
    require(principal, rule.organisation)
    if backfill and Assignment.objects.filter(rule=rule).exists():
        raise Conflict("roster.backfill", "该规则已排过班，不能再补排过去。", mend="请只排将来。")
    change = change_of(rule, first, last, now=timezone.now(), backfill=backfill)
    # Asked again: whoever was his when the rule was made may have gone to another unit since.
    require_people(principal, {one.user_id for one in change.new})
    for area_code in {one.area_code for one in change.new}:
        require(principal, rule.organisation, area_code)
    if change.doubles and not accept_doubles:
        raise Conflict(
            "roster.doubles",
            f"有 {len(change.doubles)} 个班次与已有班次重叠。",
            mend="请先改正，或确认确需一人同时在两处后再排定。",
        )
    end(list(change.gone), principal, BY_RULE)
    Assignment.objects.bulk_create(
        (_row(one, rule, principal) for one in change.new), batch_size=2_000
    )
    note(
        "applied",
        principal,
        "rule",
        rule.pk,
        first=first.isoformat(),
        last=last.isoformat(),
        new=len(change.new),
        gone=len(change.gone),
        kept=change.kept,
    )
    return change


def rotation_of(rule: Rule) -> Rotation:
    """Give a rule by value."""
    members = tuple(
        Member(user_id, team, area_code)
        for user_id, team, area_code in rule.members.values_list("user_id", "team", "area_code")
    )
    return Rotation(
        rule.post, tuple(rule.cycle), rule.step, rule.valid_from, rule.valid_to, members
    )


def shifts_of(organisation_id: int) -> list[Shift]:
    """Give every version of a unit's shifts, by value."""
    rows = ShiftKind.objects.filter(organisation_id=organisation_id).order_by("valid_from", "code")
    return [
        Shift(*row)
        for row in rows.values_list(
            "code", "name", "period", "start", "end", "rest_minutes", "valid_from"
        )
    ]


def overlapping(user_ids: set[int], first: datetime, last: datetime) -> list[Assignment]:
    """Give the current duties of people that touch `first <= t < last`."""
    rows = Assignment.objects.filter(
        user_id__in=user_ids,
        ended_at__isnull=True,
        starts_at__gt=first - LONGEST,
        starts_at__lt=last,
        ends_at__gt=first,
    )
    return list(rows.order_by("starts_at", "pk"))


def _doubles(new: Sequence[Planned], gone: set[int]) -> list[tuple[Planned, Assignment]]:
    if not new:
        return []
    first, last = min(o.starts_at for o in new), max(o.ends_at for o in new)
    held: dict[int, list[Assignment]] = {}
    for row in overlapping({one.user_id for one in new}, first, last):
        if row.pk not in gone:
            held.setdefault(row.user_id, []).append(row)
    return [
        (one, row)
        for one in new
        for row in held.get(one.user_id, ())
        if row.starts_at < one.ends_at and one.starts_at < row.ends_at
    ]


def _check(
    organisation: Organisation,
    cycle: Sequence[str],
    members: Sequence[tuple[int, User, str]],
    valid_from: date,
    valid_to: date | None,
) -> None:
    if not any(cycle) or len(cycle) > 62:
        raise wrong(
            "cycle", "周期应有 1 至 62 天，且至少一天有班。", "请按天填写班次，休息填“休”。"
        )
    known = {shift.code for shift in shifts_of(organisation.pk)}
    missing = sorted({code for code in cycle if code and code not in known})
    if missing:
        raise wrong(
            "cycle", f"没有班次“{'、'.join(missing)}”。", "请先在“班次”中设定，或改正代码。"
        )
    if not members or len(members) > _MOST_MEMBERS:
        raise wrong("members", f"应有 1 至 {_MOST_MEMBERS} 人。", "请在各班组中填写人员。")
    seen: set[int] = set()
    for _, user, area_code in members:
        if len(area_code) > LONGEST_AREA or not (area_code.isascii() and area_code.isdigit()):
            raise wrong(
                "members", f"没有区划“{area_code[:20]}”。", "请核对区域代码，最多 15 位数字。"
            )
        if user.pk in seen:
            raise wrong("members", f"{user.name}出现了两次。", "一人在一条规则里只能属于一个班组。")
        seen.add(user.pk)
    if valid_to is not None and valid_to < valid_from:
        raise wrong("valid_to", "止日不能早于起日。", "请改正起止日期。")


def _counting(rule: Rule) -> Any:
    return lambda day: counts(rule.days, day)


def _is_same(row: Assignment, one: Planned) -> bool:
    return (
        row.ends_at,
        row.post,
        row.shift_code,
        row.shift_name,
        row.period,
        row.rest_minutes,
    ) == (
        one.ends_at,
        one.post,
        one.shift.code,
        one.shift.name,
        one.shift.period,
        one.shift.rest_minutes,
    )


def _row(one: Planned, rule: Rule, principal: Principal) -> Assignment:
    return Assignment(
        user_id=one.user_id,
        organisation_id=rule.organisation_id,
        post=one.post,
        area_code=one.area_code,
        shift_code=one.shift.code,
        shift_name=one.shift.name,
        period=one.shift.period,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        rest_minutes=one.shift.rest_minutes,
        source=Source.RULE,
        rule=rule,
        made_by=principal.name[:40],
    )


def _told(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "post": rule.post,
        "cycle": rule.cycle,
        "step": rule.step,
        "days": rule.days,
        "from": rule.valid_from.isoformat(),
        "to": rule.valid_to.isoformat() if rule.valid_to else None,
        "members": [list(row) for row in rule.members.values_list("team", "user_id", "area_code")],
    }
