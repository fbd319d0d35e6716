"""Pages of closing by the machine; most are those that every machine has."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.cases.models import Case
from chengguan.ui.recipe.views import need

from ..dispatch import errors
from ..dispatch.pages import MachinePages, name_of
from .domain.automatic import CLOSING
from .domain.judging import judge as judge_one
from .dossier import dossier_of
from .history import Decided, share_of, tried
from .ledger import decoys, to_judge


def _more(principal: Principal, found: list[Decided]) -> dict[str, Any]:
    would, closed = share_of(found)
    looked_at = decoys(principal)
    return {
        "would": would,
        "closed": closed,
        "share": f"{would * 100 / closed:.1f}%" if closed else "—",
        "decoys": looked_at.count(),
        "decoys_seen": looked_at.filter(verdict="right").count(),
    }


PAGES: Final = MachinePages(
    machine=CLOSING,
    tried=tried,
    names={
        "home": "command:closing",
        "on": "command:closing-on",
        "history": "command:closing-history",
        "rows": "command:closing-rows",
        "recheck": "command:closing-recheck",
        "rule": "command:closing-rule",
        "off": "command:closing-off",
    },
    templates={
        "rows": "command/closing/rows.html",
        "history": "command/closing/history_rows.html",
        "more": "command/closing/share.html",
    },
    words={
        "what": "只结未参与处置、与处置单位不同属的采集员到现场核查为“已解决”，且核查照片的时间、位置证明处置后到过现场的案件。公众和领导来件、重点、督办、返工、重开、联合、分阶段的案件一律由人结案；系统从不作出不予结案的决定。",
        "weeks": "近 8 周，按事项和依据规则的版本",
        "compared": "按当时的依据系统会结案的，人是否也结了案、此后有没有重开",
        "counted": "决定",
        "history": "系统的答案与人的决定",
        "unsure": "留给人",
        "open": "异议期内",
    },
    to_judge=to_judge,
    more=_more,
)


@login_required
@require_GET
def recheck(request: HttpRequest) -> HttpResponse:
    """Show the next drawn case: its pictures and times as they were, and not what was decided."""
    need(request, Capability.CLOSE, "复核自动结案")
    waiting = to_judge(principal_of_request(request))
    one = waiting.first()
    context = {
        "one": one,
        "dossier": dossier_of(one) if one else None,
        "left": waiting.count(),
        "name": name_of(one.kind, one.matter_code) if one else "",
    }
    return render(request, "command/closing/recheck.html", context)


@login_required
@require_POST
def judge(request: HttpRequest, closing_id: int) -> HttpResponse:
    """Take whether a person would have closed it, then tell what had been decided."""
    principal = principal_of_request(request)
    one = to_judge(principal).select_related("rule").filter(pk=closing_id).first()
    if one is None:
        raise errors.already_judged()
    answer = request.POST.get("closable", "")
    if answer not in ("yes", "no"):
        raise errors.wrong_value("closable", "请选择是否应当结案。", "选“应当结案”或“不应结案”。")
    note = request.POST.get("note", "")
    verdict = judge_one(one, principal, closable=answer == "yes", note=note)
    number = Case.objects.values_list("number", flat=True).get(pk=one.case_id)
    right = verdict == "right"
    if one.decoy:
        words = f"{number} 是对照件，当时由人不予结案，与您的判断{'一致' if right else '不一致'}。"
    elif right:
        words = f"{number} 已由系统结案，与您的判断一致。"
    else:
        words = f"{number} 已由系统结案，与您的判断不一致；已通知开启人核实、重开。"
    (messages.success if right else messages.warning)(request, f"已复核。{words}")
    return redirect("command:closing-recheck")


@login_required
@require_GET
def decoy_list(request: HttpRequest) -> HttpResponse:
    """Show the decoys that were looked at, and how they were answered."""
    PAGES.need_either(request)
    rows = decoys(principal_of_request(request))
    verdict = request.GET.get("verdict", "")
    if verdict in ("right", "wrong"):
        rows = rows.filter(verdict=verdict)
    context = {**PAGES.listed(request, rows), "verdict": verdict}
    return render(request, "command/closing/decoys.html", context)
