"""Who is on duty at any place and instant, who stands in, and which rows of the roster one may see.

Rights: who keeps the roster (ROSTER) or may see people on duty (SEE_PEOPLE) sees those of his
organisation's subtree and area; everybody sees his own organisation's, his own, and in a joint
zone (联勤片区) of his organisation the other units' people there. An account that only shows (大屏)
sees nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Post, User
from chengguan.cases.staffing import Away
from chengguan.command.models.roster import Absence, Assignment, JointZone, Rule, Swap
from chengguan.registry.domain.duty_index import units
from chengguan.registry.domain.locate import chain
from chengguan.store.cache import revised
from chengguan.store.today import local_today

from .domain.presence import Absences, Duty
from .domain.reading import absences, between, day_of, duties

_LEVELS: Final = frozenset({"city", "district", "street", "community", "grid"})
SEEING: Final = (Capability.ROSTER, Capability.SEE_PEOPLE)


@dataclass(frozen=True, slots=True)
class OnDuty:
    """One person on duty at an instant, `starts_at <= at < ends_at`.

    `stands_in_for` names whom he replaces (AB 角), "" for his own duty. `phone` is empty unless the
    asker was named and may see it.
    """

    user_id: int
    name: str
    post: str
    post_name: str
    area_code: str
    area_name: str
    organisation_id: int
    organisation_name: str
    shift_name: str
    period: str
    starts_at: datetime
    ends_at: datetime
    stands_in_for: str = ""
    phone: str = ""


def on_duty(
    at: datetime,
    *,
    area_code: str = "",
    post: str = "",
    posts: Iterable[str] = (),
    seen_by: Principal | None = None,
    known_at: datetime | None = None,
) -> list[OnDuty]:
    """Give who is on duty at `at`, the nearest area first: stand-ins in place of who is away.

    With `area_code` those who look after that area, an area above or one inside it; with `posts`
    those at these posts, whatever their level of command (受理员, 市受理员, 街道受理员). Corrections
    made since count; `known_at` answers what was planned as far as was known then. Without
    `seen_by` nothing is held back but the phones: the caller answers for who sees the answer.
    """
    if known_at is None:
        pieces, _ = day_of(at)
    else:
        # Half-open windows are empty at one instant: the shortest that holds it is asked for.
        until = at + timedelta(microseconds=1)
        away = absences(at, until, known_at=known_at)
        rows = duties(between(at, until, known_at=known_at))
        pieces = tuple(piece for duty in rows for piece in away.pieces(duty))
    wanted = tuple(posts)
    found = [
        piece
        for piece in pieces
        if piece.at(at)
        and (not post or piece.post == post)
        and (not wanted or base_post(piece.post) in wanted)
        and _near(piece.area_code, area_code)
    ]
    if seen_by is not None:
        found = [piece for piece in found if sees_duty(seen_by, piece)]
    found.sort(key=lambda one: (-len(one.area_code), one.area_code, one.post, one.user_id))
    return _named(found, seen_by)


def base_post(code: str) -> str:
    """Give a post's code without its level of command: `acceptor` for `acceptor_street`."""
    base, _, level = code.rpartition("_")
    return base if level in _LEVELS else code


def stand_in(user_id: int, at: datetime) -> int | None:
    """Give who stands in for a person away at `at` (AB 角); None when he is there or nobody does."""
    _, away = day_of(at)
    return away.stand_in(user_id, at)


def away(user_id: int, at: datetime) -> Away | None:
    """Give a person's absence at `at` and who stands in; for `cases.staffing`."""
    absences = absences_at(at)
    found = absences.of(user_id, at)
    if found is None:
        return None
    other = absences.stand_in(user_id, at)
    known = names({user_id, *([other] if other else [])})
    return Away(
        user_id,
        known.get(user_id, ("", ""))[0],
        found.ends_at,
        other,
        known.get(other, ("", ""))[0] if other else "",
    )


def near(at: datetime, area_code: str) -> Mapping[int, str] | None:
    """Give who is on duty near a place, their duty in words by user id; for `cases.staffing`.

    None where nobody at all is planned for that local day near there: no roster is kept.
    """
    pieces, _ = day_of(at)
    close = [piece for piece in pieces if _near(piece.area_code, area_code)]
    if not close:
        return None
    return {
        piece.user_id: f"{piece.shift_name}，至 {timezone.localtime(piece.ends_at):%H:%M}"
        for piece in close
        if piece.at(at)
    }


def absences_at(at: datetime) -> Absences:
    """Give the absences of the local day of `at`."""
    return day_of(at)[1]


def assignments_visible_to(principal: Principal) -> QuerySet[Assignment]:
    """Give the assignments one may see, current and corrected ones alike."""
    if principal.is_system:
        return Assignment.objects.all()
    return Assignment.objects.filter(_seen(principal))


def rules_visible_to(principal: Principal) -> QuerySet[Rule]:
    """Give the rotation rules of the organisations whose roster one keeps."""
    return Rule.objects.filter(kept_q(principal))


def swaps_visible_to(principal: Principal) -> QuerySet[Swap]:
    """Give the swaps one asked, was asked for, or may approve."""
    if principal.is_system:
        return Swap.objects.all()
    mine = Q(asked_by=principal.user_id) | Q(colleague=principal.user_id)
    kept = kept_q(principal, "given__organisation__path", "given__area_code")
    return Swap.objects.filter(mine | kept)


