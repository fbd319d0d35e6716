"""Reads verbs, their forms, clock operations and column settings from a definition."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from chengguan.core.clock import OPS

from .lines import Path
from .reader import Reader, Table
from .shape import ALL_CLOCKS, STAY, ClockOp, ClockSpec, FieldSpec, VerbSpec

SCOPES: Final = ("any", "area", "unit", "assignee")
FIELD_TYPES: Final = (
    "text",
    "choice",
    "choices",
    "person",
    "organisation",
    "organisations",
    "rule",
    "matter",
    "area",
    "instance",
    "integer",
    "bool",
    "limit",
    "date",
    "datetime",
    "photos",
    "files",
    "json",
)
VERB_KEYS: Final = frozenset(
    [
        "name",
        "title",
        "from",
        "except",
        "to",
        "new",
        "reopens",
        "capability",
        "scope",
        "guards",
        "checks",
        "form",
        "clocks",
        "effects",
        "set",
        "bulk",
        "hidden",
        "primary",
    ]
)
_FIELD_KEYS: Final = frozenset(
    ["name", "title", "type", "required", "choices", "min", "max", "help"]
)
_PLAIN: Final = frozenset({"at", "actor", "organisation", "null"})


class VerbReader:
    """Reads verb tables against the states and clocks of the same definition."""

    def __init__(
        self, reader: Reader, ends: Mapping[str, bool], clocks: Mapping[str, ClockSpec]
    ) -> None:
        self.reader = reader
        self.ends = ends
        self.clocks = clocks

    def verb(self, path: Path, table: Table, **given: Any) -> VerbSpec:
        """Read one verb; `given` are the values a request's table leaves to its kind."""
        read = self.reader
        read.keys(path, table, VERB_KEYS)
        name = given.get("name") or read.text(path, table, "name", None)
        read.paths.setdefault(name, path)
        new = read.flag(path, table, "new")
        form = self._form(path, table) if "form" in table else given.get("form", ())
        capability = read.text(path, table, "capability", given.get("capability"))
        read.capability(path, "capability", capability)
        froms = given["froms"] if "froms" in given and "from" not in table else None
        return VerbSpec(
            name=name,
            title=self._title(path, table, given.get("title")),
            froms=froms if froms is not None else self._froms(path, table, new),
            to=self._to(path, table, given.get("to")),
            capability=capability,
            scope=read.one_of(path, table, "scope", SCOPES, given.get("scope", "area")),
            new=new,
            reopens=read.flag(path, table, "reopens"),
            guards=read.names(path, table, "guards", read.known.guards, "条件函数"),
            checks=read.names(path, table, "checks", read.known.guards, "条件函数"),
            form=form,
            clocks=self._clocks(path, table, form),
            effects=read.names(path, table, "effects", read.known.effects, "效果函数"),
            sets=self._sets(path, table, form),
            bulk=read.flag(path, table, "bulk"),
            hidden=read.flag(path, table, "hidden"),
            primary=read.flag(path, table, "primary"),
            request=given.get("request", ""),
            role=given.get("role", ""),
        )

    def _title(self, path: Path, table: Table, default: str | None) -> str:
        if default is not None and "title" not in table:
            return default
        title = self.reader.text(path, table, "title", None)
        return title if default is not None else self.reader.term(path, title)

    def _froms(self, path: Path, table: Table, new: bool) -> frozenset[str]:
        read = self.reader
        if table.get("from") == "*":
            left_out = read.names(path, table, "except", self.ends, "状态")
            return frozenset(s for s, end in self.ends.items() if not end and s not in left_out)
        froms = read.names(path, table, "from", self.ends, "状态")
        if new and froms:
            read.fault((*path, "from"), "新建动作（new）没有起始状态")
        if not new and "from" not in table:
            read.breaks(path, "缺少“from”")
        return frozenset(froms)

    def _to(self, path: Path, table: Table, default: str | None) -> tuple[str, ...]:
        if default is not None and "to" not in table:
            return (default,)
        if "to" not in table:
            self.reader.breaks(path, "缺少“to”")
            return ()
        found = self.reader.names(path, table, "to", {*self.ends, STAY}, "状态")
        if len(found) > 1 and not self.reader.texts(path, table, "effects"):
            self.reader.fault((*path, "to"), "有多个去向时，须由效果函数选定")
        return found

    def _form(self, path: Path, table: Table) -> tuple[FieldSpec, ...]:
        seen: set[str] = set()
        fields = []
        for index, one in enumerate(self.reader.tables(path, table, "form")):
            where = (*path, "form", index)
            fields.append(self._field(where, one))
            if fields[-1].name in seen:
                self.reader.fault(where, f"表单字段“{fields[-1].name}”重复", fields[-1].name)
            seen.add(fields[-1].name)
        return tuple(fields)

    def _field(self, path: Path, table: Table) -> FieldSpec:
        read = self.reader
        read.keys(path, table, _FIELD_KEYS)
        kind = read.one_of(path, table, "type", FIELD_TYPES, "text")
        low, high = (read.maybe_number(path, table, key) for key in ("min", "max"))
        if low is not None and high is not None and low > high:
            read.fault(path, "“min”大于“max”")
        choices = self._choices(path, table)
        if kind in ("choice", "choices") and not choices:
            read.fault(path, "选择字段缺少“choices”")
        return FieldSpec(
            name=read.text(path, table, "name", None),
            title=read.text(path, table, "title", None),
            type=kind,
            required=read.flag(path, table, "required"),
            choices=choices,
            min=low,
            max=high,
            help=read.text(path, table, "help"),
        )

    def _choices(self, path: Path, table: Table) -> tuple[tuple[str, str], ...]:
        value = table.get("choices", [])
        if isinstance(value, Mapping):
            value = [list(pair) for pair in value.items()]
        pairs = [[one, one] if isinstance(one, str) else one for one in value]
        if all(isinstance(p, list) and len(p) == 2 and all(map(_is_text, p)) for p in pairs):
            return tuple((pair[0], pair[1]) for pair in pairs)
        self.reader.fault((*path, "choices"), "“choices”应为文字，或 [值, 名称] 的列表")
        return ()

    def _clocks(self, path: Path, table: Table, form: tuple[FieldSpec, ...]) -> tuple[ClockOp, ...]:
        found = []
        for text in self.reader.texts(path, table, "clocks"):
            op = self._clock_op((*path, "clocks"), text, form)
            if op is not None:
                found.append(op)
        return tuple(found)

    def _clock_op(self, path: Path, text: str, form: Collection[FieldSpec]) -> ClockOp | None:
        words = text.split()
        op, optional = (
            words[0].removesuffix("?") if words else "",
            text.split(" ", maxsplit=1)[0].endswith("?"),
        )
        if len(words) not in (2, 3) or op not in OPS:
            self.reader.breaks(
                path, f"计时操作“{text}”应写成“操作 计时”，操作为 {'、'.join(OPS)}", text
            )
            return None
        clock, field = words[1], words[2] if len(words) == 3 else ""
        if clock not in self.clocks and not (clock == ALL_CLOCKS and optional):
            self.reader.breaks(path, f"未知的计时“{clock}”", text)
            return None
        if field and not any(f.name == field and f.type == "limit" for f in form):
            self.reader.fault(path, f"“{field}”不是本动作表单中的时限（limit）字段", text)
        if op in ("start", "extend") and not field and not self._has_limit(op, clock):
            self.reader.fault(path, f"“{text}”没有时限：请在末尾写明时限字段", text)
        return ClockOp(op, clock, optional, field)

    def _has_limit(self, op: str, clock: str) -> bool:
        spec = self.clocks.get(clock)
        return op == "start" and spec is not None and bool(spec.limit or spec.limit_from)

    def _sets(
        self, path: Path, table: Table, form: tuple[FieldSpec, ...]
    ) -> tuple[tuple[str, str, Any], ...]:
        found = []
        columns = self.reader.known.columns
        fields = {field.name for field in form}
        for column, value in self.reader.table(path, table, "set").items():
            where = (*path, "set", column)
            if columns is not None and column not in columns:
                self.reader.fault(where, f"没有列“{column}”", column)
            kind, argument = _setting(value)
            if kind == "data" and argument not in fields:
                self.reader.fault(where, f"表单没有字段“{argument}”", str(value))
            if not kind:
                self.reader.fault(where, f"无法理解的取值“{value}”", str(value))
            found.append((column, kind, argument))
        return tuple(found)


def _setting(value: object) -> tuple[str, Any]:
    if isinstance(value, bool | int):
        return "literal", value
    if not isinstance(value, str):
        return "", None
    if value.startswith("$"):
        name = value[1:]
        if name in _PLAIN:
            return name, None
        return ("data", name[5:]) if name.startswith("data.") else ("", None)
    if value[:1] in "+-" and value[1:].isdigit():
        return "add", int(value)
    return "literal", value


def _is_text(value: object) -> bool:
    return isinstance(value, str)
