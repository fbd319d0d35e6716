"""What a trade gives the engine: its model, its named functions, its queues and its news."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import DateTimeField

from chengguan.core.clock import ClockState
from chengguan.core.errors import NotFound
from chengguan.core.worktime import Calendar, Limit
from chengguan.notify.domain import News

if TYPE_CHECKING:
    from chengguan.accounts.domain.principal import Principal

    from ..models import Instance
    from .calendars import Calendars
    from .shape import Compiled, StateSpec, VerbSpec
    from .stepping import Step

Row = Mapping[str, Any]
ClockMove = tuple[str, str, Mapping[str, Any] | None]


@dataclass(slots=True)
class Context:
    """What a guard or an effect sees. `row` is the row before the step, by column name.

    `data` holds the checked values of the form, `clocks` the clocks before the step.
    """

    row: Row
    definition: Compiled
    verb: VerbSpec
    data: Mapping[str, Any]
    principal: Principal
    at: datetime
    clocks: Mapping[str, ClockState]
    calendar: Calendar
    calendars: Calendars


@dataclass(slots=True)
class Outcome:
    """What an effect adds to its step.

    `set` is column → value; `clocks` are (op, clock, params) after those of the definition, where
    params may hold `limit` as a `core.worktime.Limit` (else seconds and `mode`) and `seconds`;
    `data` is recorded with the event; `to` chooses among the verb's several targets.
    """

    set: Mapping[str, Any] = field(default_factory=dict)
    clocks: Sequence[ClockMove] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    to: str = ""


@dataclass(frozen=True, slots=True)
class QueueTarget:
    """Whom a work item waits for, beside its capability and area."""

    organisation_id: int | None = None
    organisation_path: str = ""
    user_id: int | None = None


Guard = Callable[[Context], str | None]
Effect = Callable[[Context], Outcome | None]
LimitOf = Callable[[Context], Limit | None]


@dataclass(frozen=True)
class Procedure:
    """One trade's procedure. Columns are named so that the engine can read scope off a row.

    `outside` are columns that no event sets (free text, place): `fold` does not rebuild them.
    `queue_target` and `announce` have plain defaults; `on_steps` writes the trade's own rows in
    the transaction of the steps and must not fetch.
    """

    code: str
    title: str
    model: type[Instance]
    guards: Mapping[str, Guard] = field(default_factory=dict)
    effects: Mapping[str, Effect] = field(default_factory=dict)
    limits: Mapping[str, LimitOf] = field(default_factory=dict)
    glossary: Collection[str] | None = None
    area_column: str = "area_code"
    matter_column: str = "matter_code"
    unit_column: str = "unit_id"
    unit_path_column: str = "unit_path"
    handler_column: str = "handler_id"
    outside: frozenset[str] = frozenset()
    calendar_code: Callable[[Row], str] | None = None
    queue_target: Callable[[Row, StateSpec], QueueTarget | None] | None = None
    announce: Callable[[Step], News | None] | None = None
    on_steps: Callable[[Sequence[Step]], None] | None = None

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every column of the model, by attribute name, in the order of the table."""
        return tuple(f.attname for f in self.model._meta.concrete_fields)

    @cached_property
    def instants(self) -> frozenset[str]:
        """The columns that hold instants."""
        fields = self.model._meta.concrete_fields
        return frozenset(f.attname for f in fields if isinstance(f, DateTimeField))

    def whole_row(self, given: Row) -> dict[str, Any]:
        """Return a row with every column: the given ones, the others at the model's default.

        Raises:
            ValueError: `given` names a column that the model does not have.
        """
        plain, made = self._defaults
        row = {**plain, **given}
        if len(row) > len(plain):
            unknown = row.keys() - set(self.columns)
            if unknown:
                raise ValueError(f"no such columns: {sorted(unknown)}")
        for name, make in made:
            if name not in given:
                row[name] = make()
        return row

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The values that a new row has where nothing else is said, of all columns that have one.

        Neither the first event nor the INSERT repeats them, so they may never change.
        """
        plain, made = self._defaults
        return {**plain, **{name: make() for name, make in made}}

    @cached_property
    def left_to_database(self) -> frozenset[str]:
        """The columns that get their default from the database as well."""
        fields = self.model._meta.concrete_fields
        return frozenset(f.attname for f in fields if f.null or f.has_db_default())

    @cached_property
    def _defaults(self) -> tuple[dict[str, Any], tuple[tuple[str, Callable[[], Any]], ...]]:
        """The defaults that are values, and those made anew for each row."""
        plain: dict[str, Any] = {}
        made = []
        for column in self.model._meta.concrete_fields:
            if column.has_db_default() and not column.has_default():
                continue
            plain[column.attname] = None
            # A column without a default holds NOT_PROVIDED, which can be called as well.
            if column.has_default() and callable(column.default):
                made.append((column.attname, column.default))
            else:
                plain[column.attname] = column.get_default()
        return plain, tuple(made)

    def calendar_of(self, row: Row) -> str:
        """Return the code of the calendar that times this row: its own, or the city's."""
        if self.calendar_code is not None:
            return self.calendar_code(row)
        return str(settings.CHENGGUAN_CALENDAR)

    def target(self, row: Row, state: StateSpec) -> QueueTarget | None:
        """Return whom the state's work item waits for; None waits for nobody."""
        if self.queue_target is not None:
            return self.queue_target(row, state)
        queue = state.queue
        if queue is None or queue.to == "area":
            return _ANYBODY
        unit, path = row.get(self.unit_column), row.get(self.unit_path_column) or ""
        if queue.to == "unit":
            return QueueTarget(unit, path)
        return QueueTarget(unit, path, row.get(queue.column or self.handler_column))


_ANYBODY = QueueTarget()
_procedures: dict[str, Procedure] = {}


def register(procedure: Procedure) -> Procedure:
    """Make a procedure known, once, from its trade's `AppConfig.ready()`."""
    _procedures[procedure.code] = procedure
    return procedure


def procedure_of(what: str | Procedure | type[Instance] | Instance) -> Procedure:
    """Return the procedure of a code, a model or an instance.

    Raises:
        NotFound: no trade has registered it.
    """
    if isinstance(what, Procedure):
        return what
    if isinstance(what, str):
        found = _procedures.get(what)
    else:
        model = what if isinstance(what, type) else type(what)
        found = next((p for p in _procedures.values() if p.model is model), None)
    if found is None:
        raise NotFound("workflow.procedure", f"没有登记流程“{what}”。")
    return found


def procedures() -> list[Procedure]:
    """Return all registered procedures, by code."""
    return [_procedures[code] for code in sorted(_procedures)]
