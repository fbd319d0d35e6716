"""Publish a bulletin to the people it concerns, note who has read and confirmed it, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import Organisation, User
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.files.domain import NewAttachment, attach_many
from chengguan.notify.domain import tell

from ...models import Bulletin, BulletinReader
from ...orders.domain.reach import commands, grants_today, reachable_people
from .. import errors

SUBJECT: Final = "bulletin"
MOST: Final = 20_000


def publish(
    principal: Principal,
    *,
    title: str,
    text: str,
    area_code: str = "",
    posts: Sequence[str] = (),
    organisations: Sequence[int] = (),
    pinned: bool = False,
    must_confirm: bool = False,
    expires_at: datetime | None = None,
    files: Sequence[tuple[str, str]] = (),
    at: datetime | None = None,
) -> Bulletin:
    """Publish to who holds one of `posts` in the organisations' subtrees (all where none is named).

    Only people within the publisher's scope are addressed; each gets a receipt and an inbox item.

    Raises:
        NotAllowed: may not publish there (noted in the audit).
        Invalid: no title or text, nobody addressed, an expiry in the past.
    """
    now = at or timezone.now()
    _check(principal, title, text, area_code, expires_at, now)
    people = audience(principal, area_code, posts, organisations)
    if not people:
        raise errors.wrong("posts", "没有人会收到这份通报。", "请放宽岗位、机构或区域。")
    if len(people) > MOST:
        raise errors.wrong("posts", f"收件人超过 {MOST} 人。", "请分区域发布。")
    with transaction.atomic():
        made = Bulletin.objects.create(
            title=title.strip()[:80],
            text=text.strip(),
            pinned=pinned,
            must_confirm=must_confirm,
            area_code=area_code,
            posts=list(posts),
            organisation_ids=list(organisations),
            sender_id=principal.user_id,
            sender_name=principal.name,
            published_at=now,
            expires_at=expires_at,
        )
        attach_many(
            NewAttachment(sha256, SUBJECT, made.pk, name, user_id=principal.user_id, at=now)
            for sha256, name in files
        )
        _address(made, people)
        _record(principal, made, "bulletin.publish", now)
    return made


def _check(
    principal: Principal,
    title: str,
    text: str,
    area_code: str,
    expires_at: datetime | None,
    now: datetime,
) -> None:
    if not commands(principal, area_code):
        record(
            "bulletin.publish",
            actor=principal.actor(),
            subject_type=SUBJECT,
            result=Result.REFUSED,
            detail={"area": area_code},
        )
        raise errors.may_not()
    if not title.strip() or not text.strip():
        raise errors.wrong("title", "标题和内容都要写。", "请补全。")
    if expires_at is not None and expires_at <= now:
        raise errors.wrong("expires", "有效期已经过去。", "请改为现在以后的时间。")


def _address(made: Bulletin, people: Sequence[User]) -> None:
    BulletinReader.objects.bulk_create(
        BulletinReader(
            bulletin=made, user_id=one.pk, name=one.name, organisation_name=one.organisation.name
        )
        for one in people
    )
    tell(
        "bulletin.published",
        subject_id=made.pk,
        user_ids=[one.pk for one in people],
        payload={
            "title": f"{'须确认的通报' if made.must_confirm else '通报'}：{made.title}",
            "body": made.text[:200],
            "url": reverse("command:bulletins-detail", args=[made.pk]),
        },
    )


def audience(
    principal: Principal, area_code: str, posts: Sequence[str], organisations: Sequence[int]
) -> list[User]:
    """Give the people addressed, each once, by name: two statements."""
    people = reachable_people(principal)
    if area_code:
        near = grants_today().filter(area_code__startswith=area_code).values("user_id")
        people = people.filter(Q(organisation__area_code__startswith=area_code) | Q(pk__in=near))
    if posts:
        people = people.filter(pk__in=grants_today().filter(post__code__in=posts).values("user_id"))
    if organisations:
        below = Q(pk__in=[])
        for path in Organisation.objects.filter(pk__in=organisations).values_list(
            "path", flat=True
        ):
            below |= Q(organisation__path__startswith=path)
        people = people.filter(below)
    return list(people.select_related("organisation").order_by("name", "pk")[: MOST + 1])


@transaction.atomic
def read(principal: Principal, bulletin: Bulletin, *, at: datetime | None = None) -> None:
    """Note the first reading by one of the readers; a second writes nothing."""
    now = at or timezone.now()
    mine = BulletinReader.objects.filter(bulletin=bulletin, user_id=principal.user_id or 0)
    if principal.user_id is not None and mine.filter(read_at=None).update(read_at=now):
        _heard(bulletin)


@transaction.atomic
def confirm(principal: Principal, bulletin: Bulletin, *, at: datetime | None = None) -> bool:
    """Confirm what must be confirmed, once; says whether this was it.

    Raises:
        NotFound: it isn't addressed to this person.
    """
    now = at or timezone.now()
    mine = BulletinReader.objects.filter(bulletin=bulletin, user_id=principal.user_id or 0)
    if not mine.exists():
        raise errors.no_bulletin()
    mine.filter(read_at=None).update(read_at=now)
    if not mine.filter(confirmed_at=None).update(confirmed_at=now):
        return False
    _record(principal, bulletin, "bulletin.confirm", now)
    _heard(bulletin)
    return True


@transaction.atomic
def withdraw(principal: Principal, bulletin: Bulletin, *, at: datetime | None = None) -> None:
    """Take a bulletin off the lists; its receipts stay. Raises NotAllowed outside one's scope."""
    now = at or timezone.now()
    own = principal.user_id is not None and principal.user_id == bulletin.sender_id
    if not own and not commands(principal, bulletin.area_code):
        raise errors.may_not()
    if Bulletin.objects.filter(pk=bulletin.pk, withdrawn_at=None).update(withdrawn_at=now):
        _record(principal, bulletin, "bulletin.withdraw", now)


def _heard(bulletin: Bulletin) -> None:
    if bulletin.sender_id is not None:
        tell(
            "bulletin.read",
            subject_id=bulletin.pk,
            user_ids=[bulletin.sender_id],
            payload={"bulletin": bulletin.pk},
        )


def _record(principal: Principal, bulletin: Bulletin, action: str, at: datetime) -> None:
    record(
        action,
        actor=principal.actor(),
        subject_type=SUBJECT,
        subject_id=bulletin.pk,
        detail={"title": bulletin.title},
        at=at,
    )
