"""A duty roster for the demo's people: the past ninety days and the coming fortnight, by rules.

The desks go round in four teams (日、夜、休、休), the collectors in an early and a late shift, the
units' people by day on working days; each community has somebody of its own (定段包干).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from django.utils import timezone

from chengguan.accounts.domain.grants import grant_post
from chengguan.accounts.domain.people import create_user
from chengguan.accounts.models import Organisation, Post, User
from chengguan.command.models import JointZone, Requirement, ShiftKind
from chengguan.command.roster.domain.absent import record_absence, set_pair
from chengguan.command.roster.domain.rules import apply_rule, save_rule
from chengguan.command.roster.domain.spans import instant

from .bringing import LOADER, SINCE, own
from .ground import STREET

PAST: Final = timedelta(days=90)
COMING: Final = timedelta(days=14)
DISTRICT: Final = "310115"
_ROUND: Final = ("日", "夜", "", "")
_WALKS: Final = ("早", "早", "早", "晚", "晚", "", "")
#: (code, name, period, start, end, minutes of unpaid rest)
_CENTRE_SHIFTS: Final = (
    ("日", "日班", "day", time(8), time(20), 120),
    ("夜", "夜班", "night", time(20), time(8), 120),
    ("早", "早班", "day", time(7), time(15), 0),
    ("晚", "晚班", "day", time(12), time(20), 0),
)
_UNIT_SHIFTS: Final = (("常", "常白班", "day", time(8), time(17), 60),)
_DESKS: Final = (("acceptor", "受理台"), ("dispatcher", "派遣台"), ("commander", "值班指挥"))

Member = tuple[int, User, str]


def load() -> str:
    """Make shifts, rules, what is needed, and the duties; says in Chinese how many."""
    today = timezone.localdate()
    first, last = today - PAST, today + COMING
    _people()
    centre = Organisation.objects.get(code="CENTRE")
    _shifts(centre, _CENTRE_SHIFTS)
    duties = 0
    for post, title in _DESKS:
        people = _holders(centre, post)[:4]
        members = [(number, user, DISTRICT) for number, user in enumerate(people, 1)]
        duties += _rule(centre, title, post, _ROUND, members, first, last)
        _need(centre, post, DISTRICT, time(0), time(0), 1)
    walkers = _holders(centre, "collector")
    teams = [(number % 4 + 1, user, STREET) for number, user in enumerate(walkers)]
    duties += _rule(centre, "采集巡查", "collector", _WALKS, teams, first, last, step=2)
    _need(centre, "collector", STREET, time(7), time(20), 2)
    duties += _units(first, last)
    _stand_ins(today)
    return f"{duties} 班（{first:%m-%d} 至 {last:%m-%d}，人员均为虚构）"


def _units(first: date, last: date) -> int:
    made = 0
    handlers = User.objects.filter(grants__post__code__startswith="handler", made_up=True)
    by_unit: dict[Organisation, list[User]] = {}
    rows = handlers.select_related("organisation")
    for user in rows.distinct().order_by("organisation__code", "pk"):
        by_unit.setdefault(user.organisation, []).append(user)
    for unit, people in by_unit.items():
        post = people[0].grants.select_related("post").order_by("pk")[0].post.code
        area = unit.area_code or DISTRICT
        _shifts(unit, _UNIT_SHIFTS)
        members = [(1, user, area) for user in people]
        title = "定段包干" if post == "handler_community" else "常白班"
        made += _rule(unit, title, post, ("常",), members, first, last, days="work")
        if post == "handler_community":
            _need(unit, post, area, time(8), time(17), 1, days="work")
    return made


def _rule(
    unit: Organisation,
    name: str,
    post: str,
    cycle: Sequence[str],
    members: Sequence[Member],
    first: date,
    last: date,
    *,
    step: int = 1,
    days: str = "all",
) -> int:
    rule = save_rule(
        LOADER,
        organisation=unit,
        name=name,
        post=post,
        cycle=cycle,
        members=members,
        valid_from=first,
        step=step,
        days=days,
    )
    return len(apply_rule(LOADER, rule, first, last, backfill=True).new)


def _people() -> None:
    posts = {post.code: post for post in Post.objects.all()}
    places = {place.code: place for place in Organisation.objects.all()}
    for row in own("duty_people.csv"):
        user = create_user(
            username=row["账号"],
            name=row["姓名"],
            organisation=places[row["机构代码"]],
            principal=LOADER,
            phone=row["电话"],
            made_up=True,
            must_change_password=False,
        )
        grant_post(user, posts[row["岗位"]], principal=LOADER, valid_from=SINCE)


def _holders(unit: Organisation, post: str) -> list[User]:
    held = User.objects.filter(organisation=unit, grants__post__code=post, is_system=False)
    return list(held.distinct().order_by("pk"))


def _shifts(unit: Organisation, kinds: Sequence[tuple[str, str, str, time, time, int]]) -> None:
    ShiftKind.objects.bulk_create(
        ShiftKind(
            organisation=unit,
            code=code,
            name=name,
            period=period,
            start=start,
            end=end,
            rest_minutes=rest,
            valid_from=SINCE,
        )
        for code, name, period, start, end, rest in kinds
    )


def _need(
    unit: Organisation,
    post: str,
    area: str,
    start: time,
    end: time,
    people: int,
    *,
    days: str = "all",
) -> None:
    Requirement.objects.create(
        organisation=unit,
        post=post,
        area_code=area,
        days=days,
        start=start,
        end=end,
        people=people,
        valid_from=SINCE,
    )


def _stand_ins(today: date) -> None:
    people = {user.username: user for user in User.objects.filter(made_up=True)}
    for a, b in (("shouli1", "shouli2"), ("paiqian1", "paiqian2"), ("caiji1", "caiji2")):
        for one, other in ((a, b), (b, a)):
            set_pair(LOADER, user=people[one], stand_in=people[other], valid_from=SINCE)
    tomorrow = datetime.combine(today + timedelta(1), time())
    record_absence(
        LOADER,
        user=people["shouli2"],
        starts_at=instant(tomorrow.date(), time()),
        ends_at=instant(tomorrow.date() + timedelta(3), time()),
        kind="leave",
    )
    zone = JointZone.objects.create(name="滴水湖联勤片区", area_codes=[STREET], valid_from=SINCE)
    zone.organisations.set(Organisation.objects.filter(code__in=["ENFORCE", "TRAFFIC"]))
