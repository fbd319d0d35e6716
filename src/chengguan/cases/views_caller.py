"""A caller who rings again: his earlier reports, by number; never in the address, never in the log."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.core.errors import DomainError
from chengguan.ui.recipe.views import need
from chengguan.ui.refusal import is_fragment

from .domain.seeking_caller import IN_A_DAY, IN_TEN_MINUTES, cases_of_caller


class CallerForm(forms.Form):
    """A whole number, or its last four digits and a name."""

    reporter_phone = forms.CharField(
        label="电话", max_length=20, help_text="完整号码，或末四位加姓名",
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )  # fmt: skip
    reporter_name = forms.CharField(
        label="姓名", required=False, max_length=40, help_text="只知道末四位时必填，可只填姓",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


@login_required
@never_cache
@sensitive_post_parameters("reporter_phone", "reporter_name")
@require_http_methods(["GET", "HEAD", "POST"])
def caller_page(request: HttpRequest) -> HttpResponse:
    """Show the form; a post answers below it, in the page or as a fragment for the page of a call."""
    need(request, Capability.SEE_PERSONAL, "按来电人查找案件")
    form = CallerForm(request.POST or None)
    context: dict[str, Any] = {
        "form": form, "in_ten_minutes": IN_TEN_MINUTES, "in_a_day": IN_A_DAY
    }  # fmt: skip
    status = 200
    if request.method == "POST":
        try:
            context["found"] = cases_of_caller(
                principal_of_request(request),
                request.POST.get("reporter_phone", "")[:40],
                request.POST.get("reporter_name", "")[:40],
            )
        except DomainError as error:
            context["error"], status = error, error.status
    if is_fragment(request):
        # In the page of a call a refusal stands where the answer would.
        return render(request, "cases/caller_found.html", context)
    return render(request, "cases/caller.html", context, status=status)
