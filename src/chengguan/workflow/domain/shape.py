"""What a definition compiles to: frozen values that the pure step looks up by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final

from chengguan.core.worktime import Limit, parse_limit

STAY: Final = "="
ALL_CLOCKS: Final = "*"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a verb's form; `min` and `max` count characters, photos or units."""

    name: str
    title: str
    type: str = "text"
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    min: int | None = None
    max: int | None = None
    help: str = ""


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """Who has to act in a state; `column` names the person where `to` is handler or person."""

    capability: str
    to: str = "area"
    clock: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class StateSpec:
    """A state; `stage` is the public stage it belongs to."""

    name: str
    title: str
    stage: str
    end: bool = False
    queue: QueueSpec | None = None


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """A clock. `limit` is text like "15分钟"; empty: `limit_from` names a function of the trade.

    `total` marks the clock shown as the instance's own deadline; clocks `driven` by effects are
    left out of the check that every start has its end.
    """

    name: str
    title: str
    limit: str = ""
    limit_from: str = ""
    warn: int = 80
    total: bool = False
    driven: bool = False


@dataclass(frozen=True, slots=True)
class ClockOp:
    """`op` on `clock`; `optional` skips it when the clock's state does not allow it."""

    op: str
    clock: str
    optional: bool = False
    field: str = ""


@dataclass(frozen=True, slots=True)
class VerbSpec:
    """A verb: from where to where, who may, what it needs and what it does.

    `to` has one state, STAY, or several of which an effect chooses one. `sets` are
    (column, kind, argument) with kinds literal, at, actor, organisation, data, add, null.
    """

    name: str
    title: str
    froms: frozenset[str]
    to: tuple[str, ...]
    capability: str
    scope: str = "area"
    new: bool = False
    reopens: bool = False
    guards: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    form: tuple[FieldSpec, ...] = ()
    clocks: tuple[ClockOp, ...] = ()
    effects: tuple[str, ...] = ()
    sets: tuple[tuple[str, str, Any], ...] = ()
    bulk: bool = False
    hidden: bool = False
    primary: bool = False
    request: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """A request that needs `steps` approvals; 0 as a maximum means any number.

    `term` is the limit for the answer; a pending request falls void on the verbs `void_on`.
    """

    kind: str
    title: str
    capabilities: tuple[str, ...]
    steps: int = 1
    max_granted: int = 0
    max_asked: int = 0
    term: str = ""
    void_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compiled:
    """One version of one procedure, ready to run; `definition_id` is 0 until it is stored."""

    code: str
    title: str
    stages: Mapping[str, str]
    clocks: Mapping[str, ClockSpec]
    states: Mapping[str, StateSpec]
    verbs: Mapping[str, VerbSpec]
    requests: Mapping[str, RequestSpec] = field(default_factory=dict)
    definition_id: int = 0
    version: int = 0

    @cached_property
    def by_state(self) -> Mapping[str, tuple[VerbSpec, ...]]:
        """The verbs that lead out of (or stay in) each state, in the order of the source."""
        return {
            state: tuple(verb for verb in self.verbs.values() if state in verb.froms)
            for state in self.states
        }

    @cached_property
    def total(self) -> str:
        """The clock that is the instance's own deadline, or an empty string."""
        return next((clock.name for clock in self.clocks.values() if clock.total), "")

    @cached_property
    def voids(self) -> Mapping[str, tuple[str, ...]]:
        """Which kinds of pending request each verb makes void."""
        found: dict[str, tuple[str, ...]] = {}
        for spec in self.requests.values():
            for verb in spec.void_on:
                found[verb] = (*found.get(verb, ()), spec.kind)
        return found

    def to_json(self) -> dict[str, Any]:
        """Return what is stored with a published version; `from_json` reads it back."""
        return {
            "code": self.code,
            "title": self.title,
            "stages": dict(self.stages),
            "clocks": [asdict(clock) for clock in self.clocks.values()],
            "states": [asdict(state) for state in self.states.values()],
            "verbs": [asdict(verb) | {"froms": sorted(verb.froms)} for verb in self.verbs.values()],
            "requests": [asdict(request) for request in self.requests.values()],
        }

    @classmethod
    def from_json(
        cls, data: Mapping[str, Any], *, definition_id: int = 0, version: int = 0
    ) -> Compiled:
        """Build from stored JSON, so that a version means for ever what it meant when published."""
        requests = [
            RequestSpec(
                **request
                | {
                    "capabilities": tuple(request["capabilities"]),
                    "void_on": tuple(request["void_on"]),
                }
            )
            for request in data["requests"]
        ]
        return cls(
            code=data["code"],
            title=data["title"],
            stages=data["stages"],
            clocks={clock["name"]: ClockSpec(**clock) for clock in data["clocks"]},
            states={state["name"]: _state(state) for state in data["states"]},
            verbs={verb["name"]: _verb(verb) for verb in data["verbs"]},
            requests={request.kind: request for request in requests},
            definition_id=definition_id,
            version=version,
        )


@lru_cache(maxsize=4096)
def limit_of(text: str) -> Limit:
    """Read a limit's text once."""
    return parse_limit(text)


def _state(data: Mapping[str, Any]) -> StateSpec:
    queue = data["queue"]
    return StateSpec(**{**data, "queue": QueueSpec(**queue) if queue else None})


def _verb(data: Mapping[str, Any]) -> VerbSpec:
    form = tuple(
        FieldSpec(**{**one, "choices": tuple((value, title) for value, title in one["choices"])})
        for one in data["form"]
    )
    return VerbSpec(
        **{
            **data,
            "froms": frozenset(data["froms"]),
            "to": tuple(data["to"]),
            "guards": tuple(data["guards"]),
            "checks": tuple(data["checks"]),
            "form": form,
            "clocks": tuple(ClockOp(**op) for op in data["clocks"]),
            "effects": tuple(data["effects"]),
            "sets": tuple((column, kind, value) for column, kind, value in data["sets"]),
        }
    )
