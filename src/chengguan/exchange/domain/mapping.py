"""Mapping files: what another system calls something, and what it is called here.

A TOML file: `[mapping]` says whose names these are; `[matter]` maps a name to kind and code
(or says why it is left out); any other table maps names to names (`[source]`, `[unit]`,
`[state]` …), with an optional `"*"` for all that isn't listed. Every fault is told with its line.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from chengguan.core.errors import DomainError

from ..errors import Unreadable

REST: Final = "*"
_KINDS: Final = ("component", "matter", "service")
_PLAIN = (str, int, float, bool)


@dataclass(frozen=True, slots=True)
class Matter:
    """What a foreign name is here: `kind` is component, matter or service, `code` the matter's code.

    `rule` names the filing rule where the file says one; other keys of the entry are in `more`.
    """

    kind: str
    code: str
    rule: str = ""
    more: Table[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a mapping file, and in which line (from 1; 0 where no line is to blame)."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A foreign name nobody mapped, and how often it came."""

    table: str
    name: str
    count: int


class MappingInvalid(Unreadable):
    """A mapping file with faults; `faults` has every one."""

    def __init__(self, path: str, faults: list[Fault]) -> None:
        words = "；".join(f"第 {f.line} 行：{f.message}" for f in faults[:20])
        super().__init__(
            "exchange.mapping",
            f"对照表 {path} 有 {len(faults)} 处错误：{words}。",
            mend="请按行号逐处改正后重新载入。",
            also=[DomainError("exchange.mapping", f.message, row=f.line or None) for f in faults],
        )
        self.faults = faults


class Mapping:
    """A loaded mapping; counts what it was asked for and didn't know."""

    def __init__(
        self,
        system: str,
        title: str,
        matters: Table[str, Matter],
        ignored: Table[str, str],
        tables: Table[str, Table[str, Any]],
    ) -> None:
        self.system = system
        self.title = title
        self.matters = matters
        self.ignored = ignored
        self.tables = tables
        self._unmapped: Counter[tuple[str, str]] = Counter()

    @classmethod
    def load(cls, path: str | Path, *, known: Callable[[str, str], bool] | None = None) -> Mapping:
        """Read and check a mapping file; `known(kind, code)` says whether a matter exists here.

        Raises:
            MappingInvalid: with every fault and its line.
        """
        place = Path(path)
        return cls.parse(place.read_text(encoding="utf-8"), name=place.name, known=known)

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        name: str = "mapping.toml",
        known: Callable[[str, str], bool] | None = None,
    ) -> Mapping:
        """Read and check the text of a mapping file. Raises as `load`."""
        reading = _Reading(name, text, known)
        return reading.mapping()

    def matter(self, name: str) -> Matter | None:
        """Give what a foreign name is here; None for one left out on purpose or not mapped."""
        found = self.matters.get(name)
        if found is None and name not in self.ignored:
            found = self.matters.get(REST)
            if found is None:
                self._unmapped["matter", name] += 1
        return found

    def value(self, table: str, name: str) -> Any:
        """Give our value for a foreign one of `table`; None when it isn't mapped."""
        values = self.tables.get(table, {})
        if name in values:
            return values[name]
        if REST in values:
            return values[REST]
        self._unmapped[table, name] += 1
        return None

    def unmapped(self) -> list[Unmapped]:
        """Give what was asked for and not known, the most frequent first."""
        found = [Unmapped(t, n, c) for (t, n), c in self._unmapped.items()]
        return sorted(found, key=lambda u: (-u.count, u.table, u.name))

    def summary(self) -> str:
        """Say in a few lines what wasn't mapped; empty when everything was."""
        return "\n".join(f"未对照 {u.table}：{u.name}（{u.count} 次）" for u in self.unmapped())


