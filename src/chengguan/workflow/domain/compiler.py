"""Compiles a definition's TOML, or says everything that is wrong with it, line by line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from typing import Any, Final

from chengguan.core.errors import DomainError

from ..errors import DefinitionInvalid, Fault
from .graph import check_graph
from .lines import Path
from .reader import Known, Reader, Table
from .request_verbs import read_requests
from .shape import ClockSpec, Compiled, QueueSpec, StateSpec, VerbSpec, limit_of
from .verbs import VerbReader

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_TOP: Final = frozenset(["code", "title", "stages", "clocks", "states", "verbs", "requests"])
_QUEUES: Final = ("area", "unit", "handler", "person")


def compile_definition(
    source: str,
    *,
    guards: Collection[str] = (),
    effects: Collection[str] = (),
    limits: Collection[str] = (),
    glossary: Collection[str] | None = None,
    capabilities: Collection[str] | None = None,
    columns: Collection[str] | None = None,
) -> Compiled:
    """Compile the TOML text of one procedure.

    `guards`, `effects` and `limits` are the names of the trade's functions; `glossary` the terms
    that titles may use, `capabilities` and `columns` what may be named; None checks nothing.

    Raises:
        DefinitionInvalid: with every fault and its line.
    """
    try:
        data = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) if place else max(1, source.count("\n"))
        raise DefinitionInvalid([Fault(line, f"不是有效的 TOML：{error}")]) from error
    known = Known(guards, effects, limits, capabilities, columns, glossary)
    reader = Reader(source, known)
    compiled = _read(reader, data)
    if reader.whole and compiled.states:
        check_graph(reader, compiled)
    if reader.faults:
        raise DefinitionInvalid(reader.faults)
    return compiled


def _read(reader: Reader, data: Table) -> Compiled:
    reader.keys((), data, _TOP)
    stages = {name: str(title) for name, title in reader.table((), data, "stages").items()}
    clocks = {
        name: _clock(reader, ("clocks", name), name, table)
        for name, table in _named(reader, data, "clocks")
    }
    states = {
        name: _state(reader, ("states", name), name, table, stages, clocks)
        for name, table in _named(reader, data, "states")
    }
    if not states:
        reader.fault((), "没有任何状态")
    totals = [clock.name for clock in clocks.values() if clock.total]
    for name in totals[1:]:
        reader.fault(("clocks", name, "total"), "只能有一个计时标为 total")
    verb_reader = VerbReader(reader, {s.name: s.end for s in states.values()}, clocks)
    verbs: dict[str, VerbSpec] = {}
    for index, table in enumerate(reader.tables((), data, "verbs")):
        verb = verb_reader.verb(("verbs", index), table)
        if verb.name in verbs:
            reader.breaks(("verbs", index), f"动作“{verb.name}”重复", verb.name)
        verbs.setdefault(verb.name, verb)
    requests = read_requests(verb_reader, list(_named(reader, data, "requests")), verbs)
    return Compiled(
        code=reader.text((), data, "code", None),
        title=reader.term((), reader.text((), data, "title", None)),
        stages=stages,
        clocks=clocks,
        states=states,
        verbs=verbs,
        requests=requests,
    )


def _named(reader: Reader, data: Table, key: str) -> list[tuple[str, Table]]:
    found: list[tuple[str, Table]] = []
    for name, table in reader.table((), data, key).items():
        if not _NAME.fullmatch(name):
            reader.fault((key, name), f"名称“{name}”只能用小写字母、数字和下划线")
        if isinstance(table, dict):
            found.append((name, table))
        else:
            reader.fault((key, name), f"“{name}”应为表")
    return found


def _clock(reader: Reader, path: Path, name: str, table: Table) -> ClockSpec:
    reader.keys(path, table, frozenset(["title", "limit", "limit_from", "warn", "total", "driven"]))
    limit = reader.text(path, table, "limit")
    if limit:
        try:
            limit_of(limit)
        except DomainError as error:
            reader.fault((*path, "limit"), error.message)
    limit_from = reader.text(path, table, "limit_from")
    if limit_from and limit_from not in reader.known.limits:
        reader.fault((*path, "limit_from"), f"未知的时限函数“{limit_from}”")
    return ClockSpec(
        name=name,
        title=reader.term(path, reader.text(path, table, "title", None)),
        limit=limit,
        limit_from=limit_from,
        warn=reader.number(path, table, "warn", 80),
        total=reader.flag(path, table, "total"),
        driven=reader.flag(path, table, "driven"),
    )


def _state(
    reader: Reader,
    path: Path,
    name: str,
    table: Table,
    stages: Collection[str],
    clocks: Collection[str],
) -> StateSpec:
    reader.keys(path, table, frozenset(["title", "stage", "end", "queue"]))
    stage = reader.text(path, table, "stage", None)
    if stage and stage not in stages:
        reader.fault((*path, "stage"), f"未知的阶段“{stage}”")
    queue = reader.table(path, table, "queue") if "queue" in table else None
    return StateSpec(
        name=name,
        title=reader.term(path, reader.text(path, table, "title", None)),
        stage=stage,
        end=reader.flag(path, table, "end"),
        queue=_queue(reader, (*path, "queue"), queue, clocks) if queue is not None else None,
    )


def _queue(reader: Reader, path: Path, table: Table, clocks: Collection[str]) -> QueueSpec:
    reader.keys(path, table, frozenset(["capability", "to", "clock", "column"]))
    capability = reader.text(path, table, "capability", None)
    reader.capability(path, "capability", capability)
    clock = reader.text(path, table, "clock")
    if clock and clock not in clocks:
        reader.fault((*path, "clock"), f"未知的计时“{clock}”", clock)
    column = reader.text(path, table, "column")
    columns: Any = reader.known.columns
    if column and columns is not None and column not in columns:
        reader.fault((*path, "column"), f"没有列“{column}”", column)
    to = reader.one_of(path, table, "to", _QUEUES, "area")
    return QueueSpec(capability=capability, to=to, clock=clock, column=column)
