"""Who takes part in the mixed load and what they do, read from a file and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

SHIPPED: Final = Path(__file__).with_name("users.toml")
#: What each side can do, see docs/developers/bench.md.
ACTS: Final = {
    "pages": frozenset({"work", "list", "search", "home", "look", "report"}),
    "token": frozenset({"report", "photo", "task", "list", "look"}),
}
AREAS: Final = frozenset({"street", "district", "unit"})
_ROLE_FIELDS: Final = frozenset({"name", "side", "post", "share", "area", "think", "acts"})
_FIELDS: Final = frozenset(
    {"users", "minutes", "warm_seconds", "listeners", "seed", "targets", "reading", "roles"}
)


class PlanError(ValueError):
    """The file can't be used; the text names the field and the mend, in Chinese."""


@dataclass(frozen=True, slots=True)
class Role:
    """One kind of people: their post, their share of all, seconds between actions, weights."""

    name: str
    side: str
    post: str
    share: float
    area: str
    think: float
    acts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole load. `minutes` are counted after `warm_seconds`; targets are milliseconds."""

    users: int
    minutes: float
    warm_seconds: float
    listeners: int
    seed: int
    targets: Mapping[str, float]
    reading: Mapping[str, float]
    roles: tuple[Role, ...]

    def of(self, **changed: Any) -> Plan:
        """Give the plan with other sizes: `users`, `minutes`, `listeners`, `warm_seconds`."""
        return replace(self, **changed)

    def hurried(self, times: float) -> Plan:
        """Give the plan with everybody thinking and reading so many times as quickly."""
        roles = tuple(replace(role, think=role.think / times) for role in self.roles)
        reading = {name: seconds / times for name, seconds in self.reading.items()}
        return replace(self, roles=roles, reading=reading)

    def heads(self) -> list[tuple[Role, int]]:
        """Give how many people each role has; at least one, and `users` together."""
        if self.users < len(self.roles):
            raise PlanError(f"users = {self.users} 少于角色数 {len(self.roles)}，请改大 users。")
        # One of each first, and the rest by shares; whom rounding leaves over are given to the first.
        rest = self.users - len(self.roles)
        counts = [1 + int(role.share * rest) for role in self.roles]
        for place in range(self.users - sum(counts)):
            counts[place % len(counts)] += 1
        return list(zip(self.roles, counts, strict=True))


def read(path: Path = SHIPPED) -> Plan:
    """Read and check a file.

    Raises:
        PlanError: naming the field and the mend.
    """
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise PlanError(f"读不了 {path}：{error}。请检查文件是否为 UTF-8 的 TOML。") from error
    _known(said, _FIELDS, path.name)
    roles = tuple(_role(one, number) for number, one in enumerate(said.get("roles", ()), 1))
    total = sum(role.share for role in roles)
    if abs(total - 1) > 0.001:
        raise PlanError(f"roles 的 share 合计为 {total:g}，应为 1，请调整各角色的 share。")
    users = int(_number(said, "users", least=1))
    return Plan(
        users=users,
        minutes=_number(said, "minutes"),
        warm_seconds=_number(said, "warm_seconds"),
        listeners=min(users, int(_number(said, "listeners"))),
        seed=int(_number(said, "seed")),
        targets={k: _number(said["targets"], k) for k in ("list_p95", "report_p95", "stream_p99")},
        reading={k: _number(said["reading"], k) for k in ("list", "case", "form")},
        roles=roles,
    )


def _role(said: Mapping[str, Any], number: int) -> Role:
    where = f"roles 第 {number} 项"
    _known(said, _ROLE_FIELDS, where)
    missing = _ROLE_FIELDS - said.keys()
    if missing:
        raise PlanError(f"{where}缺少 {'、'.join(sorted(missing))}，请补上。")
    name = str(said["name"])
    if said["side"] not in ACTS:
        raise PlanError(f"{where}（{name}）的 side 应为 {' 或 '.join(ACTS)}。")
    if said["area"] not in AREAS:
        raise PlanError(f"{where}（{name}）的 area 应为 {'、'.join(sorted(AREAS))} 之一。")
    unknown = said["acts"].keys() - ACTS[said["side"]]
    if unknown:
        allowed = "、".join(sorted(ACTS[said["side"]]))
        raise PlanError(f"{where}（{name}）的 acts 没有 {'、'.join(unknown)}；可用：{allowed}。")
    acts = {act: _number(said["acts"], act) for act in said["acts"]}
    if not sum(acts.values()):
        raise PlanError(f"{where}（{name}）的 acts 权重合计为 0，请至少给一项正数。")
    return Role(
        name=name,
        side=said["side"],
        post=str(said["post"]),
        share=_number(said, "share"),
        area=said["area"],
        think=_number(said, "think", least=0.1),
        acts=acts,
    )


def _known(said: Mapping[str, Any], fields: frozenset[str], where: str) -> None:
    unknown = said.keys() - fields
    if unknown:
        known = "、".join(sorted(fields))
        raise PlanError(f"{where} 中没有 {'、'.join(sorted(unknown))} 这一项；可用：{known}。")


def _number(said: Mapping[str, Any], name: str, least: float = 0.0) -> float:
    value = said.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or value < least:
        raise PlanError(f"{name} 应为不小于 {least:g} 的数，现为 {value!r}，请改正。")
    return float(value)