class _Reading:
    def __init__(self, name: str, text: str, known: Callable[[str, str], bool] | None) -> None:
        self.name, self.text, self.known = name, text, known
        self.lines = text.splitlines()
        self.faults: list[Fault] = []

    def mapping(self) -> Mapping:
        data = self._parsed()
        about = data.pop("mapping", {})
        system = about.get("system") if isinstance(about, dict) else None
        if not isinstance(system, str) or not system:
            self._fault("mapping", "system", "缺少 system（对方系统的代码）")
        matters: dict[str, Matter] = {}
        ignored: dict[str, str] = {}
        table = data.pop("matter", {})
        if not isinstance(table, dict):
            self._fault("matter", None, "matter 应为表")
            table = {}
        for key, entry in table.items():
            self._matter(key, entry, matters, ignored)
        tables = {key: self._plain(key, values) for key, values in data.items()}
        if self.faults:
            raise MappingInvalid(self.name, sorted(self.faults, key=lambda f: f.line))
        title = str(about.get("title") or system)
        return Mapping(str(system), title, matters, ignored, tables)

    def _parsed(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"at line (\d+)", str(error))
            line = int(found[1]) if found else len(self.lines)
            raise MappingInvalid(self.name, [Fault(line, f"不是有效的TOML（{error}）")]) from None

    def _matter(
        self, key: str, entry: Any, matters: dict[str, Matter], ignored: dict[str, str]
    ) -> None:
        if not isinstance(entry, dict):
            self._fault("matter", key, f"“{key}”应写成 {{kind = …, code = …}} 或 {{ignore = …}}")
        elif "ignore" in entry:
            if not isinstance(entry["ignore"], str) or not entry["ignore"]:
                self._fault("matter", key, f"“{key}”的 ignore 应写明原因")
            ignored[key] = str(entry["ignore"])
        elif entry.get("kind") not in _KINDS:
            self._fault(
                "matter",
                key,
                f"“{key}”的 kind 应为 component（部件）、matter（事项）或 service（服务）",
            )
        elif not isinstance(entry.get("code"), str) or not entry["code"].isdigit():
            self._fault("matter", key, f"“{key}”的 code 应为加引号的事项代码")
        elif self.known is not None and not self.known(entry["kind"], entry["code"]):
            self._fault("matter", key, f"“{key}”对照的事项 {entry['code']} 不在目录中")
        else:
            more = {k: v for k, v in entry.items() if k not in {"kind", "code", "rule"}}
            rule = str(entry.get("rule", ""))
            matters[key] = Matter(entry["kind"], entry["code"], rule, more)

    def _plain(self, table: str, values: Any) -> Table[str, Any]:
        if not isinstance(values, dict):
            self._fault(table, None, f"“{table}”应为表，写在 [{table}] 之下")
            return {}
        for key, value in values.items():
            if not isinstance(value, _PLAIN):
                self._fault(table, key, f"[{table}] 的“{key}”应为文字或数字")
        return values

    def _fault(self, table: str, key: str | None, message: str) -> None:
        self.faults.append(Fault(self._line(table, key), message))

    def _line(self, table: str, key: str | None) -> int:
        """The line of a key in its table: bare, quoted, or as a table of its own."""
        inside, start = False, 0
        for number, line in enumerate(self.lines, 1):
            head = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
            if head:
                names = [_bare(part) for part in _split(head[1])]
                inside = names[0] == table
                if inside and (len(names) == 1 or not start):
                    start = start or number
                if inside and key is not None and names[1:2] == [key]:
                    return number
            elif (inside and key is not None and _bare(_split(line, "=")[0]) == key) or (
                key is None and _bare(_split(line, "=")[0]) == table
            ):
                return number
        return start


def _split(text: str, sign: str = ".") -> list[str]:
    """Split at `sign` outside of quotes."""
    parts = re.findall(rf'(?:"(?:[^"\\]|\\.)*"|\'[^\']*\'|[^{re.escape(sign)}"\'])+', text)
    return parts or [""]


def _bare(name: str) -> str:
    text = name.strip()
    if text[:1] == '"' == text[-1:] and len(text) > 1:
        try:
            return str(tomllib.loads(f"k = {text}")["k"])
        except tomllib.TOMLDecodeError:
            return text
    return text[1:-1] if text[:1] == "'" == text[-1:] and len(text) > 1 else text
