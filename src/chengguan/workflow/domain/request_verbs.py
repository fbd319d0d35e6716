"""Turns each kind of request into its verbs: ask, approve, grant, refuse, withdraw."""

from __future__ import annotations

from typing import Any, Final

from chengguan.core.errors import DomainError

from .lines import Path
from .reader import Table
from .shape import STAY, FieldSpec, RequestSpec, VerbSpec, limit_of
from .verbs import SCOPES, VerbReader

ROLES: Final = ("ask", "approve", "grant", "refuse", "withdraw")
_TITLES: Final = {
    "ask": "申请{}",
    "approve": "初审同意{}",
    "grant": "同意{}",
    "refuse": "不同意{}",
    "withdraw": "撤回{}申请",
}
_KEYS: Final = frozenset(
    ["title", "from", "capability", "scope", "steps", "max_granted", "max_asked", "term", "void_on"]
).union(ROLES)
_REASON: Final = FieldSpec("reason", "理由", required=True, max=500)
_OPINION: Final = FieldSpec("reason", "意见", max=500)


def read_requests(
    verbs: VerbReader, tables: list[tuple[str, Table]], found: dict[str, VerbSpec]
) -> dict[str, RequestSpec]:
    """Read the `[requests.*]` tables and add their verbs to `found`."""
    requests: dict[str, RequestSpec] = {}
    for kind, table in tables:
        path: Path = ("requests", kind)
        requests[kind] = _request(verbs, path, kind, table)
        for verb in _verbs(verbs, path, requests[kind], table):
            if verb.name in found:
                verbs.reader.fault(path, f"动作“{verb.name}”与申请“{kind}”的动作重名", kind)
            found[verb.name] = verb
    for kind, request in requests.items():
        for name in request.void_on:
            if name not in found:
                where = ("requests", kind, "void_on")
                verbs.reader.fault(where, f"未知的动作“{name}”", name)
    return requests


def _request(verbs: VerbReader, path: Path, kind: str, table: Table) -> RequestSpec:
    read = verbs.reader
    read.keys(path, table, _KEYS)
    steps = read.number(path, table, "steps", 1)
    if steps not in (1, 2):
        read.fault((*path, "steps"), "“steps”应为 1 或 2")
    capabilities = read.texts(path, table, "capability")
    if not capabilities:
        read.fault(path, "缺少“capability”")
    for name in capabilities:
        read.capability(path, "capability", name)
    if len(capabilities) > steps:
        read.fault((*path, "capability"), "审批权限多于审批次数")
    term = read.text(path, table, "term")
    if term:
        try:
            limit_of(term)
        except DomainError as error:
            read.fault((*path, "term"), error.message)
    return RequestSpec(
        kind=kind,
        title=read.term(path, read.text(path, table, "title", None)),
        capabilities=capabilities or ("",),
        steps=steps,
        max_granted=read.number(path, table, "max_granted", 0),
        max_asked=read.number(path, table, "max_asked", 0),
        term=term,
        void_on=read.texts(path, table, "void_on"),
    )


def _verbs(verbs: VerbReader, path: Path, request: RequestSpec, table: Table) -> list[VerbSpec]:
    read = verbs.reader
    asks = read.table(path, table, "ask")
    if "ask" not in table:
        read.fault(path, "缺少“ask”")
    ask_froms = frozenset(read.names(path, table, "from", verbs.ends, "状态"))
    if not ask_froms and "from" not in asks:
        read.fault(path, "缺少“from”")
    scope = read.one_of(path, table, "scope", SCOPES, "area")
    first, last = request.capabilities[0], request.capabilities[-1]
    own: dict[str, Any] = {
        "capability": asks.get("capability"),
        "scope": asks.get("scope", "unit"),
    }
    everywhere = frozenset(verbs.ends)
    given: dict[str, dict[str, Any]] = {
        "ask": {**own, "form": (_REASON,), "froms": ask_froms},
        "approve": {"capability": first, "scope": scope, "form": (_OPINION,)},
        "grant": {"capability": last, "scope": scope, "form": (_OPINION,)},
        "refuse": {"capability": first, "scope": scope, "form": (_REASON,)},
        "withdraw": {**own, "form": ()},
    }
    roles = [role for role in ROLES if role != "approve" or request.steps == 2]
    return [
        verbs.verb(
            (*path, role) if role in table else path,
            read.table(path, table, role),
            **{
                "name": f"{role}_{request.kind}",
                "title": _TITLES[role].format(request.title),
                "to": STAY,
                "froms": everywhere,
                "request": request.kind,
                "role": role,
                **given[role],
            },
        )
        for role in roles
    ]
