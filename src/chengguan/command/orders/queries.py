"""Who may see which orders and receipts, the lists of both, and their counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Q,
    QuerySet,
)
from django.db.models.functions import Extract

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability

from ..enums import OrderKind
from ..models import Order, Receipt
from .domain.reach import answered_paths

SIZE: Final = 50
_OPEN: Final = Q(done_at=None, refused_at=None, withdrawn_at=None)

#: What the counts of an order mean, as conditions on its receipts; each count opens these rows.
SHOWS: Final[dict[str, tuple[str, Q]]] = {
    "all": ("接收方", Q()),
    "delivered": ("已送达", Q(delivered_at__isnull=False)),
    "seen": ("已查看", Q(seen_at__isnull=False)),
    "accepted": ("已接受", Q(accepted_at__isnull=False)),
    "refused": ("已拒绝", Q(refused_at__isnull=False)),
    "arrived": ("已到场", Q(arrived_at__isnull=False)),
    "done": ("已完成", Q(done_at__isnull=False)),
}


def late_q(at: datetime) -> Q:
    """Give the receipts that are open and over their date."""
    return _OPEN & Q(due_at__lt=at)


def shows(at: datetime) -> dict[str, tuple[str, Q]]:
    """Give every count of an order by its name in the address, "late" included."""
    return {**SHOWS, "late": ("超期", late_q(at))}


def orders_visible_to(principal: Principal) -> QuerySet[Order]:
    """Give the orders one gave, and those of the areas one commands; recipients see their receipts."""
    commanded = scope_q(principal, Capability.ORDER)
    if principal.user_id is None:
        return Order.objects.filter(commanded)
    return Order.objects.filter(commanded | Q(sender_id=principal.user_id))


def receipts_answered_by(principal: Principal) -> QuerySet[Receipt]:
    """Give the receipts that are one's own to answer: to oneself, or to units one is a clerk of."""
    if principal.user_id is None:
        return Receipt.objects.none()
    mine = Q(user_id=principal.user_id)
    for path in answered_paths(principal):
        mine |= Q(unit__path__startswith=path)
    return Receipt.objects.filter(mine)


def can_see_order(principal: Principal, order_id: int) -> bool:
    """Say whether an order's files may be seen: by its commanders and its recipients."""
    return (
        orders_visible_to(principal).filter(pk=order_id).exists()
        or receipts_answered_by(principal).filter(order_id=order_id).exists()
    )


