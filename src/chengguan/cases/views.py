"""The page of one case, and its verbs: one form, one post, one domain call each."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import NotAllowed, NotFound
from chengguan.registry.forms import read_matter
from chengguan.ui.recipe.views import need
from chengguan.ui.refusal import is_fragment
from chengguan.workflow.domain import definition_of
from chengguan.workflow.domain.shape import VerbSpec
from chengguan.workflow.models import Request

from .domain.acting import act as act_on
from .domain.acting import refuse_early
from .finding import find_case
from .models import Case
from .queries import rows_of
from .screens import nearby, words
from .screens.detail import case_page
from .verb_forms import posted, rule_options, verb_form


@login_required
@require_GET
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """Show the whole case."""
    principal = principal_of_request(request)
    page = case_page(principal, number)
    context = {"page": page, "case": page.case, "map": nearby.map_of(principal, page.case)}
    return render(request, "cases/detail.html", context)


@login_required
@require_GET
def verb_page(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Show a verb's form: in the page for htmx, else as a page of its own."""
    principal = principal_of_request(request)
    case = find_case(principal, number)
    form = verb_form(_spec(case, verb), case, principal)
    context = {
        "case": case,
        "form": form,
        "case_matter": words.matter_name(case.kind, case.matter_code),
    }
    if is_fragment(request):
        return render(request, "cases/verb_form.html", context)
    return render(request, "cases/verb_page.html", context | _beside(case, form.verb))


@login_required
@require_POST
def act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Apply a verb; what the engine refuses is said above the form, and the form stays."""
    principal = principal_of_request(request)
    case = find_case(principal, number)
    spec = _spec(case, verb)
    seen = _seen(request.POST.get("seq", ""))
    if request.FILES:
        # Kept files stay for ever: nobody's are kept who couldn't use them.
        refuse_early(case, verb, principal, seen=seen)
    if seen is not None:
        # The person decided on what was shown; what has happened since he hasn't seen.
        case.seq = seen
    data, evidence = posted(spec, case, principal, request.POST, request.FILES)
    act_on(case, verb, principal, data, attachments=evidence)
    messages.success(request, f"已{spec.title}：{case.number}")
    return _onward(request, case)


@login_required
@require_GET
def features(request: HttpRequest, number: str) -> JsonResponse:
    """Answer the open cases around this one as GeoJSON."""
    principal = principal_of_request(request)
    case = find_case(principal, number)
    return JsonResponse(nearby.open_around(principal, case), content_type="application/geo+json")


@login_required
@require_GET
def ground(request: HttpRequest, number: str) -> JsonResponse:
    """Answer the borders around this case as GeoJSON, for who sees no registry."""
    case = find_case(principal_of_request(request), number)
    response = JsonResponse(nearby.ground_of(case), content_type="application/geo+json")
    response["Cache-Control"] = "private, max-age=600"
    return response


@login_required
@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """Answer the filing rules of a matter, as choices of a form."""
    need(request, Capability.SEE_CASES, "查看立案标准")
    options = rule_options(*read_matter(request.GET.get("matter", "")))
    chosen = options[0][0] if len(options) == 1 else ""
    return render(request, "cases/rule_options.html", {"options": options, "chosen": chosen})


def _seen(seq: str) -> int | None:
    return int(seq) if seq.isascii() and seq.isdigit() and len(seq) < 10 else None


def _beside(case: Case, spec: VerbSpec) -> dict[str, Any]:
    """Say what the case is, and what was asked, for a form that stands alone."""
    asked = Request.objects.filter(instance_id=case.pk, kind=spec.request, status="pending")
    one = asked.first() if spec.request and spec.role != "ask" else None
    return {
        "row": next(iter(rows_of([case.pk], timezone.now())), None),
        "asked": one,
        "asked_by": words.people_names([one.asked_by]).get(one.asked_by or 0, "") if one else "",
    }


def _spec(case: Case, verb: str) -> VerbSpec:
    spec = definition_of(case.definition_id).verbs.get(verb)
    if spec is None or spec.new:
        raise NotFound("cases.verb", f"案件没有动作“{verb}”。", mend="请回到案件页面重新选择。")
    if spec.hidden:
        raise NotAllowed(
            "cases.verb_hidden", f"“{spec.title}”由系统办理。", mend="请选择其他动作。"
        )
    return spec


def _onward(request: HttpRequest, case: Case) -> HttpResponse:
    url = reverse("cases:detail", args=[case.number])
    if is_fragment(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return redirect(url)
