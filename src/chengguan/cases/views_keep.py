"""What a person keeps of the list: files, columns, queries by name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Final
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid, NotFound
from chengguan.registry.forms import first_error
from chengguan.ui import ports
from chengguan.ui.recipe.views import need
from chengguan.ui.refusal import is_fragment

from . import columns, saved
from .filter_form import CaseFilterForm
from .filtering import filter_form
from .models import CaseExport
from .queries import count_visible, rows_of
from .taking import background, forms, rows
from .views_list import my_ids, query_of

_SHOWN: Final = 50


@login_required
@require_GET
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """Answer the filtered cases as a file at once; many are offered to be made in the background."""
    need(request, Capability.EXPORT, "导出案件")
    forms.check_form(form)
    filters = _valid(request.GET)
    principal = principal_of_request(request)
    names = columns.chosen(principal, "exported")
    mine = filters.cleaned_data["mine"]
    if (
        not mine
        and count_visible(principal, filters.wanted(), up_to=background.MANY + 1) > background.MANY
    ):
        context = {
            "form": form,
            "query": query_of(request),
            "names": columns.head(names),
            "many": background.MANY,
        }
        return render(request, "cases/export_many.html", context)
    ports.note(
        request,
        "export",
        subject_type="case",
        detail={
            "form": form,
            "columns": list(names),
            "filters": {k: v for k, v in request.GET.items() if v},
        },
    )
    batches = (
        iter([rows.takeable(principal, rows_of(my_ids(principal, filters), timezone.now()))])
        if mine
        else rows.batches(principal, filters.wanted(), filters.order)
    )
    found = ((batch, rows.cells(principal, batch, names)) for batch in batches)
    return _answer(form, names, found)


@login_required
@require_POST
def export_many(request: HttpRequest, form: str) -> HttpResponse:
    """Ask for the file to be made in the background."""
    principal = principal_of_request(request)
    names = columns.chosen(principal, "exported")
    background.ask(principal, form, request.POST.get("query", "")[:2000], names)
    messages.success(request, "已开始导出，完成后会在“消息”中告诉您。")
    return redirect("cases:exports")


@login_required
@require_GET
def exports(request: HttpRequest) -> HttpResponse:
    """Show one's own files: in the making, ready, expired; htmx gets the table alone."""
    need(request, Capability.SEE_CASES, "查看导出")
    principal = principal_of_request(request)
    found = list(CaseExport.objects.filter(user_id=principal.user_id or 0).order_by("-id")[:_SHOWN])
    context = {"exports": found, "working": any(one.is_open for one in found)}
    template = "cases/exports_table.html" if is_fragment(request) else "cases/exports.html"
    return render(request, template, context)