def can_see_receipt(principal: Principal, receipt_id: int) -> bool:
    """Say whether a receipt's photos may be seen: by whoever answers it and the order's commanders."""
    orders = orders_visible_to(principal).values("pk")
    return (
        receipts_answered_by(principal).filter(pk=receipt_id).exists()
        or Receipt.objects.filter(pk=receipt_id, order__in=orders).exists()
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of orders asks for; `state` is "", open, late, done or withdrawn."""

    state: str = ""
    kind: str = ""
    drill: str = ""
    words: str = ""
    step: str = ""
    before: int | None = None


def order_list(principal: Principal, wanted: Wanted, at: datetime) -> list[Any]:
    """Give up to SIZE + 1 orders with their counts, newest first: one statement.

    Each row carries `n_all`, `n_seen`, `n_accepted`, `n_refused`, `n_arrived`, `n_done`, `n_late`.
    """
    rows = counted(_wanted(orders_visible_to(principal), wanted, at), at)
    if wanted.before is not None:
        rows = rows.filter(pk__lt=wanted.before)
    return list(rows.order_by("-pk")[: SIZE + 1])


def counted(rows: QuerySet[Order], at: datetime) -> QuerySet[Any]:
    """Add the counts of receipts to orders."""
    counts = {
        f"n_{name}": Count("receipts", filter=_through(condition))
        for name, (_, condition) in shows(at).items()
    }
    return rows.annotate(**counts)


def _through(condition: Q) -> Q | None:
    if not condition:
        return None
    parts: list[Q | tuple[str, Any]] = []
    for child in condition.children:
        if isinstance(child, Q):
            inner = _through(child)
            if inner is not None:
                parts.append(inner)
        else:
            assert isinstance(child, tuple)
            parts.append((f"receipts__{child[0]}", child[1]))
    return Q(*parts, _connector=condition.connector)


def _wanted(rows: QuerySet[Order], wanted: Wanted, at: datetime) -> QuerySet[Order]:
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.drill:
        rows = rows.filter(drill=wanted.drill == "1")
    if wanted.words:
        rows = rows.filter(Q(title__icontains=wanted.words) | Q(text__icontains=wanted.words))
    if wanted.step in SHOWS and wanted.step != "all":
        receipts = Receipt.objects.filter(SHOWS[wanted.step][1])
        rows = rows.filter(pk__in=receipts.values("order_id"))
    if wanted.state == "withdrawn":
        return rows.filter(withdrawn_at__isnull=False)
    open_ = Receipt.objects.filter(_OPEN).values("order_id")
    if wanted.state == "open":
        return rows.filter(pk__in=open_)
    if wanted.state == "late":
        return rows.filter(pk__in=Receipt.objects.filter(late_q(at)).values("order_id"))
    if wanted.state == "done":
        return rows.filter(withdrawn_at=None).exclude(pk__in=open_)
    return rows


def real_receipts(principal: Principal, kind: str, step: str, at: datetime) -> QuerySet[Receipt]:
    """Give the receipts behind one number of `figures_by_kind`, newest first: drills left out."""
    orders = orders_visible_to(principal).filter(drill=False)
    if kind:
        orders = orders.filter(kind=kind)
    condition = shows(at).get(step, shows(at)["all"])[1]
    rows = Receipt.objects.filter(condition, order__in=orders.values("pk"))
    return rows.select_related("order", "unit").order_by("-pk")


@dataclass(frozen=True, slots=True)
class KindFigures:
    """Receipts of one kind of order, drills left out; medians are in seconds from issue."""

    kind: str
    title: str
    issued: int
    accepted: int
    arrived: int
    done: int
    late: int
    accept_median: float | None
    arrive_median: float | None
    done_median: float | None


def figures_by_kind(
    principal: Principal, at: datetime, *, since: datetime | None = None
) -> list[KindFigures]:
    """Give counts and median times by kind of order over what one may see: one statement.

    A drill is never counted (`drill = false`); withdrawn receipts are, for they were issued.
    """
    rows = Receipt.objects.filter(
        order__in=orders_visible_to(principal).filter(drill=False).values("pk")
    )
    if since is not None:
        rows = rows.filter(issued_at__gte=since)
    found = (
        rows.values(kind=F("order__kind"))
        .annotate(
            issued=Count("pk"),
            accepted=Count("accepted_at"),
            arrived=Count("arrived_at"),
            done=Count("done_at"),
            late=Count("pk", filter=late_q(at)),
            accept_median=_median("accepted_at"),
            arrive_median=_median("arrived_at"),
            done_median=_median("done_at"),
        )
        .order_by("kind")
    )
    titles = dict(OrderKind.choices)
    return [KindFigures(title=str(titles.get(row["kind"], row["kind"])), **row) for row in found]


def my_receipts(
    principal: Principal, *, open_only: bool = True, order_id: int | None = None
) -> list[Receipt]:
    """Give the receipts one answers, the most urgent first, at most 200: one statement."""
    rows = receipts_answered_by(principal).select_related("order", "unit")
    if order_id is not None:
        rows = rows.filter(order_id=order_id)
    elif open_only:
        rows = rows.filter(_OPEN)
    if open_only:
        return list(rows.order_by(F("due_at").asc(nulls_last=True), "-pk")[:200])
    return list(rows.order_by("-pk")[:200])


def open_count(principal: Principal) -> int:
    """Count the receipts that await one's answer or work: one statement."""
    return receipts_answered_by(principal).filter(_OPEN).count()


class _Median(Aggregate):
    """The median of a duration in seconds; rows without it are left out."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


def _median(column: str) -> _Median:
    passed = ExpressionWrapper(F(column) - F("issued_at"), output_field=DurationField())
    return _Median(Extract(passed, "epoch"), output_field=FloatField())
