"""What cases may be narrowed by, shared by list, search, map, API and export: the fourteen fields.

Several values of one field are alternatives; a value with `-` before it is left out; different fields
must all hold. Flags and scores must hold one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q

from chengguan.core.errors import Invalid
from chengguan.workflow.domain import current
from chengguan.workflow.enums import Light

from . import conditions, scores
from .drawing import Drawn
from .models.case import JOINT
from .models.crossing import Crossing
from .scores import Score

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
    "cross_town": ("跨镇域", Q(pk__in=Crossing.objects.values("case_id"))),
    "duplicate": ("已并案", Q(main_case_id__isnull=False)),
    "repeated": ("多次上报", Q(reports__gt=1)),
}
#: What somebody may have been in a case; "" is any of them.
PARTS: Final[dict[str, str]] = {
    "": "任一经办人",
    "acceptor": "受理人",
    "dispatcher": "派遣人",
    "handler": "处置人",
    "collector": "核实核查人",
}


@dataclass(frozen=True, slots=True)
class Person:
    """People of whom one had a part in the case; several, where several have one name."""

    ids: tuple[int, ...]
    part: str = ""


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Empty members ask nothing; several of one kind are alternatives, flags must all be set.

    `area` and `matter` are codes or their prefixes, `unit` an organisation with all below it; of
    `areas`, `matters`, `units` any one, and those with a minus are left out, as they are of
    `source`, `states`, `flags` and `words`. `light` and `lights` are of `workflow.enums.Light` and
    only ask about open cases. `component` is a code or its beginning.
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
    matters: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    units: tuple[int, ...] = ()
    rules: tuple[int, ...] = ()
    lights: tuple[str, ...] = ()
    component: str = ""
    people: tuple[Person, ...] = ()
    place: Drawn | None = None
    scores: tuple[Score, ...] = ()
    due_from: datetime | None = None

    def halves(self) -> tuple[Q, ...]:
        """Give OPEN, CLOSED or both, wherever what is asked may lie: each has indexes of its own.

        The planner can't know that a state implies one of them.
        """
        open_too = self.open is not False and not (self.closed_from or self.closed_to)
        closed_too = not (
            self.open or self.light or self.lights or self.due_before or self.due_from
        )
        states = conditions.wanted(self.states)
        if states:
            ends = _ends()
            open_too = open_too and not ends.issuperset(states)
            closed_too = closed_too and not ends.isdisjoint(states)
        # Of what contradicts itself either half holds nothing.
        return tuple(half for half, has in ((OPEN, open_too), (CLOSED, closed_too)) if has) or (
            OPEN,
        )

    def q(self, now: datetime) -> Q:
        """Give the condition; the ends of spans (`…_to`, `due_before`) are not included.

        Raises:
            Invalid: a light, flag or number that can't be.
        """
        found = self._about() & self._where_and_who() & self._when(now)
        for flag in self.flags:
            name = flag.removeprefix("-")
            if name not in FLAGS:
                raise Invalid("cases.filter.flags", f"没有标记“{name}”。", field="flags")
            # What is not known to be late is not late: `NOT (on_time = false)` would lose nulls.
            found &= conditions.without(FLAGS[name][1]) if flag != name else FLAGS[name][1]
        return found & scores.q_of(self.scores)

    def _about(self) -> Q:
        plain = {"kind": self.kind, "rule_id": self.rule, "stage": self.stage}
        found = Q(**{name: value for name, value in plain.items() if value not in ("", None)})
        found &= conditions.among("source", self.source) & conditions.among("state", self.states)
        if self.rules:
            found &= Q(rule_id__in=self.rules)
        if self.number:
            found &= conditions.prefix("number", self.number.strip(), 19)
        if self.component:
            found &= conditions.prefix("component_code", self.component.strip(), 17)
        if self.matter:
            found &= conditions.prefix("matter_code", self.matter, 5)
        found &= conditions.of_codes(
            self.matters, lambda code: conditions.prefix("matter_code", code, 5)
        )
        return found & conditions.says(self.words)

    def _where_and_who(self) -> Q:
        people = {"handler_id": self.handler, "reporter_id": self.reporter}
        found = Q(**{name: value for name, value in people.items() if value is not None})
        if self.area:
            found &= conditions.in_area(self.area)
        found &= conditions.of_codes(self.areas, conditions.in_area)
        if self.unit is not None:
            found &= conditions.of_unit(self.unit)
        found &= conditions.of_units(self.units)
        for person in self.people:
            found &= _with_part(person)
        return found & self.place.q() if self.place else found

    def _when(self, now: datetime) -> Q:
        spans = {
            "opened_at__gte": self.opened_from,
            "opened_at__lt": self.opened_to,
            "closed_at__gte": self.closed_from,
            "closed_at__lt": self.closed_to,
            "stage_due_at__gte": self.due_from,
            "stage_due_at__lt": self.due_before,
        }
        found = Q(**{name: value for name, value in spans.items() if value is not None})
        if self.open is not None or self.due_before is not None or self.due_from is not None:
            found &= Q(closed_at__isnull=self.open is not False)
        if self.light:
            found &= Q(closed_at__isnull=True) & _light_q(self.light, now)
        if self.lights:
            any_of = Q()
            for light in self.lights:
                any_of |= _light_q(light, now)
            found &= Q(closed_at__isnull=True) & any_of
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


def _with_part(person: Person) -> Q:
    if person.part not in PARTS:
        raise Invalid("cases.filter.part", f"没有经办角色“{person.part}”。", field="part")
    found = Q()
    for part in (person.part,) if person.part else tuple(filter(None, PARTS)):
        found |= Q(**{f"{part}_id__in": person.ids})
    return found if person.ids else Q(pk__in=[])


def _ends() -> frozenset[str]:
    states = current("case").states.values()
    return frozenset(state.name for state in states if state.end)
