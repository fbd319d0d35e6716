"""Cases as the engine knows them: their model, named functions, queues, facts and news."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.registry.models import Precedent
from chengguan.store import ids, revisions, rows
from chengguan.workflow.domain import Procedure, QueueTarget, Step
from chengguan.workflow.domain.definition import differing, ensure
from chengguan.workflow.domain.shape import StateSpec
from chengguan.workflow.models import Definition

from . import crossing
from .domain.facts import exempt_facts, write_facts
from .domain.reporting import write_carried
from .domain.telling import announce, tell_reporters
from .effects import EFFECTS
from .guards import GUARDS
from .guards_dispatch import NARROWEST, REACH
from .models import Case, PrecedentUse

CODE: Final = "case"
# Free text and place: kept on the row and in the report, not repeated in every event.
OUTSIDE: Final = frozenset({"text", "address", "point"})


def glossary() -> frozenset[str]:
    """Give the terms that states, clocks and verbs of a procedure of cases may be called by."""
    text = (files("chengguan.cases") / "definitions" / "glossary.toml").read_text(encoding="utf-8")
    return frozenset(term for table in tomllib.loads(text).values() for term in table)


_ANYBODY: Final = QueueTarget()


def queue_target(row: Mapping[str, Any], state: StateSpec) -> QueueTarget | None:
    """Say whom a case waits for: nobody while it is merged into another."""
    if row["main_case_id"] is not None:
        return None
    queue = state.queue
    if queue is None or queue.to == "area":
        return _ANYBODY
    if queue.to == "person":
        return QueueTarget(user_id=row[queue.column])
    handler = row["handler_id"] if queue.to == "handler" else None
    return QueueTarget(row["unit_id"], row["unit_path"], handler)


def on_steps(steps: Sequence[Step]) -> None:
    """Write what belongs to cases alone, in the transaction of the steps."""
    write_carried(steps)
    write_facts(steps)
    tell_reporters(steps)
    exempt = [step.event.instance_id for step in steps if step.event.verb == "grant_appeal"]
    if exempt:
        exempt_facts(exempt)
    rulings = [_ruling(step) for step in steps if step.event.verb in _RULINGS]
    if rulings:
        rows.insert(Precedent, rulings)
        revisions.bump("duties")
    uses = [_use(step) for step in steps if "precedent" in step.event.data]
    if uses:
        rows.insert(PrecedentUse, uses)
    for step in steps:
        if crossing.DATA in step.event.data:
            event = step.event
            crossing.write_noted(event.instance_id, event.data[crossing.DATA], event.at)


PROCEDURE: Final = Procedure(
    code=CODE,
    title="案件",
    model=Case,
    guards=GUARDS,
    effects=EFFECTS,
    glossary=glossary(),
    outside=OUTSIDE,
    queue_target=queue_target,
    announce=announce,
    on_steps=on_steps,
)


def shipped_source() -> str:
    """Give the text of the shipped definition."""
    return (files("chengguan.cases") / "definitions" / "case.toml").read_text(encoding="utf-8")


def publish_shipped(principal: Principal | None = None) -> Definition:
    """Publish the shipped definition unless it is in force already; for set-up, upgrades and tests."""
    return ensure(CODE, shipped_source(), principal or Principal.system("setup"))


def other_than_shipped() -> Definition | None:
    """Give the version of cases in force where it isn't the shipped text; None where it is.

    Raises:
        NotFound: none has been published.
    """
    return differing(CODE, shipped_source())


_RULINGS: Final = frozenset({"grant_return", "refuse_return", "grant_ruling"})


def _ruling(step: Step) -> dict[str, Any]:
    row, event = step.row, step.event
    return {
        "kind": row["kind"],
        "matter_code": row["matter_code"],
        "area_code": row["area_code"][: REACH[event.data.get("reach", NARROWEST)]],
        "organisation_id": event.data.get("unit") or step.before["unit_id"],
        "reason": event.data["reason"],
        "basis": event.data.get("basis", ""),
        "case_number": row["number"],
        "ruled_by": (event.actor or event.post)[:40],
        "ruled_at": event.at,
        "valid_from": timezone.localtime(event.at).date(),
        "valid_to": event.data.get("until"),
    }


def _use(step: Step) -> dict[str, Any]:
    event = step.event
    return {
        "id": ids.next_id(),
        "precedent_id": event.data["precedent"],
        "case_id": event.instance_id,
        "event_id": event.id,
        "unit_id": step.row["unit_id"],
        "automatic": event.verb == "dispatch_automatically",
        "at": event.at,
    }
