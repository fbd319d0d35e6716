"""What a recipient does with an order: see, accept or refuse, arrive, finish; each once, provably.

Two clerks of a unit may press at once: the update is guarded by the instants themselves, one wins,
and the other is told who was quicker. Where somebody is, is said by that person and never tracked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.files.domain import NewAttachment, attach_many
from chengguan.notify.domain import tell
from chengguan.ui.clockface import short

from ...enums import OrderKind, ReceiptVerb, Stand
from ...models import Order, Receipt
from .. import errors
from ..signals import receipt_moved
from .reach import answers_for
from .writing import note, tell_watchers, title_of

RECEIPT = "order.receipt"


def see(principal: Principal, receipt: Receipt, at: datetime | None = None) -> None:
    """Note that the recipient has looked at it, and at which revision; a second look writes nothing."""
    now = at or timezone.now()
    order = receipt.order
    if not _answers(principal, receipt) or receipt.seen_revision >= order.revision:
        return
    with transaction.atomic():
        first = Receipt.objects.filter(pk=receipt.pk, seen_revision__lt=order.revision)
        if first.update(seen_revision=order.revision):
            Receipt.objects.filter(pk=receipt.pk, seen_at=None).update(seen_at=now)
            data = {"revision": order.revision}
            note(order, receipt, ReceiptVerb.SEE, principal, now, data=data)
            tell_watchers(order, ReceiptVerb.SEE)
    receipt.refresh_from_db(fields=["seen_at", "seen_revision"])


def accept(principal: Principal, receipt_id: int, *, at: datetime | None = None) -> Receipt:
    """Accept; raises NotAllowed to others, Conflict where it was answered or withdrawn."""
    now = at or timezone.now()
    return _move(
        principal,
        receipt_id,
        ReceiptVerb.ACCEPT,
        now,
        {"accepted_at": None, "refused_at": None},
        {"accepted_at": now, "answered_by": principal.name, "answered_id": principal.user_id},
    )


def refuse(
    principal: Principal, receipt_id: int, reason: str, *, at: datetime | None = None
) -> Receipt:
    """Refuse with a reason, which goes to whoever gave the order at once; raises as `accept`."""
    now = at or timezone.now()
    reason = reason.strip()
    if not reason or len(reason) > 200:
        raise errors.wrong(
            "reason", "请写明拒绝的原因，不超过 200 字。", "例如：车辆正在另一处抢险。"
        )
    receipt = _move(
        principal,
        receipt_id,
        ReceiptVerb.REFUSE,
        now,
        {"accepted_at": None, "refused_at": None},
        {
            "refused_at": now,
            "reason": reason,
            "answered_by": principal.name,
            "answered_id": principal.user_id,
        },
        words=reason,
    )
    _tell_sender(receipt.order, f"{receipt.name}拒绝了命令：{title_of(receipt.order)}", reason)
    return receipt


def arrive(
    principal: Principal,
    receipt_id: int,
    *,
    point: tuple[float, float] | None = None,
    place: str = "",
    at: datetime | None = None,
) -> Receipt:
    """Say that one is there; `point` (CGCS2000 degrees) is what the person gives. Raises as `accept`."""
    now = at or timezone.now()
    return _move(
        principal,
        receipt_id,
        ReceiptVerb.ARRIVE,
        now,
        {"accepted_at__isnull": False, "arrived_at": None, "done_at": None},
        {"arrived_at": now, "arrived_point": point, "arrived_place": place.strip()[:120]},
        words=place.strip(),
    )


def finish(
    principal: Principal,
    receipt_id: int,
    text: str = "",
    files: Sequence[tuple[str, str]] = (),
    *,
    at: datetime | None = None,
) -> Receipt:
    """Say that it is done, with a note and photos ((SHA-256, name)); raises as `accept`.

    Whoever gave the order is told when the last open receipt is done.
    """
    now = at or timezone.now()
    receipt = _move(
        principal,
        receipt_id,
        ReceiptVerb.FINISH,
        now,
        {"accepted_at__isnull": False, "done_at": None},
        {"done_at": now, "note": text.strip()},
        words=text.strip(),
        files=files,
    )
    order = receipt.order
    # A plan's board says so itself, and whoever leads it has enough to read.
    if (
        order.kind != OrderKind.PLAN
        and not Receipt.objects.filter(
            order=order, done_at=None, refused_at=None, withdrawn_at=None
        ).exists()
    ):
        _tell_sender(order, f"命令已全部办结：{title_of(order)}", "")
    return receipt


def _move(
    principal: Principal,
    receipt_id: int,
    verb: ReceiptVerb,
    now: datetime,
    guard: dict[str, Any],
    change: dict[str, Any],
    *,
    words: str = "",
    files: Sequence[tuple[str, str]] = (),
) -> Receipt:
    receipt = Receipt.objects.select_related("order", "unit").filter(pk=receipt_id).first()
    if receipt is None:
        raise errors.no_order()
    if not _answers(principal, receipt):
        _note_refusal(principal, receipt, verb)
        raise errors.not_yours()
    with transaction.atomic():
        # The conditions stand on the row itself: of two writers the second finds it changed.
        mine = Receipt.objects.filter(pk=receipt_id, withdrawn_at=None, **guard)
        won = mine.update(**change)
        receipt.refresh_from_db()
        if not won:
            raise _why(receipt, verb)
        attach_many(
            NewAttachment(sha256, RECEIPT, receipt.pk, name, user_id=principal.user_id, at=now)
            for sha256, name in files
        )
        _follow(principal, receipt, verb, now, words)
    return receipt


def _follow(
    principal: Principal, receipt: Receipt, verb: ReceiptVerb, now: datetime, words: str
) -> None:
    order = receipt.order
    note(order, receipt, verb, principal, now, words=words)
    record(
        f"order.{verb}",
        actor=principal.actor(),
        subject_type="order",
        subject_id=order.pk,
        detail={"receipt": receipt.pk, "recipient": receipt.name},
        at=now,
    )
    tell_watchers(order, verb)
    receipt_moved.send(
        Receipt, receipt=receipt, order=order, verb=verb, principal=principal, at=now
    )


def _answers(principal: Principal, receipt: Receipt) -> bool:
    return answers_for(principal, receipt.user_id, receipt.unit.path if receipt.unit else "")


def _note_refusal(principal: Principal, receipt: Receipt, verb: str) -> None:
    record(
        f"order.{verb}",
        actor=principal.actor(),
        subject_type="order",
        subject_id=receipt.order_id,
        result=Result.REFUSED,
        detail={"receipt": receipt.pk},
    )


def _why(receipt: Receipt, verb: ReceiptVerb) -> Exception:
    stand = receipt.stand
    if stand is Stand.WITHDRAWN:
        return errors.overtaken(
            "这条命令已经撤回，不必再办。",
            f"撤回原因：{receipt.order.withdrawn_reason or '未说明'}。",
        )
    if stand is Stand.REFUSED:
        said = f"{receipt.answered_by}已于 {short(receipt.refused_at)} 拒绝了这条命令。"
        return errors.overtaken(said, "如需改为接受，请联系下达人重新下达。")
    if verb in (ReceiptVerb.ACCEPT, ReceiptVerb.REFUSE):
        said = f"{receipt.answered_by}已于 {short(receipt.accepted_at)} 接受了这条命令。"
        return errors.overtaken(said, "不必再次答复，可以接着办理。")
    if receipt.accepted_at is None:
        return errors.overtaken("这条命令还没有接受。", "请先点“接受”，再报到场或完成。")
    return errors.overtaken(f"这条命令{stand.label}，不必再报。", "请刷新页面查看最新情况。")


def _tell_sender(order: Order, title: str, body: str) -> None:
    if order.sender_id is None:
        return
    from django.urls import reverse

    url = reverse("command:orders-detail", args=[order.pk])
    tell(
        "order.answer",
        subject_id=order.pk,
        user_ids=[order.sender_id],
        payload={"title": title[:120], "body": body, "url": url},
    )
