"""Who sees which bulletins, what is current, and who has not read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability

from ..models import Bulletin, BulletinReader
from ..orders.domain.reach import commands

SHOWN = 100


def bulletins_visible_to(principal: Principal) -> QuerySet[Bulletin]:
    """Give what is addressed to one, what one published, and what was published where one commands."""
    reach = scope_q(principal, Capability.ORDER)
    if principal.user_id is not None:
        mine = BulletinReader.objects.filter(user_id=principal.user_id).values("bulletin_id")
        reach |= Q(sender_id=principal.user_id) | Q(pk__in=mine)
    return Bulletin.objects.filter(reach)


def publishes(principal: Principal, bulletin: Bulletin) -> bool:
    """Say whether one sees who has read: whoever published it, or commands the area."""
    own = principal.user_id is not None and principal.user_id == bulletin.sender_id
    return own or commands(principal, bulletin.area_code)


def can_see(principal: Principal, bulletin_id: int) -> bool:
    """Say whether a bulletin's attachments may be seen."""
    return bulletins_visible_to(principal).filter(pk=bulletin_id).exists()


def bulletin_list(principal: Principal, at: datetime, *, past: bool = False) -> list[Any]:
    """Give up to a hundred bulletins, pinned first, then newest: one statement.

    Each row carries `n_all`, `n_read`, `n_confirmed`, `mine_read`, `mine_confirmed`, `is_mine`.
    """
    rows = bulletins_visible_to(principal)
    if not past:
        rows = rows.filter(current_q(at))
    own = BulletinReader.objects.filter(bulletin=OuterRef("pk"), user_id=principal.user_id or 0)
    rows = rows.annotate(
        n_all=Count("readers"),
        n_read=Count("readers__read_at"),
        n_confirmed=Count("readers__confirmed_at"),
        is_mine=Exists(own),
        mine_read=Subquery(own.values("read_at")[:1]),
        mine_confirmed=Subquery(own.values("confirmed_at")[:1]),
    )
    return list(rows.order_by("-pinned", "-pk")[:SHOWN])


def for_home(principal: Principal, at: datetime) -> list[BulletinReader]:
    """Give the bulletins that belong on the first page: pinned, unread, or to be confirmed.

    One statement.
    """
    if principal.user_id is None:
        return []
    current = Bulletin.objects.filter(current_q(at)).values("pk")
    rows = BulletinReader.objects.filter(user_id=principal.user_id, bulletin__in=current)
    wanted = Q(bulletin__pinned=True) | Q(read_at=None)
    wanted |= Q(bulletin__must_confirm=True, confirmed_at=None)
    found = rows.filter(wanted).select_related("bulletin")
    return list(found.order_by("-bulletin__pinned", "-bulletin_id")[:5])


def readers(bulletin: Bulletin, show: str) -> list[BulletinReader]:
    """Give the readers asked for: read, unread, confirmed, or all; at most a thousand, by unit."""
    conditions = {
        "read": Q(read_at__isnull=False),
        "unread": Q(read_at=None),
        "confirmed": Q(confirmed_at__isnull=False),
    }
    rows = bulletin.readers.filter(conditions.get(show, Q()))
    return list(
        rows.order_by(F("read_at").asc(nulls_first=True), "organisation_name", "name")[:1000]
    )


def current_q(at: datetime) -> Q:
    """Give what is neither withdrawn nor over its expiry."""
    return Q(withdrawn_at=None) & (Q(expires_at=None) | Q(expires_at__gt=at))
