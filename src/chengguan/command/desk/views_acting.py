"""Verbs at the desk: their forms, one case, many cases, drafts, undoing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.cases.domain.acting import refuse_early
from chengguan.cases.finding import find_case
from chengguan.cases.models import Case
from chengguan.cases.verb_forms import VerbForm, posted, verb_form
from chengguan.core.errors import Conflict, Invalid
from chengguan.registry.forms import read_matter
from chengguan.ui.refusal import is_fragment, say_above
from chengguan.workflow.domain import available
from chengguan.workflow.domain.shape import VerbSpec

from .domain import bulk
from .domain.acting import act_at_desk, said_by_name
from .domain.drafts import drop_draft, is_settled, keep_draft
from .domain.undoing import undo as take_back
from .domain.undoing import undo_title
from .filing import filing_of, said_by_words
from .pane import form_of, spec_of

#: What is each case's own can't be given to many.
_OWN_TYPES: Final = frozenset({"photos", "files", "json", "area", "matter", "instance"})
_OWN_NAMES: Final = frozenset({"kind", "address", "text", "component", "override", "unverified"})


@login_required
@require_GET
def form(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Answer a verb's form with what was typed before."""
    principal = principal_of_request(request)
    case = find_case(principal, number)
    return render(
        request, "command/desk/form.html", {"form": form_of(principal, case, verb), "case": case}
    )


@login_required
@require_POST
def act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Apply a verb; a refusal is said above the form, which stays as it was typed."""
    principal = principal_of_request(request)
    case = find_case(principal, number)
    spec = spec_of(case, verb)
    seen = _seen(request.POST.get("seq", ""))
    try:
        if request.FILES:
            # Kept files stay for ever: nobody's are kept who couldn't use them.
            _refuse_early(principal, case, verb, seen)
        data, evidence = posted(spec, case, principal, request.POST, request.FILES)
        done = act_at_desk(principal, case, verb, data, seen=seen, attachments=evidence)
    except Conflict as error:
        keep_draft(principal, case, verb, dict(request.POST.lists()))
        if not is_fragment(request):
            raise
        return _lost(request, error)
    return _done(request, principal, case, spec, done.event.seq)


@login_required
@require_POST
def undo(request: HttpRequest, number: str) -> HttpResponse:
    """Take one's last step back, where the procedure has a step that does so."""
    principal = principal_of_request(request)
    case = find_case(principal, number)
    spec = spec_of(case, request.POST.get("verb", ""))
    take_back(principal, case, spec.name, _seen(request.POST.get("seq", "")) or 0)
    context = {"case": case, "sentence": f"已撤销“{spec.title}”", "undone": True}
    if is_fragment(request):
        return render(request, "command/desk/done.html", context)
    messages.success(request, f"{context['sentence']}：{case.number}")
    return redirect("command:desk-case", case.number)


