"""Pages of comparisons beyond the recipe: asking, waiting, the result with its charts, one figure."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import Invalid
from chengguan.ui.recipe.listing import listing
from chengguan.ui.recipe.views import need
from chengguan.ui.refusal import is_fragment

from .charts import difference_chart, hours_chart, pairs_chart
from .domain.comparing import cancel_comparison, start_comparison
from .errors import no_figure
from .forms import ComparisonForm, text_of
from .models import Comparison
from .queries import comparison_visible_to, comparisons_visible_to
from .resources import COMPARISONS
from .result_lines import counted, lines
from .showing import figure_text, gap_text

_WHAT = "做方案推演"


@login_required
def comparisons(request: HttpRequest) -> HttpResponse:
    """Show the comparisons one may see; htmx gets the table alone."""
    need(request, Capability.PLAN, _WHAT)
    found = listing(COMPARISONS, request)
    template = "ui/recipe/table.html" if is_fragment(request) else "simulation/list.html"
    context = {"resource": COMPARISONS, "list": found, "export_forms": ("csv", "xlsx")}
    return render(request, template, context, status=422 if found.wrong else 200)


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Take two plans, and put their comparison into the queue."""
    need(request, Capability.PLAN, _WHAT)
    principal = principal_of_request(request)
    form = ComparisonForm(request.POST or None, request.FILES or None, principal=principal)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = start_comparison(
                principal,
                text_of(said["base"]),
                text_of(said["other"]),
                days=said["days"],
                seeds=said["seeds"],
                area_code=said["area"],
            )
        except Invalid as error:
            form.add_error(None, str(error))
        else:
            return redirect("simulation:comparison", made.pk)
    status = 422 if form.errors else 200
    return render(request, "simulation/new.html", {"form": form}, status=status)


@login_required
def comparison(request: HttpRequest, number: int) -> HttpResponse:
    """Show one comparison: what differs, how far it is, or every figure's difference."""
    found = _seen(request, number)
    figures = list(found.figures.order_by("place"))
    context: dict[str, Any] = {"comparison": found, "resource": COMPARISONS, **_waiting(found)}
    if figures:
        context |= {
            "lines": lines(figures),
            "counted": counted(figures),
            "differences": difference_chart(figures),
            "hours": hours_chart(found),
            "exports": _exports(found),
        }
    return render(request, "simulation/comparison.html", context)


@login_required
def progress(request: HttpRequest, number: int) -> HttpResponse:
    """Answer how far a comparison is; once it is over the page is asked to come again whole."""
    found = _seen(request, number)
    response = render(request, "simulation/progress.html", {"comparison": found, **_waiting(found)})
    if not found.is_open:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Stop a comparison."""
    cancel_comparison(principal_of_request(request), _seen(request, number))
    return redirect("simulation:comparison", number)


@login_required
def figure(request: HttpRequest, number: int, code: str) -> HttpResponse:
    """Show one figure seed by seed: what its difference is worked out from."""
    found = _seen(request, number)
    one = found.figures.filter(code=code).first()
    if one is None:
        raise no_figure(code)
    seeds = list(found.seed_figures.filter(code=code).order_by("seed"))
    context = {
        "comparison": found,
        "figure": one,
        "line": lines([one])[0],
        "seeds": [
            (
                row.seed,
                figure_text(one.unit, row.base),
                figure_text(one.unit, row.other),
                gap_text(one.unit, row.difference),
            )
            for row in seeds
        ],
        "pairs": pairs_chart(one, seeds, found),
        "exports": _exports(found, figure=code),
    }
    return render(request, "simulation/figure.html", context)


@login_required
def plan(request: HttpRequest, number: int, side: str) -> HttpResponse:
    """Answer one of the two files as it was given."""
    _seen(request, number)
    names = {"base": ("base_name", "base_text"), "other": ("other_name", "other_text")}
    if side not in names:
        raise no_figure(side)
    rows = comparisons_visible_to(principal_of_request(request))
    _, text = rows.values_list(*names[side]).get(pk=number)
    response = HttpResponse(text, content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{side}.toml"'
    return response


def _seen(request: HttpRequest, number: int) -> Comparison:
    need(request, Capability.PLAN, _WHAT)
    return comparison_visible_to(principal_of_request(request), number)


def _waiting(found: Comparison) -> dict[str, Any]:
    if not found.is_open or not found.started_at or not found.done:
        return {"seconds_left": None}
    passed = (timezone.now() - found.started_at).total_seconds()
    return {"seconds_left": round(passed / found.done * (found.seeds - found.done))}


def _exports(found: Comparison, **more: str) -> list[tuple[str, str]]:
    asked = "&".join(f"{k}={v}" for k, v in {"comparison": found.pk, **more}.items())
    tables = [("各种子的数", "seed-figures")] + ([] if more else [("指标与区间", "figures")])
    return [
        (f"{title} {form.upper()}", f"{reverse(f'simulation:{slug}-export', args=[form])}?{asked}")
        for title, slug in reversed(tables)
        for form in ("csv", "xlsx")
    ]
