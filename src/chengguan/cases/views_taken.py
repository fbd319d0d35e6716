"""推荐采用情况: what was proposed to acceptors and what they filed, every figure with its cases."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.ui.recipe.views import need

from .models import Learned
from .queries import rows_of
from .queries_proposing import DAYS, MOST, RANKS, accuracy
from .screens import words

_SHOWN: Final = 200


@login_required
@require_GET
def taken_page(request: HttpRequest) -> HttpResponse:
    """Show the table by matter and rank; with `matter` or `rank` the cases behind one figure too."""
    need(request, Capability.SEE_CASES, "查看推荐采用情况")
    now = timezone.now()
    found = accuracy(principal_of_request(request), now)
    matter, rank = request.GET.get("matter"), request.GET.get("rank", "")
    rank = rank if rank in RANKS else ""
    chosen = [one for one in found.matters if not matter or matter == f"{one.kind}:{one.code}"]
    ids = [key for one in chosen for key in one.at(rank)] if matter is not None else []
    lines = [
        {
            "value": f"{one.kind}:{one.code}",
            "name": words.matter_name(one.kind, one.code) or "未定事项",
            "counts": [(name, len(one.at(name))) for name in RANKS],
            "total": one.total,
        }
        for one in found.matters
    ]
    context = {
        "days": DAYS,
        "most": MOST,
        "whole": found.whole,
        "ranks": RANKS,
        "lines": lines,
        "sums": [(name, sum(len(one.at(name)) for one in found.matters)) for name in RANKS],
        "total": sum(one.total for one in found.matters),
        "asked": matter is not None,
        "count": len(ids),
        "rows": rows_of(ids[:_SHOWN], now),
        "shown": _SHOWN,
        "learned": Learned.objects.order_by("-pk").defer("data").first(),
    }
    return render(request, "cases/taken.html", context)
