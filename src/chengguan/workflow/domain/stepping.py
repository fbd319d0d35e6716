"""One step of one instance as a pure function: nothing is read and nothing is written.

Everything a step changes is in the `Step`; `acting` and `bulk` write it, `folding` replays it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from chengguan.audit.domain.actor import Actor
from chengguan.core.errors import NotFound
from chengguan.store.rows import picking

from ..errors import WrongState
from ..models import Instance
from . import tally
from .allowing import check_state, check_time, permit, request_moves
from .calendars import Calendars
from .forms import clean
from .procedure import ClockMove, Context, Procedure, QueueTarget, Row
from .shape import STAY, Compiled, VerbSpec
from .timing import ClockEntry, Clocks, apply_moves, clocks_of, due_columns, moves_of

if TYPE_CHECKING:
    from chengguan.accounts.domain.principal import Principal


class Happened(Protocol):
    """What `fold` reads of an event: a stored one, or one just made."""

    @property
    def instance_id(self) -> int: ...
    @property
    def seq(self) -> int: ...
    @property
    def from_state(self) -> str: ...
    @property
    def to_state(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def actor_id(self) -> int | None: ...
    @property
    def effects(self) -> Mapping[str, Any]: ...


@dataclass(slots=True)
class NewEvent:
    """An event before it is stored; `id` is given when it is written."""

    procedure: str
    instance_id: int
    seq: int
    verb: str
    from_state: str
    to_state: str
    at: datetime
    actor_id: int | None
    actor: str
    post: str
    organisation_id: int | None
    data: Mapping[str, Any]
    effects: Mapping[str, Any]
    id: int = 0


@dataclass(slots=True)
class ItemChange:
    """What happens to the work items: `closes` the open one, `opens` a new one, or `redue`."""

    closes: bool = False
    opens: QueueTarget | None = None
    capability: str = ""
    redue: bool = False


@dataclass(slots=True)
class Step:
    """One step, ready to be written.

    `before` and `row` are whole rows (`clocks` as states); `changes` the columns that differ;
    `moves` the clock operations; `requests` the (kind, role) moves of requests.
    """

    procedure: Procedure
    definition: Compiled
    verb: VerbSpec
    before: Row
    row: dict[str, Any]
    changes: dict[str, Any]
    clocks: Clocks
    event: NewEvent
    actor: Actor
    items: ItemChange
    requests: list[tally.Move] = field(default_factory=list)

    @property
    def ended(self) -> tuple[str, ...]:
        """The clocks that this step ended."""
        return tuple(name for op, name, _ in self.event.effects["clocks"] if op == "end")


def step(
    procedure: Procedure,
    row: Row,
    verb: str,
    principal: Principal,
    data: Mapping[str, Any],
    at: datetime,
    *,
    definition: Compiled,
    calendars: Calendars,
) -> Step:
    """Work out one step of the instance whose columns are `row`; nothing is written.

    `row["state"]` is empty for an instance that `verb` begins. `at` is aware; it may not lie
    before the last step.

    Raises:
        NotFound: the definition has no such verb.
        WrongState: the verb does not lead out of the row's state, or a request is not in place.
        NotAllowed: the principal holds no post that may do this here.
        Invalid: a value of the form, or the time, can't be accepted.
        Conflict: a guard says no (409), with its sentence.
    """
    spec = definition.verbs.get(verb)
    if spec is None:
        raise NotFound("workflow.verb", f"流程“{definition.title}”没有动作“{verb}”。")
    check_state(definition, spec, row)
    actor = permit(procedure, definition, spec, row, principal)
    check_time(row, at)
    row_clocks = clocks_of(row.get("clocks") or {})
    context = Context(
        row=row,
        definition=definition,
        verb=spec,
        data=clean(spec, data),
        principal=principal,
        at=at,
        clocks=row_clocks,
        calendar=calendars.newest(procedure.calendar_of(row)),
        calendars=calendars,
    )
    requests = request_moves(definition, spec, row, principal)
    for name in (*spec.guards, *spec.checks):
        why = procedure.guards[name](context)
        if why:
            raise WrongState("workflow.guard", why, verb=verb, guard=name)
    return _build(procedure, context, actor, row_clocks, requests)


def _build(
    procedure: Procedure,
    context: Context,
    actor: Actor,
    clocks: Clocks,
    requests: list[tally.Move],
) -> Step:
    spec, row = context.verb, context.row
    sets = _plain_sets(procedure, context, actor)
    extra: list[ClockMove] = []
    recorded: dict[str, Any] = dict(context.data)
    chosen = ""
    for name in spec.effects:
        outcome = procedure.effects[name](context)
        if outcome is not None:
            sets.update(outcome.set)
            extra.extend(outcome.clocks)
            recorded.update(outcome.data)
            chosen = outcome.to or chosen
    return assemble(
        procedure,
        context.definition,
        spec,
        row,
        actor,
        context.at,
        clocks=clocks,
        calendars=context.calendars,
        to_state=_target(spec, row.get("state") or "", chosen),
        sets=sets,
        moves=moves_of(procedure, context, extra),
        requests=requests,
        data=recorded,
    )


def assemble(
    procedure: Procedure,
    definition: Compiled,
    spec: VerbSpec,
    row: Row,
    actor: Actor,
    at: datetime,
    *,
    clocks: Clocks,
    calendars: Calendars,
    to_state: str,
    sets: Mapping[str, Any],
    moves: list[ClockEntry],
    requests: list[tally.Move],
    data: Mapping[str, Any],
) -> Step:
    """Put a step together once everything about it is decided."""
    from_state = row.get("state") or ""
    after = apply_moves(clocks, moves, int(at.timestamp()), calendars)
    effects: dict[str, Any] = {"set": _recorded(procedure, row, sets, from_state), "clocks": moves}
    if requests:
        effects["requests"] = requests
    if not from_state:
        effects["definition"] = definition.definition_id
    event = NewEvent(
        procedure=procedure.code,
        instance_id=row["id"],
        seq=row.get("seq", 0) + 1,
        verb=spec.name,
        from_state=from_state,
        to_state=to_state,
        at=at,
        actor_id=actor.id,
        # As wide as its column: what comes from outside may be longer.
        actor=actor.name[:80],
        post=actor.post,
        organisation_id=actor.organisation_id,
        data=data,
        effects=effects,
    )
    changes = engine_columns(definition, row, event, after)
    changes.update(sets)
    new_row = {**row, **changes}
    return Step(
        procedure=procedure,
        definition=definition,
        verb=spec,
        before=row,
        row=new_row,
        changes=changes,
        clocks=after,
        event=event,
        actor=actor,
        items=_items(procedure, definition, row, new_row),
        requests=requests,
    )


def engine_columns(
    definition: Compiled, row: Row, event: Happened, clocks: Clocks
) -> dict[str, Any]:
    """Return the engine's own columns after an event; the one place where they are derived."""
    state = definition.states[event.to_state]
    changes: dict[str, Any] = {
        "state": event.to_state,
        "stage": state.stage,
        "seq": event.seq,
        "clocks": clocks,
        "requests": row.get("requests") or {},
        "changed_at": event.at,
    }
    moves = event.effects.get("requests")
    if moves:
        held: Mapping[str, Mapping[str, Any]] = changes["requests"]
        for kind, role in moves:
            held = tally.after(held, (kind, role), event.seq, event.actor_id)
        changes["requests"] = held
    changes.update(due_columns(definition, event.to_state, clocks))
    if not event.from_state:
        changes["opened_at"] = event.at
        changes["definition_id"] = definition.definition_id
    if not state.end:
        changes["closed_at"] = None
    elif not (event.from_state and definition.states[event.from_state].end):
        changes["closed_at"] = event.at
    return changes


