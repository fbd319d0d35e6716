"""The new report: what, where, from whom, with photos; then straight to its case."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid
from chengguan.files.domain.store import keep
from chengguan.files.enums import Role
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.locate import locate
from chengguan.registry.forms import first_error, first_wrong, read_matter
from chengguan.registry.layers import areas_layer
from chengguan.registry.views import city_start
from chengguan.ui.recipe.views import need
from chengguan.ui.refusal import is_fragment
from chengguan.workflow.domain import Evidence

from .domain.duplicates import candidates
from .domain.intake import NewReport, take_in
from .enums import Source
from .forms import ReportForm
from .places import outside
from .queries import cases_visible_to

_PHOTOS: Final = 9


@login_required
def new_page(request: HttpRequest) -> HttpResponse:
    """Show the form, or take a report in."""
    need(request, Capability.REPORT, "上报问题")
    principal = principal_of_request(request)
    if request.method == "POST":
        form = ReportForm(request.POST)
        if not form.is_valid():
            raise Invalid(
                "cases.report",
                first_error(form),
                mend="改正后重新提交。",
                field=first_wrong(form),
            )
        return _take(request, principal, form.cleaned_data)
    form = ReportForm(initial={"source": _usual_source(principal)})
    context = {
        "form": form,
        "map": {"layers": areas_layer(principal), "pick": True, "start": city_start()},
        "most_photos": _PHOTOS,
    }
    return render(request, "cases/new.html", context)


@login_required
def place_hint(request: HttpRequest) -> HttpResponse:
    """Answer where a chosen point lies, and what is already reported there."""
    need(request, Capability.REPORT, "上报问题")
    try:
        lon, lat = float(request.GET.get("lon", "")), float(request.GET.get("lat", ""))
    except ValueError:
        return render(request, "cases/place_hint.html", {})
    found = locate(lon, lat)
    if found is None:
        return render(request, "cases/place_hint.html", {"error": outside((lon, lat))})
    kind, code = read_matter(request.GET.get("matter", ""))
    near = []
    if code:
        rows = candidates(kind, code, (lon, lat), timezone.now())
        seen = cases_visible_to(principal_of_request(request)).filter(pk__in=[r.id for r in rows])
        ids = set(seen.values_list("pk", flat=True)) if rows else set()
        near = [row for row in rows if row.id in ids]
    chain = [found.district, found.street, found.community, found.grid]
    context = {
        "chain": [area for area in chain if area is not None],
        "near": near,
        "matter": catalogue.matter(kind, code) if code else None,
    }
    return render(request, "cases/place_hint.html", context)


def _take(request: HttpRequest, principal: Principal, data: dict[str, Any]) -> HttpResponse:
    kind, code = read_matter(data["matter"])
    photos = request.FILES.getlist("photos")
    if len(photos) > _PHOTOS:
        raise Invalid(
            "cases.photos", f"一次最多 {_PHOTOS} 张照片。", mend="其余照片可在受理时补充。"
        )
    evidence = [
        Evidence(keep(file.chunks(), name=file.name or "").sha256, file.name or "", Role.REPORT)
        for file in photos
    ]
    own = data["source"] in (Source.COLLECTOR, Source.UNIT)
    taken = take_in(
        NewReport(
            source=data["source"],
            client=f"web:{principal.user_id}",
            key=str(data["key"]),
            text=data["text"],
            address=data["address"],
            lon=data["lon"],
            lat=data["lat"],
            kind=kind,
            matter_code=code,
            component_code=data["component"],
            reporter_id=principal.user_id if own else None,
            reporter_name=data["reporter_name"],
            reporter_phone=data["reporter_phone"],
            attachments=evidence,
        ),
        principal,
    )
    messages.success(request, f"已上报，案件编号 {taken.number}")
    url = reverse("cases:detail", args=[taken.number])
    if is_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _usual_source(principal: Principal) -> str:
    if principal.can(Capability.ACCEPT):
        return Source.HOTLINE
    return Source.COLLECTOR if principal.can(Capability.VERIFY) else Source.UNIT
