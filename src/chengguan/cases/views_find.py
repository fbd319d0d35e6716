"""The search box above every page: a number goes to its case, words to the list."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.ui.recipe.views import need

from .filters import CaseFilter
from .finding import find_case
from .queries import page
from .search.tokens import is_digits

_WHOLE: Final = 19
_OFFERED: Final = 6
_MOST: Final = 60


@login_required
@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """Go to the case of a whole number, else to the list of what the words find."""
    need(request, Capability.SEE_CASES, "查找案件")
    words = request.GET.get("words", "").strip()[:_MOST]
    if len(words) == _WHOLE and is_digits(words):
        return redirect(
            "cases:detail", number=find_case(principal_of_request(request), words).number
        )
    query = urlencode({"words": words, "sort": "-opened"} if words else {})
    return redirect(f"{reverse('cases:list')}?{query}")


@login_required
@require_GET
def offers(request: HttpRequest) -> HttpResponse:
    """Answer the newest few cases that the words find, for the box; nothing for a single letter."""
    need(request, Capability.SEE_CASES, "查找案件")
    words = request.GET.get("words", "").strip()[:_MOST]
    found = None
    if len(words) > 1 or words > "\x7f":
        number = is_digits(words) and len(words) >= 6
        wanted = CaseFilter(number=words) if number else CaseFilter(words=words)
        found = page(principal_of_request(request), wanted, size=_OFFERED)
    return render(request, "cases/offers.html", {"found": found, "words": words})
