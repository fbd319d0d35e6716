"""The recipient's pages, made for a phone: what is asked of me, one order, one touch for each step."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.cases.queries import cases_visible_to
from chengguan.core.errors import NotFound
from chengguan.files.domain import attachments_of

from ..enums import ReceiptVerb
from ..models import Receipt
from . import posting, queries
from .domain.receiving import RECEIPT, accept, arrive, finish, refuse, see
from .domain.writing import SUBJECT
from .errors import no_order

_DONE: Final = {
    ReceiptVerb.ACCEPT: "已接受",
    ReceiptVerb.REFUSE: "已拒绝，原因已告知下达人",
    ReceiptVerb.ARRIVE: "已报到场",
    ReceiptVerb.FINISH: "已报完成",
}


@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """Show the orders to me and to units I am a clerk of, the most urgent first."""
    principal = principal_of_request(request)
    order = request.GET.get("order", "")
    order_id = int(order) if order.isascii() and order.isdigit() and len(order) < 16 else None
    past = request.GET.get("past") == "1"
    rows = queries.my_receipts(principal, open_only=not past, order_id=order_id)
    context = {"rows": rows, "past": past, "order_id": order_id, "now": timezone.now()}
    return render(request, "command/orders/mine.html", context)


@login_required
@require_GET
def receipt(request: HttpRequest, receipt_id: int) -> HttpResponse:
    """Show one order as its recipient sees it; looking is noted once a revision."""
    principal = principal_of_request(request)
    found = _own(principal, receipt_id)
    see(principal, found)
    order = found.order
    cases = cases_visible_to(principal).filter(number=order.case_number)
    context = {
        "receipt": found,
        "order": order,
        "now": timezone.now(),
        "files": attachments_of(SUBJECT, [order.pk])[order.pk],
        "photos": attachments_of(RECEIPT, [found.pk])[found.pk],
        "case_seen": bool(order.case_number) and cases.exists(),
        # Other units by name and stand; other people are only counted.
        "beside": _beside(found),
        "people_beside": order.receipts.filter(unit=None).exclude(pk=found.pk).count(),
        "history": found.events.order_by("at", "pk"),
    }
    return render(request, "command/orders/receipt.html", context)


@login_required
@require_POST
def act(request: HttpRequest, receipt_id: int, verb: str) -> HttpResponse:
    """Take one step; what is refused is said, and the page stays."""
    principal = principal_of_request(request)
    found = _own(principal, receipt_id)
    if verb == ReceiptVerb.ACCEPT:
        accept(principal, found.pk)
    elif verb == ReceiptVerb.REFUSE:
        refuse(principal, found.pk, request.POST.get("reason", ""))
    elif verb == ReceiptVerb.ARRIVE:
        point = posting.point(request.POST)
        arrive(principal, found.pk, point=point, place=request.POST.get("place", ""))
    elif verb == ReceiptVerb.FINISH:
        files = posting.kept(request.FILES.getlist("files"))
        finish(principal, found.pk, request.POST.get("note", ""), files)
    else:
        raise NotFound("orders.verb", "没有这个动作。", mend="请回到命令页面。")
    messages.success(request, f"{_DONE[ReceiptVerb(verb)]}：{found.order.title}")
    return redirect("command:orders-receipt", found.pk)


def _own(principal: Principal, receipt_id: int) -> Receipt:
    rows = queries.receipts_answered_by(principal).select_related("order", "unit")
    found = rows.filter(pk=receipt_id).first()
    if found is None:
        raise no_order()
    return found


def _beside(found: Receipt) -> list[Receipt]:
    others = found.order.receipts.filter(unit__isnull=False).exclude(pk=found.pk)
    return list(others.order_by("-lead", "pk")[:100])