def _plain_sets(procedure: Procedure, context: Context, actor: Actor) -> dict[str, Any]:
    sets: dict[str, Any] = {}
    for column, kind, argument in context.verb.sets:
        if kind == "literal":
            sets[column] = argument
        elif kind == "at":
            sets[column] = context.at
        elif kind == "actor":
            sets[column] = actor.id
        elif kind == "organisation":
            sets[column] = actor.organisation_id
        elif kind == "data":
            value = context.data.get(argument)
            if column in procedure.instants and isinstance(value, str):
                value = datetime.fromisoformat(value)
            sets[column] = value
        elif kind == "add":
            sets[column] = (context.row.get(column) or 0) + argument
        else:
            sets[column] = None
    return sets


def _target(spec: VerbSpec, from_state: str, chosen: str) -> str:
    if chosen and chosen not in spec.to:
        raise ValueError(f"{spec.name} does not lead to {chosen}")
    if not chosen and len(spec.to) > 1:
        raise ValueError(f"no effect of {spec.name} chose among {spec.to}")
    to = chosen or spec.to[0]
    return from_state if to == STAY else to


def _recorded(
    procedure: Procedure, row: Row, sets: Mapping[str, Any], from_state: str
) -> dict[str, Any]:
    """Return the trade's columns as the event keeps them: the first keeps all but defaults."""
    if from_state:
        found = dict(sets)
    else:
        whole = {**row, **sets}
        kept = _kept_columns(procedure)
        found = {
            name: value
            for name, value, default in zip(
                kept.names, kept.pick(whole), kept.defaults, strict=True
            )
            if value != default
        }
    for name in procedure.instants & found.keys():
        if isinstance(found[name], datetime):
            found[name] = found[name].isoformat()
    return found


def trade_defaults(procedure: Procedure) -> dict[str, Any]:
    """Return what the first event leaves out: the defaults of the columns that events keep."""
    kept = _kept_columns(procedure)
    return dict(zip(kept.names, kept.defaults, strict=True))


class _Kept(NamedTuple):
    """The columns that events keep: their names, how to pick them off a row, their defaults."""

    names: tuple[str, ...]
    pick: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    defaults: tuple[Any, ...]


def _kept_columns(procedure: Procedure) -> _Kept:
    found = _known_columns.get(procedure.code)
    if found is None or found[0] is not procedure:
        names = tuple(
            name
            for name in procedure.columns
            if name not in ENGINE_COLUMNS and name not in procedure.outside
        )
        kept = _Kept(names, picking(names), tuple(map(procedure.defaults.get, names)))
        found = _known_columns[procedure.code] = procedure, kept
    return found[1]


_known_columns: dict[str, tuple[Procedure, _Kept]] = {}

#: What the engine keeps on every instance, whatever the trade.
ENGINE_COLUMNS = frozenset(field.attname for field in Instance._meta.local_fields)


def _items(
    procedure: Procedure, definition: Compiled, before: Row, after: Mapping[str, Any]
) -> ItemChange:
    state = definition.states[after["state"]]
    queue = state.queue
    target = procedure.target(after, state) if queue else None
    from_state = before.get("state") or ""
    old = definition.states[from_state] if from_state else None
    if old is None or old.queue is None:
        return ItemChange(False, target, queue.capability if queue else "")
    if queue is None or target is None:
        return ItemChange(closes=True)
    same = (
        old.name == state.name
        and procedure.target(before, old) == target
        and all(
            before.get(c) == after.get(c) for c in (procedure.area_column, procedure.matter_column)
        )
    )
    if same:
        return ItemChange(redue=before.get("stage_due_at") != after["stage_due_at"])
    return ItemChange(True, target, queue.capability)
