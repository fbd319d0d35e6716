"""A swap (换班): asked, accepted by the colleague, approved by who keeps the roster.

On approval both duties are ended and written anew with the persons exchanged, in one transaction,
so no day loses its cover: each duty keeps its post, area and hours.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import User
from chengguan.command.models.roster import Assignment, Source, Swap, SwapState
from chengguan.core.errors import NotAllowed

from ..errors import past, wrong, wrong_state
from .correcting import assign_anew
from .keeping import BY_SWAP, end, note, require
from .telling import tell_keepers, tell_person

OPEN = (SwapState.ASKED, SwapState.ACCEPTED)


@transaction.atomic
def ask_swap(
    principal: Principal,
    *,
    given: Assignment,
    colleague: User,
    reason: str,
    taken: Assignment | None = None,
) -> Swap:
    """Ask a colleague to take a duty of mine, in return for one of his or without.

    Raises:
        NotAllowed: the duty isn't the asker's own.
        Invalid: no reason, oneself, nobody of that unit, another post, a duty that isn't his.
        Conflict: the duty has begun, was changed, or is asked for already.
    """
    if given.user_id != principal.user_id:
        raise NotAllowed("roster.swap_own", "只能申请换自己的班。", mend="请从“我的班次”中选择。")
    if not reason.strip():
        raise wrong("reason", "请写明换班理由。", "例如“家中有事”。")
    if colleague.pk == given.user_id:
        raise wrong("colleague", "对方不能是本人。", "请选一位同事。")
    if taken is not None and taken.user_id != colleague.pk:
        raise wrong("taken", "换入的班次不是对方的。", "请重新选择对方的班次。")
    if taken is not None and taken.post != given.post:
        raise wrong("taken", "两个班次的岗位不同。", "请选同一岗位的班次。")
    _works_with(colleague, given)
    _fit(colleague, given)
    for duty in filter(None, (given, taken)):
        _still_open(duty)
    try:
        with transaction.atomic():
            made = Swap.objects.create(
                given=given,
                taken=taken,
                asked_by_id=given.user_id,
                colleague=colleague,
                reason=reason.strip()[:200],
            )
    except IntegrityError as error:
        raise wrong_state("已经提出，正在办理") from error
    note("swap_asked", principal, "swap", made.pk, given=given.pk, taken=taken.pk if taken else 0)
    tell_person(colleague.pk, f"{principal.name}请您换班", made.pk)
    return made


@transaction.atomic
def accept_swap(principal: Principal, swap: Swap) -> None:
    """The colleague agrees; now the keeper of the roster decides."""
    _colleague_only(principal, swap)
    _move(swap, (SwapState.ASKED,), SwapState.ACCEPTED, accepted_at=timezone.now())
    note("swap_accepted", principal, "swap", swap.pk)
    tell_keepers(swap.given.organisation, "有换班待批准", swap.pk)


@transaction.atomic
def refuse_swap(principal: Principal, swap: Swap, why: str) -> None:
    """The colleague or the keeper says no, and why.

    Raises:
        NotAllowed: neither of them.
        Invalid: no reason.
    """
    if not why.strip():
        raise wrong("why", "请写明不同意的理由。", "申请人会看到这个理由。")
    if principal.user_id != swap.colleague_id:
        require(principal, swap.given.organisation, swap.given.area_code)
    _move(
        swap,
        OPEN,
        SwapState.REFUSED,
        refusal=why.strip()[:200],
        decided_at=timezone.now(),
        decided_by=principal.name[:40],
    )
    note("swap_refused", principal, "swap", swap.pk, why=why.strip()[:200])
    tell_person(swap.asked_by_id, f"换班未同意：{why.strip()[:60]}", swap.pk)


@transaction.atomic
def withdraw_swap(principal: Principal, swap: Swap) -> None:
    """Who asked takes it back."""
    if principal.user_id != swap.asked_by_id:
        raise NotAllowed("roster.swap_own", "只能撤回自己的申请。", mend="请由申请人办理。")
    _move(
        swap, OPEN, SwapState.WITHDRAWN, decided_at=timezone.now(), decided_by=principal.name[:40]
    )
    note("swap_withdrawn", principal, "swap", swap.pk)


@transaction.atomic
def approve_swap(principal: Principal, swap: Swap) -> list[Assignment]:
    """Exchange the persons of both duties; gives the new rows, the given duty's first.

    Raises:
        NotAllowed: another keeps that roster, or the approver is one of the two.
        Conflict: not accepted yet, a duty has begun or was changed, or somebody would be on
            duty twice.
    """
    for duty in filter(None, (swap.given, swap.taken)):
        require(principal, duty.organisation, duty.area_code)
    if principal.user_id in (swap.asked_by_id, swap.colleague_id):
        raise NotAllowed(
            "roster.swap_own_approval", "不能批准自己的换班。", mend="请由另一位排班人批准。"
        )
    # Locked in one order, so that two approvals that share a duty wait and never block each other.
    ids = sorted(duty.pk for duty in (swap.given, swap.taken) if duty is not None)
    list(Assignment.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    _move(
        swap,
        (SwapState.ACCEPTED,),
        SwapState.APPROVED,
        decided_at=timezone.now(),
        decided_by=principal.name[:40],
    )
    exchanged = [(swap.given, swap.colleague)]
    if swap.taken is not None:
        exchanged.append((swap.taken, swap.asked_by))
    for duty, _ in exchanged:
        _still_open(duty)
    if end(ids, principal, BY_SWAP) != len(ids):
        raise wrong_state("对应的班次已被改动")
    made = [
        assign_anew(principal, duty, user, source=Source.SWAP, swap=swap)
        for duty, user in exchanged
    ]
    note("swap_approved", principal, "swap", swap.pk, made=[one.pk for one in made])
    for user_id in (swap.asked_by_id, swap.colleague_id):
        tell_person(user_id, "换班已批准，班次已改", swap.pk)
    return made


def _move(swap: Swap, wanted: tuple[str, ...], state: str, **columns: object) -> None:
    # Guarded: of two who decide at once one wins, the other is told.
    if not Swap.objects.filter(pk=swap.pk, state__in=wanted).update(state=state, **columns):
        now = Swap.objects.get(pk=swap.pk)
        raise wrong_state(f"“{now.get_state_display()}”")
    swap.state = state


def _still_open(duty: Assignment) -> None:
    fresh = Assignment.objects.filter(pk=duty.pk, ended_at__isnull=True).exists()
    if not fresh:
        raise wrong_state("对应的班次已被改动")
    if duty.starts_at <= timezone.now():
        raise past()


def _works_with(colleague: User, duty: Assignment) -> None:
    """Refuse who neither belongs to the duty's unit nor has duties there; he isn't named."""
    if colleague.organisation.path.startswith(duty.organisation.path):
        return
    there = Assignment.objects.filter(user=colleague, organisation=duty.organisation_id)
    if not there.filter(ended_at__isnull=True).exists():
        raise wrong("colleague", "对方不在这一班的单位。", "请从可接这一班的同事中选一位。")


def _fit(colleague: User, duty: Assignment) -> None:
    day = timezone.localtime(duty.starts_at).date()
    held = colleague.grants.filter(post__code=duty.post, valid_from__lte=day)
    if not held.exclude(valid_to__lt=day).exists():
        raise wrong(
            "colleague",
            f"{colleague.name}当天不任该岗位，不能接这一班。",
            "请选任同一岗位的同事。",
        )


def _colleague_only(principal: Principal, swap: Swap) -> None:
    if principal.user_id != swap.colleague_id:
        raise NotAllowed("roster.swap_colleague", "只有对方本人可以同意。", mend="请由对方办理。")
