"""The acceptor's page for a call: words on the left, the map follows, one press reports and files."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import DomainError, Invalid
from chengguan.files.domain.store import keep
from chengguan.files.enums import Role
from chengguan.registry.forms import first_error, first_wrong, read_matter
from chengguan.registry.layers import areas_layer
from chengguan.registry.views import city_start
from chengguan.ui.recipe.views import need
from chengguan.ui.refusal import is_fragment
from chengguan.workflow.domain import Evidence

from .domain.calling import CLIENT, Call, take_call
from .domain.intake import NewReport
from .enums import Source
from .forms import CallForm
from .views_proposing import proposals

_PHOTOS: Final = 9


@login_required
def call_page(request: HttpRequest) -> HttpResponse:
    """Show the page, look the words up without a script, or take the call in."""
    need(request, Capability.ACCEPT, "受理来电")
    need(request, Capability.REPORT, "上报问题")
    principal = principal_of_request(request)
    if request.method != "POST":
        return _shown(request, principal)
    if request.POST.get("do") == "look":
        return _shown(request, principal)
    form = CallForm(request.POST)
    try:
        if not form.is_valid():
            raise Invalid(
                "cases.report",
                first_error(form),
                mend="改正后重新提交。",
                field=first_wrong(form),
            )
        call = _take(request, principal, form.cleaned_data)
    except DomainError as error:
        if is_fragment(request):
            raise
        # Without a script the page comes back as it was, with what is wrong above it.
        return _shown(request, principal, form, error)
    _say(request, call)
    url = reverse("cases:detail", args=[call.taken.number])
    if is_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _shown(
    request: HttpRequest,
    principal: Principal,
    form: CallForm | None = None,
    error: DomainError | None = None,
) -> HttpResponse:
    said = request.POST.dict()
    proposed = proposals(principal, said)
    point, followed = proposed["found"].point, ""
    if form is None:
        given = {"source": Source.HOTLINE, **said}
        if point and not proposed["point_by_hand"]:
            followed = f"{point[0]},{point[1]}"
            given |= {"lon": point[0], "lat": point[1]}
        form = CallForm(initial=given)
    context: dict[str, Any] = {
        "form": form,
        "error": error,
        "map": {"layers": areas_layer(principal), "pick": True, "start": city_start()},
        "may_file": principal.can(Capability.FILE),
        "most_photos": _PHOTOS,
        "may_ask_caller": principal.can(Capability.SEE_PERSONAL),
        "followed": followed,
        **proposed,
    }
    return render(request, "cases/call.html", context, status=error.status if error else 200)


def _take(request: HttpRequest, principal: Principal, data: dict[str, Any]) -> Call:
    kind, code = read_matter(data["matter"])
    photos = request.FILES.getlist("photos")
    if len(photos) > _PHOTOS:
        raise Invalid(
            "cases.photos", f"一次最多 {_PHOTOS} 张照片。", mend="其余照片可在立案时补充。"
        )
    new = NewReport(
        source=data["source"],
        client=f"{CLIENT}{principal.user_id}",
        key=str(data["key"]),
        text=data["text"],
        address=data["address"],
        lon=data["lon"],
        lat=data["lat"],
        kind=kind,
        matter_code=code,
        component_code=data["component"],
        reporter_name=data["reporter_name"],
        reporter_phone=data["reporter_phone"],
        attachments=[
            Evidence(keep(file.chunks(), name=file.name or "").sha256, file.name or "", Role.REPORT)
            for file in photos
        ],
    )
    file: dict[str, Any] | None = None
    if request.POST.get("do") == "file" and not data["same_as"]:
        chosen = {"rule": data["rule"], "unverified": data["unverified"]}
        file = {name: value for name, value in chosen.items() if value}
    return take_call(principal, new, file=file, same_as=data["same_as"])


def _say(request: HttpRequest, call: Call) -> None:
    number = call.taken.number
    done = {"file": "已上报并立案", "merge": "已上报并作为再次上报并入"}.get(call.verb, "已上报")
    if call.refused is None:
        messages.success(request, f"{done}，案件编号 {number}")
        return
    what = "并入" if call.verb == "merge" else "立案"
    messages.warning(
        request,
        f"已上报，案件编号 {number}；未能{what}：{call.refused.message}{call.refused.mend or ''}",
    )
