"""The timeline of a case: who did what when, with what was filled in, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from chengguan.core.errors import NotFound
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.towns import town_name
from chengguan.ui.clockface import exact
from chengguan.workflow.domain.moving import UNIT_MOVED
from chengguan.workflow.domain.revising import RECALCULATED
from chengguan.workflow.domain.shape import Compiled, FieldSpec, VerbSpec
from chengguan.workflow.models import Event

from .. import crossing
from . import words

# Verbs that no definition names.
_OF_THE_ENGINE = {verb.name: verb for verb in (RECALCULATED, UNIT_MOVED)}
_PEOPLE = frozenset({"person"})
_SILENT = frozenset({"photos", "files"})


@dataclass(frozen=True)
class Moment:
    """One event as shown; `said` are (title, value) of the filled fields, `photos` how many."""

    id: int
    seq: int
    at: datetime
    title: str
    actor: str
    post: str
    organisation: str
    to_state: str
    moved: bool
    said: list[tuple[str, str]] = field(default_factory=list)
    photos: list[Any] = field(default_factory=list)


def people_in(events: Sequence[Event], definition: Compiled) -> set[int]:
    """Return the ids of people that the forms of these events name."""
    found: set[int] = set()
    for event in events:
        for one in _form(definition, event):
            value = event.data.get(one.name)
            if one.type in _PEOPLE and isinstance(value, int):
                found.add(value)
    return found


def moments(
    events: Sequence[Event],
    definition: Compiled,
    names: Mapping[int, str],
    photos: Mapping[int, list[Any]],
) -> list[Moment]:
    """Return the events in words, the latest first."""
    posts = words.post_names()
    return [
        Moment(
            id=event.id,
            seq=event.seq,
            at=event.at,
            title=_title(definition, event.verb),
            actor=event.actor,
            post=posts.get(event.post, event.post),
            organisation=words.unit_name(event.organisation_id),
            to_state=_state(definition, event.to_state),
            moved=event.from_state != event.to_state,
            said=_said(definition, event, names),
            photos=photos.get(event.id, []),
        )
        for event in sorted(events, key=lambda event: -event.seq)
    ]


def _said(definition: Compiled, event: Event, names: Mapping[int, str]) -> list[tuple[str, str]]:
    said = []
    for one in _form(definition, event):
        value = event.data.get(one.name)
        if one.type in _SILENT or value in (None, "", [], False):
            continue
        said.append((one.title, in_words(one, value, names, event.data)))
    return said + _why(event.data) + _crossed(event.data)


def _why(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what a step went by: the machine's whole trace or proof, or the ruling that was followed."""
    proof = data.get("proof")
    if isinstance(proof, dict):
        return [(line["title"], line["reason"]) for line in proof["lines"]]
    trace = data.get("trace")
    if not isinstance(trace, dict):
        return [("依据", "裁定先例")] if "precedent" in data else []
    lines = [
        (
            "采用" if line["won"] else "未采用",
            f"{line['organisation'] or '—'}：{line['rule']}，{line['reason']}",
        )
        for line in trace["lines"]
    ]
    return [("依据", str(trace["reason"])), *lines]


def _crossed(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("跨镇域", f"{town_name(one['home'])} ← {town_name(one['lender'])}")
        for one in data.get(crossing.DATA, ())
    ]


def in_words(spec: FieldSpec, value: Any, names: Mapping[int, str], data: Mapping[str, Any]) -> str:
    """Return a field's value as a person reads it."""
    if spec.choices:
        chosen = dict(spec.choices)
        many = value if isinstance(value, list) else [value]
        return "、".join(chosen.get(str(one), str(one)) for one in many)
    if spec.type == "person":
        return names.get(value, str(value))
    if spec.type in ("organisation", "organisations"):
        many = value if isinstance(value, list) else [value]
        return "、".join(words.unit_name(one) for one in many)
    if spec.type == "rule":
        return _rule(value)
    if spec.type == "matter":
        return words.matter_name(str(data.get("kind", "matter")), str(value))
    if spec.type == "area":
        return words.area_text(str(value))
    if spec.type == "datetime":
        return exact(parse_datetime(value))
    if spec.type == "bool":
        return "是"
    if spec.type == "json" and isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return str(value)


def _rule(rule_id: int) -> str:
    try:
        found = catalogue.rule(rule_id)
    except NotFound:
        return str(rule_id)
    return f"{found.condition}（{found.limit_text}）"


def _form(definition: Compiled, event: Event) -> tuple[FieldSpec, ...]:
    verb: VerbSpec | None = definition.verbs.get(event.verb)
    return verb.form if verb else ()


def _title(definition: Compiled, verb: str) -> str:
    found = definition.verbs.get(verb) or _OF_THE_ENGINE.get(verb)
    return found.title if found else verb


def _state(definition: Compiled, state: str) -> str:
    found = definition.states.get(state)
    return found.title if found else state
