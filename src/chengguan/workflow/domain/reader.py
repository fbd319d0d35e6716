"""Reads typed values out of parsed TOML and collects every fault with its line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import Fault
from .lines import Lines, Path

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """The names a definition may use; None means that any name is fine."""

    guards: Collection[str] = ()
    effects: Collection[str] = ()
    limits: Collection[str] = ()
    capabilities: Collection[str] | None = None
    columns: Collection[str] | None = None
    glossary: Collection[str] | None = None


class Reader:
    """One pass over one text; a wrong value is a fault and reads as its default."""

    def __init__(self, source: str, known: Known) -> None:
        self.lines = Lines(source)
        self.known = known
        self.faults: list[Fault] = []
        # Where each verb stands, and whether the graph can be judged at all.
        self.paths: dict[str, Path] = {}
        self.whole = True

    def fault(self, path: Path, message: str, value: str | None = None) -> None:
        self.faults.append(Fault(self.lines.of(path, value), message))

    def keys(self, path: Path, table: Table, allowed: Collection[str]) -> None:
        for key in table:
            if key not in allowed:
                self.fault((*path, key), f"未知的键“{key}”")

    def table(self, path: Path, table: Table, key: str) -> Table:
        value = table.get(key, {})
        if isinstance(value, Mapping):
            return value
        self.fault((*path, key), f"“{key}”应为表")
        return {}

    def tables(self, path: Path, table: Table, key: str) -> list[Table]:
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
            return value
        self.fault((*path, key), f"“{key}”应为表的列表")
        return []

    def text(self, path: Path, table: Table, key: str, default: str | None = "") -> str:
        """Read a string; `default` None makes it required."""
        value = table.get(key, default)
        if value is None:
            self.fault(path, f"缺少“{key}”")
            return ""
        if isinstance(value, str) and (value or default is not None):
            return value
        self.fault((*path, key), f"“{key}”应为非空文字")
        return ""

    def texts(self, path: Path, table: Table, key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if isinstance(value, str):
            value = [value]
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        self.fault((*path, key), f"“{key}”应为文字列表")
        return ()

    def flag(self, path: Path, table: Table, key: str) -> bool:
        value = table.get(key, False)
        if isinstance(value, bool):
            return value
        self.fault((*path, key), f"“{key}”应为 true 或 false")
        return False

    def number(self, path: Path, table: Table, key: str, default: int) -> int:
        value = self.maybe_number(path, table, key)
        return default if value is None else value

    def maybe_number(self, path: Path, table: Table, key: str) -> int | None:
        value = table.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            return value
        self.fault((*path, key), f"“{key}”应为不小于 0 的整数")
        return None

    def one_of(
        self, path: Path, table: Table, key: str, allowed: Collection[str], default: str
    ) -> str:
        value = self.text(path, table, key, default)
        if value in allowed:
            return value
        self.fault((*path, key), f"“{key}”应为 {'、'.join(allowed)} 之一，不是“{value}”", value)
        return default

    def term(self, path: Path, title: str) -> str:
        """Check that a title is a term of the glossary."""
        glossary = self.known.glossary
        if title and glossary is not None and title not in glossary:
            self.fault((*path, "title"), f"“{title}”不在术语表中")
        return title

    def capability(self, path: Path, key: str, name: str) -> None:
        allowed = self.known.capabilities
        if name and allowed is not None and name not in allowed:
            self.fault((*path, key), f"未知的权限“{name}”", name)

    def breaks(self, path: Path, message: str, value: str | None = None) -> None:
        """Add a fault after which the graph would only show its consequences."""
        self.whole = False
        self.fault(path, message, value)

    def names(
        self, path: Path, table: Table, key: str, allowed: Collection[str], what: str
    ) -> tuple[str, ...]:
        found = self.texts(path, table, key)
        for name in found:
            if name not in allowed:
                self.breaks((*path, key), f"未知的{what}“{name}”", name)
        return tuple(name for name in found if name in allowed)
