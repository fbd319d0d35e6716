"""What a list of cases may be narrowed by, shared by pages, API and exports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import F, Q
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from chengguan.core.errors import Invalid
from chengguan.registry.domain.duty_index import units
from chengguan.workflow.domain import current
from chengguan.workflow.enums import Light

from .models.case import JOINT

_COMMUNITY: Final = 12

FLAGS: Final[dict[str, tuple[str, Q]]] = {
    "overdue": ("超期", Q(on_time=False)),
    "overseen": ("督办", Q(overseen=True)),
    "suspended": ("挂账", Q(suspended_until__isnull=False)),
    "urged": ("催办", Q(urged__gt=0)),
    "returned": ("回退", Q(returns__gt=0)),
    "reworked": ("返工", Q(reworks__gt=0)),
    "extended": ("延期", Q(extensions__gt=0)),
    "reopened": ("重开", Q(reopened__gt=0)),
    "forced": ("强制结案", Q(forced=True)),
    "self_handled": ("自处置", Q(self_handled=True)),
    "exempt": ("免计超期", Q(exempt=True)),
    "appealed": ("申诉", Q(appealed=True)),
    "important": ("重点", Q(important=True)),
    "joint": ("联合办理", JOINT),
    "duplicate": ("已并案", Q(main_case_id__isnull=False)),
    "repeated": ("多次上报", Q(reports__gt=1)),
}


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Empty members ask nothing; several of one kind are alternatives, flags must all be set.

    `area` and `matter` are codes or their prefixes, `unit` an organisation with all below it.
    `light` is one of `workflow.enums.Light` and only asks about open cases.
    """

    number: str = ""
    words: str = ""
    kind: str = ""
    matter: str = ""
    rule: int | None = None
    source: tuple[str, ...] = ()
    area: str = ""
    unit: int | None = None
    handler: int | None = None
    reporter: int | None = None
    states: tuple[str, ...] = ()
    stage: str = ""
    light: str = ""
    open: bool | None = None
    opened_from: datetime | None = None
    opened_to: datetime | None = None
    closed_from: datetime | None = None
    closed_to: datetime | None = None
    due_before: datetime | None = None
    flags: tuple[str, ...] = ()

    def halves(self) -> tuple[Q, ...]:
        """Give OPEN, CLOSED or both, wherever what is asked may lie: each has indexes of its own.

        The planner can't know that a state implies one of them.
        """
        open_too = self.open is not False and not (self.closed_from or self.closed_to)
        closed_too = not (self.open or self.light or self.due_before)
        if self.states:
            ends = _ends()
            open_too = open_too and not ends.issuperset(self.states)
            closed_too = closed_too and not ends.isdisjoint(self.states)
        # Of what contradicts itself either half holds nothing.
        return tuple(half for half, has in ((OPEN, open_too), (CLOSED, closed_too)) if has) or (
            OPEN,
        )

    def q(self, now: datetime) -> Q:
        """Give the condition; the ends of spans (`…_to`, `due_before`) are not included.

        Raises:
            Invalid: a light, flag or number that can't be.
        """
        found = self._about() & self._when(now)
        for flag in self.flags:
            if flag not in FLAGS:
                raise Invalid("cases.filter.flags", f"没有标记“{flag}”。", field="flags")
            found &= FLAGS[flag][1]
        return found

    def _about(self) -> Q:
        found = Q()
        plain = {
            "kind": self.kind,
            "rule_id": self.rule,
            "handler_id": self.handler,
            "reporter_id": self.reporter,
            "stage": self.stage,
        }
        found &= Q(**{name: value for name, value in plain.items() if value not in ("", None)})
        if self.source:
            found &= _among("source", self.source)
        if self.states:
            found &= _among("state", self.states)
        if self.number:
            found &= _prefix("number", self.number.strip(), 19)
        if self.area:
            found &= _in_area(self.area)
        if self.matter:
            found &= _prefix("matter_code", self.matter, 5)
        if self.unit is not None:
            unit = units().get(self.unit)
            found &= Q(unit_path__startswith=unit.path) if unit else Q(pk__in=[])
        for word in self.words.split():
            found &= Q(**{f"text__{_lookup(word)}": word}) | Q(
                **{f"address__{_lookup(word)}": word}
            )
        return found

    def _when(self, now: datetime) -> Q:
        found = Q()
        spans = {
            "opened_at__gte": self.opened_from,
            "opened_at__lt": self.opened_to,
            "closed_at__gte": self.closed_from,
            "closed_at__lt": self.closed_to,
            "stage_due_at__lt": self.due_before,
        }
        found &= Q(**{name: value for name, value in spans.items() if value is not None})
        if self.open is not None or self.due_before is not None:
            found &= Q(closed_at__isnull=self.open is not False)
        if self.light:
            found &= Q(closed_at__isnull=True) & _light_q(self.light, now)
        return found


#: The two halves that lists are read from.
OPEN: Final = Q(closed_at__isnull=True)
CLOSED: Final = Q(closed_at__isnull=False)


def light_of(
    now: datetime, due: datetime | None, warn: datetime | None, closed_at: datetime | None
) -> str:
    """Give the light of an open case's stage; a closed case has none, nor one nobody is timed on."""
    if closed_at is not None or due is None:
        return str(Light.NONE)
    if now > due:
        return str(Light.RED)
    return str(Light.YELLOW if warn is not None and now > warn else Light.GREEN)


def _light_q(light: str, now: datetime) -> Q:
    if light == Light.RED:
        return Q(stage_due_at__lt=now)
    if light == Light.YELLOW:
        return Q(stage_due_at__gte=now, stage_warn_at__lt=now)
    if light == Light.GREEN:
        return Q(stage_warn_at__gte=now)
    if light == Light.NONE:
        return Q(stage_due_at__isnull=True)
    raise Invalid("cases.filter.light", f"没有灯色“{light}”。", field="light")


def _lookup(word: str) -> str:
    """Chinese and digits have no case, and folding both columns of every row doubles the search."""
    return "contains" if word.upper() == word.lower() else "icontains"


def _ends() -> frozenset[str]:
    states = current("case").states.values()
    return frozenset(state.name for state in states if state.end)


def _among(column: str, values: tuple[str, ...]) -> Q:
    # One value as an equation: the planner orders by an index only behind equations.
    return Q(**{column: values[0]}) if len(values) == 1 else Q(**{f"{column}__in": values})


def _in_area(code: str) -> Q:
    """Say it by the community where there is one: closed cases are indexed by it in order of time."""
    found = _prefix("area_code", code, 15)
    if len(code) < _COMMUNITY:
        return found
    community = Q(Exact(Left(F("area_code"), _COMMUNITY), code[:_COMMUNITY]))
    return community & found if len(code) > _COMMUNITY else community


def _prefix(column: str, value: str, whole: int) -> Q:
    return Q(**{column if len(value) >= whole else f"{column}__startswith": value})
