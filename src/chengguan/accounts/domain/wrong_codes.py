"""Wrong codes of screens: refused all alike, audited up to a bound for each address and for all.

The code has 192 bits, so nobody guesses one; but whoever tries writes an entry each time, and an
audit log that a stranger can fill is of no use to who must read it. So the entries of the last
minutes are the count: past the bound the answer is 429 and nothing is written but, once, that
the bound was reached. A right code opens its screen at any time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from chengguan.accounts.models import Screen
from chengguan.audit.domain.actor import Actor
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.audit.models import Entry
from chengguan.core.errors import DomainError, NotAllowed

ACTION: Final = "accounts.screen_opened"
SUBJECT: Final = "accounts.screen"
MINUTES: Final = 5
FROM_ONE: Final = 10
IN_ALL: Final = 60
_LOCK: Final = 0x73637265  # "scre"


def refuse_code(screen: Screen | None, actor: Actor) -> DomainError:
    """Audit one wrong code while there is room, and give the error to raise.

    `screen` is the one whose code it was, used or at another address; None for no code at all.
    """
    with transaction.atomic():
        # One after the other: codes tried in parallel can't outrun the count.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK])
        reached = _reached(actor.ip)
        if reached is None:
            return _too_many()
        detail: dict[str, Any] = {"screen": screen.pk} if screen else {}
        if reached:
            detail |= {"bound": reached, "unwritten_for_minutes": MINUTES}
        record(
            ACTION,
            actor=actor,
            subject_type=SUBJECT,
            subject_id="",
            result=Result.REFUSED,
            detail=detail,
        )
    return _wrong()


def _reached(ip: str | None) -> str | None:
    """Say which bound the next entry reaches, "" for none; None when there is no room for it."""
    lately = Entry.objects.filter(
        subject_type=SUBJECT,
        subject_id="",
        at__gt=timezone.now() - timedelta(minutes=MINUTES),
        action=ACTION,
    )
    addresses = list(lately.order_by()[: IN_ALL + 1].values_list("ip", flat=True))
    here = addresses.count(ip)
    if here >= FROM_ONE or len(addresses) >= IN_ALL:
        return None
    if here == FROM_ONE - 1:
        return "address"
    return "all" if len(addresses) == IN_ALL - 1 else ""


def _wrong() -> NotAllowed:
    return NotAllowed(
        "accounts.screen_code",
        "开屏码无效：可能已用过、已过十五分钟，或不是从登记的地址打开。",
        mend="请安全管理员重新发开屏码，并核对这台电脑的地址。",
    )


def _too_many() -> DomainError:
    return DomainError(
        "accounts.screen_codes",
        "无效的开屏码太多，暂不再受理。",
        status=429,
        mend=f"请过 {MINUTES} 分钟再试；有效的开屏码不受影响。",
    )
