"""The commander's pages: the list of orders, a new one, one with its receipts, its amendment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid
from chengguan.files.domain import attachments_of
from chengguan.ui.recipe.views import need
from chengguan.ui.refusal import is_fragment

from ..enums import OrderKind
from ..models import Order
from . import posting, queries
from .domain.changing import amend, may_change, withdraw
from .domain.issuing import issue
from .domain.lending import towns_of
from .domain.reach import clerks_of, reachable_people, reachable_units
from .domain.receiving import RECEIPT
from .domain.writing import SUBJECT
from .errors import no_order
from .forms import AmendForm, FilterForm, OrderForm
from .offering import offer, read_circle
from .points import read_points

_WHAT: Final = "下达命令"
_FOUND: Final = 20
#: Receipts of one order shown at once; a list of points has at most so many.
_RECEIPTS: Final = 500


@login_required
@require_GET
def order_list(request: HttpRequest) -> HttpResponse:
    """Show the orders one gave or commands, newest first; htmx gets the table alone."""
    need(request, Capability.ORDER, "查看命令")
    form = FilterForm(request.GET)
    now = timezone.now()
    good = form.is_valid()
    rows = queries.order_list(principal_of_request(request), _wanted(form), now) if good else []
    more = len(rows) > queries.SIZE
    asked = request.GET.copy()
    asked.pop("before", None)
    if more:
        asked["before"] = str(rows[queries.SIZE - 1].pk)
    context = {
        "form": form,
        "rows": rows[: queries.SIZE],
        "now": now,
        "older": f"?{asked.urlencode()}" if more else "",
        "asked": bool([value for value in request.GET.values() if value]),
        "steps": queries.SHOWS,
    }
    template = "command/orders/table.html" if is_fragment(request) else "command/orders/list.html"
    return render(request, template, context, status=200 if good else 422)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Offer recipients for a circle, unit or person, and give the order."""
    need(request, Capability.ORDER, _WHAT)
    principal = principal_of_request(request)
    data = request.POST if request.method == "POST" else request.GET
    people, units = posting.ids(data, "person"), posting.ids(data, "unit")
    circle = read_circle(data.get("circle", ""))
    reach = list(reachable_units(principal).order_by("path").values_list("pk", "name"))
    first = _first(data, circle)
    form = OrderForm(request.POST or None, initial=first, leads=reach)
    if request.method == "POST" and form.is_valid():
        try:
            order = _issue(request, principal, form, people, units, reach)
        except Invalid as error:
            _say(form, error)
        else:
            messages.success(request, f"已下达：{order.title}")
            return redirect("command:orders-detail", order.pk)
    now = timezone.now()
    offered = offer(principal, circle, now, people=people, units=units)
    shown = {one.id for one in offered.units}
    context = {
        "form": form,
        "offer": offered,
        "others": [(pk, name) for pk, name in reach if pk not in shown],
        "circle": data.get("circle", ""),
        "case": data.get("case", ""),
        "beyond_town": bool(towns_of(principal)),
    }
    return render(request, "command/orders/new.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Answer the people of one's scope whose name or unit has these words, as check boxes."""
    need(request, Capability.ORDER, _WHAT)
    words = request.GET.get("who", "").strip()[:40]
    found: list[Any] = []
    if words:
        from django.db.models import Q

        rows = reachable_people(principal_of_request(request))
        named = rows.filter(Q(name__icontains=words) | Q(organisation__name__icontains=words))
        found = list(
            named.order_by("name", "pk").values_list("pk", "name", "organisation__name")[:_FOUND]
        )
    context = {"found": found, "words": words, "most": _FOUND}
    return render(request, "command/orders/people.html", context)


@login_required
@require_GET
def detail(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show one order with the receipts asked for; the fragment is the receipts alone."""
    principal = principal_of_request(request)
    context = _detail(request, principal, order_id)
    part = is_fragment(request)
    template = "command/orders/receipts.html" if part else "command/orders/detail.html"
    return render(request, template, context)


@login_required
@require_http_methods(["GET", "POST"])
def amend_page(request: HttpRequest, order_id: int) -> HttpResponse:
    """Change an order's words or date."""
    principal = principal_of_request(request)
    order = _seen(principal, order_id)
    first = {"text": order.text, "due": order.due_at and timezone.localtime(order.due_at)}
    form = AmendForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            amend(principal, order_id, text=said["text"], due_at=said["due"])
        except Invalid as error:
            _say(form, error)
        else:
            messages.success(request, f"已变更：{order.title}")
            return redirect("command:orders-detail", order_id)
    context = {"form": form, "order": order}
    return render(request, "command/orders/amend.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def withdraw_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Take an order back."""
    principal = principal_of_request(request)
    _seen(principal, order_id)
    order = withdraw(principal, order_id, request.POST.get("reason", ""))
    messages.success(request, f"已撤回：{order.title}")
    return redirect("command:orders-detail", order_id)


@login_required
@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """Show counts and median times by kind of order, drills left out; each number leads to its rows."""
    need(request, Capability.ORDER, "查看命令统计")
    now = timezone.now()
    rows = queries.figures_by_kind(principal_of_request(request), now)
    return render(request, "command/orders/figures.html", {"rows": rows, "now": now})


@login_required
@require_GET
def receipts(request: HttpRequest) -> HttpResponse:
    """Show the receipts behind a number of the figures, five hundred at most."""
    need(request, Capability.ORDER, "查看命令回执")
    now = timezone.now()
    kind, step = request.GET.get("kind", ""), request.GET.get("step", "")
    rows = queries.real_receipts(principal_of_request(request), kind, step, now)
    context = {
        "rows": rows[:_RECEIPTS],
        "count": rows.count(),
        "kind": dict(OrderKind.choices).get(kind, "全部类别"),
        "step": queries.shows(now).get(step, ("全部",))[0],
        "now": now,
    }
    return render(request, "command/orders/receipt_list.html", context)


def _wanted(form: FilterForm) -> queries.Wanted:
    return queries.Wanted(**{name: value for name, value in form.cleaned_data.items() if value})


def _first(data: Any, circle: Any) -> dict[str, Any]:
    """Say what a new order's form begins with."""
    first: dict[str, Any] = {"case": data.get("case", "")[:19], "title": data.get("title", "")[:80]}
    # To the minute, as the browser's own field has it.
    due = timezone.localtime() + timedelta(hours=2)
    first["due"] = due.replace(second=0, microsecond=0)
    if circle:
        first |= {"lon": circle[0], "lat": circle[1], "metres": round(circle[2])}
    elif posting.point(data):
        first["lon"], first["lat"] = posting.point(data) or (None, None)
    return first


def _issue(
    request: HttpRequest,
    principal: Principal,
    form: OrderForm,
    people: list[int],
    units: list[int],
    reach: list[tuple[int, str]],
) -> Order:
    said = form.cleaned_data
    where = (said["lon"], said["lat"]) if None not in (said["lon"], said["lat"]) else None
    circle = (*where, float(said["metres"])) if where and said["metres"] else None
    targets = read_points(said["points"], {name: pk for pk, name in reach})
    files = posting.kept(request.FILES.getlist("files"))
    return issue(
        principal,
        title=said["title"],
        text=said["text"],
        due_at=said["due"],
        people=people,
        units=units,
        circle=circle,
        kind=said["kind"],
        place=said["place"],
        point=where,
        case_number=said["case"],
        lead_unit=said["lead"],
        targets=targets,
        files=files,
        drill=said["drill"],
    )


def _say(form: Any, error: Invalid) -> None:
    name = error.field if error.field in form.fields else None
    for one in (error, *error.also):
        form.add_error(name, str(one))


def _seen(principal: Principal, order_id: int) -> Order:
    order = queries.orders_visible_to(principal).filter(pk=order_id).first()
    if order is None:
        raise no_order()
    return order


def _detail(request: HttpRequest, principal: Principal, order_id: int) -> dict[str, Any]:
    now: datetime = timezone.now()
    rows = queries.counted(queries.orders_visible_to(principal), now)
    order = rows.filter(pk=order_id).first()
    if order is None:
        raise no_order()
    shows = queries.shows(now)
    show = request.GET.get("show", "all")
    show = show if show in shows else "all"
    receipts = list(
        order.receipts.filter(shows[show][1]).select_related("unit").order_by("pk")[:_RECEIPTS]
    )
    clerks = clerks_of(one.unit.path for one in receipts if one.unit)
    photos = attachments_of(RECEIPT, [one.pk for one in receipts])
    lines = [
        {
            "receipt": one,
            "clerks": clerks[one.unit.path] if one.unit else [],
            "photos": photos[one.pk],
        }
        for one in receipts
    ]
    return {
        "order": order,
        "now": now,
        "show": show,
        "lines": lines,
        "counts": [
            (name, title, getattr(order, f"n_{name}")) for name, (title, _) in shows.items()
        ],
        "files": attachments_of(SUBJECT, [order.pk])[order.pk],
        "history": order.events.select_related("receipt").order_by("-at", "-pk")[:60],
        "may_change": order.withdrawn_at is None and may_change(principal, order),
        "here": reverse("command:orders-detail", args=[order.pk]),
    }