def absences_visible_to(principal: Principal) -> QuerySet[Absence]:
    """Give one's own absences, and those of the people whose roster one keeps."""
    if principal.is_system:
        return Absence.objects.all()
    kept = kept_q(principal, "user__organisation__path", None)
    return Absence.objects.filter(Q(user=principal.user_id) | kept)


def people_kept_by(principal: Principal) -> QuerySet[User]:
    """Give the people whose duties one may plan."""
    kept = kept_q(principal, "organisation__path", None)
    return User.objects.filter(kept, is_active=True, is_system=False)


def kept_q(principal: Principal, path: str = "organisation__path", area: str | None = None) -> Q:
    """Give the condition on rows of the rosters one keeps; no row without the capability."""
    if principal.is_system:
        return Q()
    whole = Q(pk__in=[])
    for held in principal.holding(Capability.ROSTER):
        reach = Q(**{f"{path}__startswith": held.organisation_path})
        if area is not None and held.area_code:
            reach &= Q(**{f"{area}__startswith": held.area_code})
        whole |= reach
    return whole


def sees_duty(principal: Principal, duty: Duty) -> bool:
    """Say whether a person may see one duty; as `assignments_visible_to`, in memory."""
    if principal.is_system or principal.user_id in (duty.user_id, duty.for_user):
        return True
    unit = units().get(duty.organisation_id)
    path = unit.path if unit else ""
    own = own_path(principal)
    if own and path.startswith(own):
        return True
    if any(
        path.startswith(held.organisation_path) and duty.area_code.startswith(held.area_code)
        for one in SEEING
        for held in principal.holding(one)
    ):
        return True
    return bool(own) and any(
        principal.organisation_id in members
        and duty.organisation_id in members
        and any(_near(duty.area_code, code) for code in codes)
        for members, codes in _zones()
    )


def own_path(principal: Principal) -> str:
    """Give the organisation whose people one sees as a colleague; "" for an account that only shows.

    A wall stands where the public passes: its account is nobody's colleague.
    """
    held = {one for grant in principal.grants for one in grant.capabilities}
    return "" if held == {Capability.WALL} else principal.organisation_path


def zones_of(area_code: str) -> list[JointZone]:
    """Give the joint zones in force that hold an area."""
    today = local_today()
    living = JointZone.objects.filter(valid_from__lte=today).exclude(valid_to__lt=today)
    rows = living.prefetch_related("organisations").order_by("name")
    return [zone for zone in rows if any(area_code.startswith(code) for code in zone.area_codes)]


def _seen(principal: Principal) -> Q:
    mine = Q(user=principal.user_id)
    own = own_path(principal)
    if own:
        mine |= Q(organisation__path__startswith=own)
    for one in SEEING:
        for held in principal.holding(one):
            reach = Q(organisation__path__startswith=held.organisation_path)
            if held.area_code:
                reach &= Q(area_code__startswith=held.area_code)
            mine |= reach
    for members, codes in _zones():
        if own and principal.organisation_id in members:
            for code in codes:
                mine |= Q(organisation__in=members, area_code__startswith=code)
    return mine


@revised("command.roster")
def _zones() -> tuple[tuple[frozenset[int], tuple[str, ...]], ...]:
    today = local_today()
    living = JointZone.objects.filter(valid_from__lte=today).exclude(valid_to__lt=today)
    return tuple(
        (frozenset(one.pk for one in zone.organisations.all()), tuple(zone.area_codes))
        for zone in living.prefetch_related("organisations")
    )


def _near(own: str, asked: str) -> bool:
    return own.startswith(asked) or asked.startswith(own)


def _named(found: Iterable[Duty], seen_by: Principal | None) -> list[OnDuty]:
    pieces = list(found)
    people = names(
        {one.user_id for one in pieces} | {one.for_user for one in pieces if one.for_user}
    )
    posts, known = post_names(), units()
    return [
        OnDuty(
            user_id=one.user_id,
            name=people.get(one.user_id, ("", ""))[0],
            post=one.post,
            post_name=posts.get(one.post, one.post),
            area_code=one.area_code,
            area_name=area_name(one.area_code),
            organisation_id=one.organisation_id,
            organisation_name=known[one.organisation_id].name
            if one.organisation_id in known
            else "",
            shift_name=one.shift_name,
            period=one.period,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            stands_in_for=people.get(one.for_user, ("", ""))[0] if one.for_user else "",
            phone=people.get(one.user_id, ("", ""))[1] if seen_by is not None else "",
        )
        for one in pieces
    ]


def area_name(code: str) -> str:
    """Give an area's name; the code where nothing is known of it."""
    found = chain(code)
    return found[-1].name if found else code


@revised("accounts")
def post_names() -> Mapping[str, str]:
    """Give the posts' names by code."""
    return dict(Post.objects.values_list("code", "name"))


def names(user_ids: Iterable[int]) -> Mapping[int, tuple[str, str]]:
    """Give (name, phone) by id of those people, in one statement at most."""
    return _names(tuple(sorted(set(user_ids))))


@revised("accounts")
def _names(user_ids: tuple[int, ...]) -> Mapping[int, tuple[str, str]]:
    if not user_ids:
        return {}
    rows = User.objects.filter(pk__in=user_ids).values_list("pk", "name", "phone")
    return {key: (name, phone) for key, name, phone in rows}


def unit_name(organisation_id: int) -> str:
    """Give an organisation's name."""
    found = units().get(organisation_id)
    return found.name if found else ""
