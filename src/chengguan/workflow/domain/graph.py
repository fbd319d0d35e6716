"""Checks the procedure as a graph: an end for everyone, no orphans, clocks that end.

For each clock the set of conditions it can be in is followed through all states, so that an
operation which would fail in the field ("end" of a clock that may not run) is a fault here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .reader import Reader
from .shape import ALL_CLOCKS, STAY, ClockOp, Compiled, VerbSpec

_ABSENT, _RUNNING, _PAUSED, _ENDED = "尚未开始", "正在计时", "已暂停", "已结束"
_NEXT: Final[dict[str, dict[str, str]]] = {
    "start": {_ABSENT: _RUNNING, _ENDED: _RUNNING},
    "restart": {_RUNNING: _RUNNING, _PAUSED: _RUNNING, _ENDED: _RUNNING},
    "pause": {_RUNNING: _PAUSED},
    "resume": {_PAUSED: _RUNNING, _ENDED: _RUNNING},
    "extend": {_RUNNING: _RUNNING, _PAUSED: _PAUSED},
    "recalendar": {_RUNNING: _RUNNING, _PAUSED: _PAUSED},
    "end": {_RUNNING: _ENDED, _PAUSED: _ENDED},
}
# "resume?" wakes what was paused, it does not reopen what has ended.
_OPTIONAL: Final = {**_NEXT, "resume": {_PAUSED: _RUNNING}}


def check_graph(reader: Reader, compiled: Compiled) -> None:
    """Add a fault for everything that the shape of the graph makes impossible."""
    _check_start_and_end(reader, compiled)
    edges = list(_edges(compiled))
    reached = _closure({v.name for v in compiled.verbs.values() if v.new}, compiled, edges)
    finishing = _backwards({s.name for s in compiled.states.values() if s.end}, edges)
    for state in compiled.states.values():
        if state.name not in reached:
            reader.fault(("states", state.name), f"状态“{state.name}”无法到达")
        if state.name not in finishing:
            reader.fault(("states", state.name), f"从状态“{state.name}”到不了任何结束状态")
    used = {op.clock for verb in compiled.verbs.values() for op in verb.clocks}
    for clock in compiled.clocks.values():
        if clock.driven:
            continue
        if clock.name not in used:
            reader.fault(("clocks", clock.name), f"计时“{clock.name}”从未使用")
        else:
            _follow(reader, compiled, clock.name)


def _check_start_and_end(reader: Reader, compiled: Compiled) -> None:
    if not any(verb.new for verb in compiled.verbs.values()):
        reader.fault((), "没有新建动作（new = true）")
    if not any(state.end for state in compiled.states.values()):
        reader.fault((), "没有结束状态（end = true）")
    for verb in compiled.verbs.values():
        if verb.reopens or verb.request:
            continue
        for name in sorted(verb.froms):
            if compiled.states[name].end and any(to not in (STAY, name) for to in verb.to):
                reader.fault(
                    reader.paths[verb.name],
                    f"动作“{verb.name}”离开结束状态“{name}”；若为重开，请写 reopens = true",
                )


def _edges(compiled: Compiled) -> Iterator[tuple[str, str]]:
    for verb in compiled.verbs.values():
        for origin in verb.froms:
            for to in verb.to:
                if to != STAY:
                    yield origin, to


def _closure(new: set[str], compiled: Compiled, edges: list[tuple[str, str]]) -> set[str]:
    reached = {to for name in new for to in compiled.verbs[name].to}
    while True:
        grown = reached | {b for a, b in edges if a in reached}
        if grown == reached:
            return reached
        reached = grown


def _backwards(ends: set[str], edges: list[tuple[str, str]]) -> set[str]:
    found = set(ends)
    while True:
        grown = found | {a for a, b in edges if b in found}
        if grown == found:
            return found
        found = grown


def _follow(reader: Reader, compiled: Compiled, clock: str) -> None:
    """Follow one clock's possible conditions to a fixed point, then judge each step."""
    possible: dict[str, set[str]] = {state: set() for state in compiled.states}
    moving = True
    while moving:
        moving = False
        for verb in compiled.verbs.values():
            for origin in [""] if verb.new else verb.froms:
                before = possible[origin] if origin else {_ABSENT}
                after = {_after(verb, clock, condition)[0] for condition in before} - {""}
                for to in verb.to:
                    target = possible[origin if to == STAY else to]
                    moving |= not after <= target
                    target |= after
    for verb in compiled.verbs.values():
        for origin in [""] if verb.new else sorted(verb.froms):
            before = possible[origin] if origin else {_ABSENT}
            _judge(reader, compiled, verb, clock, origin, before)


def _judge(
    reader: Reader, compiled: Compiled, verb: VerbSpec, clock: str, origin: str, before: set[str]
) -> None:
    where = reader.paths[verb.name]
    for condition in sorted(before):
        after, failed = _after(verb, clock, condition)
        if failed is not None:
            reader.fault(
                (*where, "clocks"),
                f"动作“{verb.name}”从“{origin or '新建'}”出发时计时“{clock}”可能{condition}，"
                f"不能执行“{failed.op}”",
            )
        for to in verb.to:
            ends = (
                compiled.states[origin if to == STAY else to].end
                if (origin or to != STAY)
                else False
            )
            if ends and after in (_RUNNING, _PAUSED):
                reader.fault(
                    where, f"动作“{verb.name}”结束流程时计时“{clock}”可能{after}，没有结束"
                )


def _after(verb: VerbSpec, clock: str, condition: str) -> tuple[str, ClockOp | None]:
    """Return the condition after a verb's operations, or the operation that can't be."""
    for op in verb.clocks:
        if op.clock not in (clock, ALL_CLOCKS):
            continue
        if op.optional:
            condition = _OPTIONAL[op.op].get(condition, condition)
            continue
        following = _NEXT[op.op].get(condition)
        if following is None:
            return "", op
        condition = following
    return condition, None