@login_required
@require_POST
def draft(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Keep what is typed, or forget it; the page sends it while the person types."""
    principal = principal_of_request(request)
    case = find_case(principal, number)
    spec_of(case, verb)
    seen = _seen(request.POST.get("seq", ""))
    if request.POST.get("drop") == "1" or is_settled(principal, case, verb, seen):
        drop_draft(principal, case.pk, verb)
        return JsonResponse({"kept": False})
    return JsonResponse({"kept": keep_draft(principal, case, verb, dict(request.POST.lists()))})


@login_required
@require_GET
def filing(request: HttpRequest, number: str) -> HttpResponse:
    """Answer conditions and unit for another matter than the report's."""
    principal = principal_of_request(request)
    case = find_case(principal, number)
    kind, code = read_matter(request.GET.get("matter", ""))
    found = filing_of(principal, case, kind, code)
    return render(request, "command/desk/filing_rules.html", {"filing": found, "case": case})


@login_required
@require_GET
def said(request: HttpRequest, number: str) -> HttpResponse:
    """Answer what the case's words propose; its words stay out of the address."""
    principal = principal_of_request(request)
    case = find_case(principal, number)
    kind, code = read_matter(request.GET.get("matter", ""))
    found = said_by_words(principal, case, kind, code)
    context = {"found": found, "case": case, "chosen": f"{kind}:{code}" if code else ""}
    return render(request, "command/desk/said.html", context)


@login_required
@require_GET
def bulk_choices(request: HttpRequest) -> HttpResponse:
    """Answer the verbs that may be taken on the chosen cases."""
    numbers = [number for number, _ in _chosen(request.GET.getlist("case"))]
    found = bulk.choices(principal_of_request(request), numbers)
    context = {"choices": found, "count": len(numbers)}
    return render(request, "command/desk/bulk_choices.html", context)


@login_required
@require_GET
def bulk_form(request: HttpRequest, verb: str) -> HttpResponse:
    """Answer the form of a verb for many."""
    principal = principal_of_request(request)
    numbers = [number for number, _ in _chosen(request.GET.getlist("case"))]
    case = _first(principal, numbers, verb)
    made = _for_many(verb_form(spec_of(case, verb), case, principal))
    context = {"form": made, "case": case, "count": len(numbers)}
    return render(request, "command/desk/bulk_form.html", context)


@login_required
@require_POST
def bulk_act(request: HttpRequest, verb: str) -> HttpResponse:
    """Apply a verb to the chosen cases, and say of each what became of it."""
    principal = principal_of_request(request)
    seen = _chosen(request.POST.getlist("case"))
    case = _first(principal, [number for number, _ in seen], verb)
    spec = spec_of(case, verb)
    data, _ = posted(_of_many(spec), case, principal, request.POST, request.FILES)
    results = bulk.act_on_many(principal, verb, seen, data)
    context = {
        "results": results,
        "title": spec.title,
        "done": sum(one.outcome == bulk.DONE for one in results),
        "failed": [one for one in results if one.outcome != bulk.DONE],
    }
    return render(request, "command/desk/bulk_results.html", context)


def _refuse_early(principal: Principal, case: Case, verb: str, seen: int | None) -> None:
    try:
        refuse_early(case, verb, principal, seen=seen)
    except Conflict as error:
        raise said_by_name(principal, case, verb, seen, error) from error


def _done(
    request: HttpRequest, principal: Principal, case: Case, spec: VerbSpec, seq: int
) -> HttpResponse:
    sentence = f"已{spec.title}"
    if not is_fragment(request):
        messages.success(request, f"{sentence}：{case.number}")
        return redirect("command:desk")
    context = {
        "case": case,
        "sentence": sentence,
        "verb": spec.name,
        "seq": seq,
        "undo": undo_title(principal, case, spec.name),
    }
    return render(request, "command/desk/done.html", context)


def _lost(request: HttpRequest, error: Conflict) -> HttpResponse:
    response = render(request, "command/desk/raced.html", {"error": error}, status=error.status)
    return say_above(request, response)


def _seen(seq: str) -> int | None:
    return int(seq) if seq.isascii() and seq.isdigit() and len(seq) < 10 else None


def _chosen(values: list[str]) -> list[tuple[str, int | None]]:
    found = []
    for value in dict.fromkeys(values):
        number, _, seq = value.partition(":")
        found.append((number, _seen(seq)))
    if not found:
        raise Invalid("desk.bulk", "没有选择案件。", mend="请先勾选要一起办理的案件。")
    return found


def _first(principal: Principal, numbers: list[str], verb: str) -> Case:
    """Give the first chosen case on which the verb is offered, else the first: it says why not."""
    cases = bulk.chosen(principal, numbers)
    if not cases:
        raise Invalid("desk.bulk", "所选案件都不在您的管辖范围内。", mend="请刷新列表后重选。")
    for case in cases:
        if any(one.verb == verb and one.allowed for one in available(case, principal)):
            return case
    return cases[0]


def _of_many(spec: VerbSpec) -> VerbSpec:
    kept = [one for one in spec.form if one.type not in _OWN_TYPES and one.name not in _OWN_NAMES]
    return replace(spec, form=tuple(kept))


def _for_many(made: VerbForm) -> VerbForm:
    """Give the form without what is each case's own; the unit may be left to the duties."""
    names = {one.name for one in _of_many(made.verb).form}
    widgets = [
        replace(one, required=False, value="", help="不选时，每件各按权责清单派遣")
        if one.kind == "organisation"
        else one
        for one in (*made.widgets, *made.minor)
        if one.name in names
    ]
    files: dict[str, Any] = {"has_files": False, "resolution": None}
    return replace(made, widgets=widgets, minor=[], **files)