@login_required
@require_POST
def export_cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Stop a file in the making."""
    background.cancel(principal_of_request(request), number)
    messages.success(request, "已取消导出。")
    return redirect("cases:exports")


@login_required
@require_GET
def export_fetch(request: HttpRequest, number: int) -> FileResponse:
    """Give a finished file to its maker."""
    made, place = background.fetch(principal_of_request(request), number)
    response = FileResponse(place.open("rb"), content_type=forms.TYPES[made.form])
    response["Content-Disposition"] = _disposition(
        f"案件-{made.made_at:%Y%m%d}-{made.pk}.{made.form}", made.form
    )
    return response


@login_required
@require_POST
def choose_columns(request: HttpRequest, kind: str) -> HttpResponse:
    """Keep the columns of the list or of exports, in the order of their places."""
    principal = principal_of_request(request)
    names = request.POST.getlist("column")

    def place(name: str) -> int:
        text = request.POST.get(f"place-{name}", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 999

    columns.choose(principal, kind, [] if "reset" in request.POST else sorted(names, key=place))
    return redirect(f"{reverse('cases:columns')}?{request.POST.get('back', '')}")


@login_required
@require_GET
def columns_page(request: HttpRequest) -> HttpResponse:
    """Show the columns of list and export to choose from."""
    need(request, Capability.SEE_CASES, "选择列")
    principal = principal_of_request(request)
    kinds = [("listed", "列表的列")]
    if principal.can(Capability.EXPORT):
        kinds.append(("exported", "导出的列"))
    groups = []
    for kind, title in kinds:
        chosen = columns.chosen(principal, kind)
        order = {name: n for n, name in enumerate(chosen, 1)}
        every = sorted(columns.offered(principal, kind), key=lambda one: order.get(one.name, 99))
        groups.append((kind, title, [(one, order.get(one.name, "")) for one in every]))
    return render(
        request, "cases/columns.html", {"groups": groups, "back": request.GET.urlencode()}
    )


@login_required
@require_POST
def save_query(request: HttpRequest) -> HttpResponse:
    """Keep the query under a name, and go on with it."""
    need(request, Capability.SEE_CASES, "保存查询")
    kept = saved.save(
        principal_of_request(request), request.POST.get("name", ""), request.POST.get("query", "")
    )
    messages.success(request, f"已保存为“{kept.name}”。")
    return redirect(f"{reverse('cases:list')}?{kept.query}")


@login_required
@require_GET
def saved_page(request: HttpRequest) -> HttpResponse:
    """Show the queries kept and shared, each with what no longer applies."""
    need(request, Capability.SEE_CASES, "常用查询")
    principal = principal_of_request(request)
    found = [(one, saved.stale(one.query)) for one in saved.offered(principal)]
    if is_fragment(request):
        return render(request, "cases/saved_panel.html", {"saved": found})
    context = {"saved": found, "may_share": saved.may_share(principal), **saved.sharing(principal)}
    return render(request, "cases/saved.html", context)


@login_required
@require_POST
def change_query(request: HttpRequest, number: int, what: str) -> HttpResponse:
    """Delete one's own query, share it or end that."""
    principal = principal_of_request(request)
    if what == "remove":
        saved.remove(principal, number)
    else:
        to = request.POST.get("organisation", "")
        if to and not (to.isascii() and to.isdigit() and len(to) < 17):
            raise NotFound("cases.saved_share_to", "没有这个机构或岗位。", mend="请重新选择。")
        saved.share(principal, number, int(to) if to else None, request.POST.get("post", ""))
    return redirect("cases:saved")


@login_required
@require_GET
def saved_count(request: HttpRequest, number: int) -> HttpResponse:
    """Answer how many cases a kept query finds; asked for when it is looked at, kept for a minute."""
    need(request, Capability.SEE_CASES, "查看案件")
    principal = principal_of_request(request)
    form = _maybe(saved.of(principal, number).query)
    if form is None:
        said = "不适用"
    elif form.cleaned_data["mine"]:
        said = str(len(my_ids(principal, form)))
    else:
        count = count_visible(principal, form.wanted(), up_to=1001)
        said = "1000+" if count > 1000 else str(count)
    response = HttpResponse(said, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "private, max-age=60"
    return response


def _maybe(query: str) -> CaseFilterForm | None:
    form = filter_form(QueryDict(query))
    return form if form.is_valid() else None


def _valid(data: object) -> CaseFilterForm:
    form = filter_form(data)
    if not form.is_valid():
        raise Invalid("list.filter", "筛选条件有误。", mend=first_error(form))
    return form


def _answer(form: str, names: Sequence[str], found: Iterator[forms.Batch]) -> HttpResponseBase:
    if form == "xlsx":
        place: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it when sent
        forms.write(form, names, found, place)
        place.seek(0)
        response: HttpResponseBase = FileResponse(place, content_type=forms.TYPES[form])
    else:
        response = StreamingHttpResponse(
            forms.lines(form, names, found), content_type=forms.TYPES[form]
        )
    response["Content-Disposition"] = _disposition(f"案件.{form}", form)
    return response


def _disposition(name: str, form: str) -> str:
    return f"attachment; filename=\"cases.{form}\"; filename*=UTF-8''{quote(name)}"
