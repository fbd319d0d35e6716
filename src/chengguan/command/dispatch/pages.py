"""The pages that every machine has: what is on, what history says, what it did; and its switches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.cases.places import home_area
from chengguan.cases.queries import rows_of
from chengguan.core.errors import DomainError
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.duty_index import units
from chengguan.registry.domain.locate import chain
from chengguan.ui.recipe.views import need

from ..models import AutomaticRule
from . import errors
from .accuracy import percent_of
from .domain.machines import Machine
from .domain.switching import may_switch, switch_off, switch_on
from .forms import day, matter_of, number
from .history import NEEDED, Compared, Looked, by_matter

PAGE: Final = 100


def _nothing(principal: Principal, found: list[Any]) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class MachinePages:
    """The pages of one machine. `names` are the names of its addresses by page, `templates` its own
    parts, `words` what it says of itself; `more` adds to the first page what only it shows."""

    machine: Machine
    tried: Callable[..., Looked[Any]]
    names: Mapping[str, str]
    templates: Mapping[str, str]
    words: Mapping[str, str]
    to_judge: Callable[[Principal], QuerySet[Any]]
    more: Callable[[Principal, list[Any]], dict[str, Any]] = _nothing

    @property
    def sees(self) -> tuple[Capability, ...]:
        """Give the capabilities of which one is enough to look."""
        return (Capability.AUTOMATE, self.machine.judges)

    def home(self, request: HttpRequest) -> HttpResponse:
        """Show what is on, what it did week by week, and which matters history would allow."""
        self.need_either(request)
        principal = principal_of_request(request)
        now = timezone.now()
        area = self._area(request, principal)
        found = self.tried(principal, now, area=area)
        rules = AutomaticRule.objects.filter(self._rules_seen(principal), off_at=None)
        on = {
            (rule.kind, rule.matter_code): rule
            for rule in rules
            if area.startswith(rule.area_code) or rule.area_code.startswith(area)
        }
        context = {
            "area": area,
            "area_name": "".join(one.name for one in chain(area)[-2:]),
            "rules": [self._rule_line(rule, principal) for rule in on.values()],
            "tallies": _tallies(found, on),
            "looked_at": len(found),
            "cut": found.cut,
            "needed": NEEDED,
            "weeks": [
                {"line": one, "name": name_of(one.kind, one.matter)}
                for one in self.machine.ledger.by_week(principal, now)
            ],
            "off": [self._rule_line(rule, principal) for rule in self._lately_off(principal, area)],
            "may_switch": may_switch(self.machine, principal, area),
            "may_judge": principal.can(self.machine.judges),
            "to_judge": self.to_judge(principal).count(),
            **self.more(principal, found),
        }
        return self._render(request, "home", context)

    def history(self, request: HttpRequest) -> HttpResponse:
        """Show the cases behind a share of history: the machine's answer, and what came of each."""
        self.need_either(request)
        principal = principal_of_request(request)
        asked = request.GET
        kind, code = matter_of(asked["matter"]) if asked.get("matter") else ("", "")
        area = self._area(request, principal)
        # Of all matters, as the first page counts them: its numbers are the numbers of these rows.
        looked_at = self.tried(principal, timezone.now(), area=area)
        outcome, verb = asked.get("outcome", ""), asked.get("verb", "")
        wanted = outcome.split(",") if outcome else []
        found = [
            one
            for one in looked_at
            if (not code or (one.kind, one.matter) == (kind, code))
            and (not wanted or one.outcome in wanted)
            and verb in ("", getattr(one, "verb", ""))
        ]
        context = {
            "page": Paginator(found, PAGE).get_page(asked.get("page")),
            "name": name_of(kind, code) if code else "全部事项",
            "area": area,
            "outcome": outcome,
            "units": {key: one.name for key, one in units().items()},
            "query": _query(request),
        }
        return self._render(request, "history", context)

    def turn_on(self, request: HttpRequest) -> HttpResponse:
        """Switch a matter on in an area."""
        kind, code = matter_of(request.POST.get("matter", ""))
        share = number(request.POST.get("share", "5"), "share", "复核比例")
        rule = switch_on(
            self.machine,
            principal_of_request(request),
            kind=kind,
            matter=code,
            area=request.POST.get("area", ""),
            share=5 if share is None else share,
        )
        words = f"已开启{self.machine.title}：{name_of(kind, code)}（{rule.area_code}）。"
        messages.success(request, words)
        return redirect(self.names["home"])

    def rule_page(self, request: HttpRequest, rule_id: int) -> HttpResponse:
        """Show one rule, what it did and what became of it; the rows of every number."""
        self.need_either(request)
        principal = principal_of_request(request)
        rule = self._rule(principal, rule_id)
        outcome = request.GET.get("outcome", "")
        rows = self.machine.ledger.rows_of(principal, rule=rule.pk, outcome=outcome)
        here = may_switch(self.machine, principal, rule.area_code, rule.matter_code)
        context = {
            **self.listed(request, rows),
            **self._rule_line(rule, principal),
            "may_switch": rule.off_at is None and here,
        }
        return self._render(request, "rule", context)

    def turn_off(self, request: HttpRequest, rule_id: int) -> HttpResponse:
        """Switch a rule off with a reason."""
        principal = principal_of_request(request)
        rule = self._rule(principal, rule_id)
        switch_off(self.machine, principal, rule, reason=request.POST.get("reason", ""))
        messages.success(request, f"已关闭该规则的{self.machine.title}。")
        return redirect(self.names["rule"], rule_id)

    def rows(self, request: HttpRequest) -> HttpResponse:
        """Show the acts behind a number of the weekly table."""
        self.need_either(request)
        asked = request.GET
        rows = self.machine.ledger.rows_of(
            principal_of_request(request),
            week=day(asked.get("week", ""), "week"),
            matter=asked.get("matter", ""),
            basis=asked.get("basis", ""),
            outcome=asked.get("outcome", ""),
        )
        return self._render(request, "acts", self.listed(request, rows))

    def routes(self) -> list[URLPattern]:
        """Give the addresses of these pages, named without the name space."""
        pages: list[tuple[str, Callable[..., HttpResponse], str]] = [
            ("", require_GET(self.home), "home"),
            ("on/", require_POST(self.turn_on), "on"),
            ("history/", require_GET(self.history), "history"),
            ("rows/", require_GET(self.rows), "rows"),
            ("<int:rule_id>/", require_GET(self.rule_page), "rule"),
            ("<int:rule_id>/off/", require_POST(self.turn_off), "off"),
        ]
        return [
            path(route, login_required(view), name=self.names[name].partition(":")[2])
            for route, view, name in pages
        ]

    def need_either(self, request: HttpRequest) -> None:
        """Refuse whoever neither switches the machine nor looks again at what it does."""
        principal = principal_of_request(request)
        if not any(principal.can(one) for one in self.sees):
            need(request, Capability.AUTOMATE, f"查看{self.machine.title}")

    def listed(self, request: HttpRequest, rows: QuerySet[Any]) -> dict[str, Any]:
        """Give a page of acts, with the lines of their cases."""
        page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
        cases = {row.id: row for row in rows_of([one.case_id for one in page], timezone.now())}
        return {
            "page": page,
            "cases": cases,
            "units": {key: one.name for key, one in units().items()},
            "outcomes": self.machine.ledger.outcomes,
            "outcome": request.GET.get("outcome", ""),
            "query": _query(request),
        }

    def _render(self, request: HttpRequest, page: str, context: dict[str, Any]) -> HttpResponse:
        about = {
            "machine": self.machine,
            "names": self.names,
            "parts": self.templates,
            "words": self.words,
        }
        return render(request, f"command/dispatch/machine_{page}.html", {**about, **context})

    def _rule(self, principal: Principal, rule_id: int) -> AutomaticRule:
        found = AutomaticRule.objects.filter(self._rules_seen(principal), pk=rule_id).first()
        if found is None:
            raise errors.no_such("条规则")
        return found

    def _rules_seen(self, principal: Principal) -> Q:
        """Give the condition on the rules of areas where he switches or judges, as `_rule` has it."""
        whole = Q(pk__in=[])
        for one in self.sees:
            whole |= scope_q(principal, one)
        return whole & Q(act=self.machine.act)

    def _lately_off(self, principal: Principal, area: str) -> QuerySet[AutomaticRule]:
        off = AutomaticRule.objects.filter(
            self._rules_seen(principal), off_at__isnull=False, area_code__startswith=area
        )
        return off.order_by("-off_at")[:20]

    def _rule_line(self, rule: AutomaticRule, principal: Principal) -> dict[str, Any]:
        right, wrong, all_ = self.machine.ledger.of_rule(rule, principal)
        return {
            "rule": rule,
            "name": name_of(rule.kind, rule.matter_code),
            "area_name": "".join(one.name for one in chain(rule.area_code)[-2:]),
            "right": right,
            "wrong": wrong,
            "all": all_,
            "percent": percent_of(right, wrong),
        }

    def _area(self, request: HttpRequest, principal: Principal) -> str:
        """Read the area asked for, else that of the person's post, else the whole city's."""
        asked = request.GET.get("area", "")
        if asked:
            if not (asked.isascii() and asked.isdigit() and len(asked) in (6, 9, 12)):
                raise errors.wrong_value(
                    "area", "区域应为区、街道或社区的代码。", "请填 6、9 或 12 位代码。"
                )
            return asked
        for one in self.sees:
            for held in principal.holding(one):
                if held.area_code:
                    return held.area_code[:12]
        try:
            return home_area()
        except DomainError:
            return ""


def name_of(kind: str, code: str) -> str:
    """Give the name of a matter, else its code."""
    known = catalogue.matter(kind, code)
    return known.name if known else code


def _tallies(
    found: Iterable[Compared], on: Mapping[tuple[str, str], AutomaticRule]
) -> list[dict[str, Any]]:
    return [
        {"tally": one, "name": name_of(one.kind, one.matter), "on": on.get((one.kind, one.matter))}
        for one in by_matter(found)
    ]


def _query(request: HttpRequest) -> str:
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()
