"""The mixed load of the bench at work through all faults, and its ledger held against the database.

It never pauses: people at pages and with tokens go on while things break and while it is checked.
What it can't know exactly (a page's verb has no key) the witnesses of `load.py` know, who do pause.
"""

from __future__ import annotations

import pickle
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench import mixed

from .checks import Ask

#: A write that is in the database now has its answer after so many seconds, or its line is cut.
_ANSWERED_SECONDS: Final = 3.0
#: For how long a person sends the same again while nobody answers.
_PATIENCE: Final = 150.0
#: People of the plan think for half a minute and more; so many times as quickly a few keep it busy.
_HURRY: Final = 12.0


def plan_of(people: int) -> mixed.Plan:
    """Give the shipped plan for so many people, hurried, one in four with a live stream."""
    return mixed.read().of(users=people, listeners=people // 4, warm_seconds=0.0).hurried(_HURRY)


def start(place: Path, port: int) -> mixed.Load:
    """Let the people of `place` (see `inside.settle`) work until they are stopped."""
    plan, crowd = pickle.loads(place.read_bytes())
    return mixed.start(
        plan, crowd, "127.0.0.1", port, place.parent / "mixed", seconds=0.0, patience=_PATIENCE
    )


def check(ask: Ask, load: mixed.Load) -> tuple[dict[str, int], list[str], list[str]]:
    """Give (acknowledged by kind, lost, twice) of the ledger so far, while people go on.

    Lost: a report that is not under its key with its number, or a verb without its event. Twice: a
    report whose case was begun more than once, or more events of a person on a case than he knows
    to have sent. What is in the database is read between two looks at the ledger.
    """
    before = list(load.ledger())
    done = [one for one in before if one.outcome == mixed.DONE]
    reports = [one for one in done if one.kind == "report" and one.key]
    verbs = [one for one in done if one.kind == "verb"]
    stored_reports = _reports(ask, [one.key for one in reports])
    stored_verbs = _verbs(ask, sorted({one.number for one in before if one.number}))
    lost = [
        f"混合负载的上报 {one.key}：应答 {one.number}，库中 {stored_reports.get(one.key)}"
        for one in reports
        if stored_reports.get(one.key, ("", 0))[0] != one.number
    ]
    events = {(number, verb, who) for number, verb, who in stored_verbs}
    lost += [
        f"混合负载的动作 {one.number} {one.verb}：应答为成功，库中没有"
        for one in verbs
        if (one.number, one.verb, one.who) not in events
    ]
    time.sleep(_ANSWERED_SECONDS)
    sent = Counter(
        (one.number, one.verb, one.who)
        for one in load.ledger()
        if one.kind == "verb" and one.outcome in (mixed.DONE, mixed.UNKNOWN)
    )
    known = {(one.number, one.verb, one.who) for one in verbs}
    twice = [
        f"混合负载的动作 {'、'.join(map(str, what))}：库中 {count} 次，发出 {sent[what]} 次"
        for what, count in stored_verbs.items()
        if what in known and count > sent[what]
    ]
    twice += [
        f"混合负载的上报 {key}：立了 {begun} 次"
        for key, (_, begun) in stored_reports.items()
        if begun > 1
    ]
    return {"report": len(reports), "verb": len(verbs)}, lost, twice


def outcomes(load: mixed.Load) -> dict[str, int]:
    """Count the writes of the mixed load by how they ended: done, raced, refused, unknown."""
    return dict(Counter(f"{one.kind} {one.outcome}" for one in load.ledger()))


def _reports(ask: Ask, keys: Sequence[str]) -> dict[str, tuple[str, int]]:
    rows = ask(
        "SELECT r.key, c.number, (SELECT count(*) FROM workflow_event e WHERE e.procedure = 'case'"
        " AND e.instance_id = c.id AND e.verb = 'report') FROM cases_report r"
        " JOIN cases_case c ON c.id = r.case_id WHERE r.key = ANY(%s)",
        [list(keys)],
    )
    return {key: (number, begun) for key, number, begun in rows}


def _verbs(ask: Ask, numbers: Sequence[str]) -> dict[tuple[str, str, Any], int]:
    rows = ask(
        "SELECT c.number, e.verb, e.actor_id, count(*) FROM workflow_event e JOIN cases_case c"
        " ON c.id = e.instance_id WHERE e.procedure = 'case' AND c.number = ANY(%s)"
        " GROUP BY 1, 2, 3",
        [list(numbers)],
    )
    return {(number, verb, who): int(count) for number, verb, who, count in rows}
