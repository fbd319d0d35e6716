"""A plan as data: its tasks, checked as a whole; read from TOML or a table of rows.

A task's owner is a unit, a post, or whoever is on duty in a post when the plan is started.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from chengguan.core.errors import DomainError
from chengguan.programmes.rules import Node, flaws

from .. import errors

LEVELS: Final = ("I", "II", "III", "IV")
OWNERS: Final = {"unit": "单位", "post": "岗位", "duty": "值班"}
MOST: Final = 200
#: The heads of the table, in order; the same for import and export.
HEADS: Final = ("编号", "上级", "任务", "责任方", "启动后分钟", "前置", "级别", "检查项", "说明")
_LONGEST: Final = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Task:
    """One task: `owner` is "unit", "post" or "duty" and a code, "" for a group of tasks.

    `minutes` count from the start; `levels` are those it belongs to, all when empty.
    """

    key: str
    title: str
    parent: str = ""
    owner: str = ""
    code: str = ""
    minutes: int | None = None
    requires: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    checklist: tuple[str, ...] = ()
    say: str = ""

    @property
    def owner_text(self) -> str:
        """The owner as the table writes it."""
        return f"{OWNERS[self.owner]}:{self.code}" if self.owner else ""


@dataclass(frozen=True, slots=True)
class Names:
    """What a table may name: codes of units and posts, by code and by Chinese name."""

    units: Mapping[str, str]
    posts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Head:
    """What a plan is called and rests on."""

    code: str
    name: str
    basis: str = ""


def of_content(content: Sequence[Mapping[str, Any]]) -> list[Task]:
    """Give the tasks that were kept as data."""
    lists = ("requires", "levels", "checklist")
    rows: list[dict[str, Any]] = [
        {name: tuple(value) if name in lists else value for name, value in one.items()}
        for one in content
    ]
    return [Task(**row) for row in rows]


def to_content(tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """Give tasks as data to keep."""
    return [asdict(task) for task in tasks]


def for_level(tasks: Sequence[Task], level: str) -> list[Task]:
    """Give the tasks of a level; what is left of a prerequisite or parent that isn't falls away."""
    chosen = [task for task in tasks if not task.levels or level in task.levels]
    keys = {task.key for task in chosen}
    return [
        replace(
            task,
            parent=task.parent if task.parent in keys else "",
            requires=tuple(key for key in task.requires if key in keys),
        )
        for task in chosen
    ]


def read_toml(text: str, names: Names) -> tuple[Head, list[Task]]:
    """Read a whole plan.

    Raises:
        Invalid: no TOML, no head, or faulty tasks, each named by its number in `also`.
    """
    # An escape may stand for a null character, which no database takes.
    if "\\u0000" in text or "\\U00000000" in text:
        raise errors.file_wrong("文件里有不能识别的字符（空字符）。", "请删除后重新导入。")
    try:
        said = tomllib.loads(text)
    except (RecursionError, OverflowError) as error:
        raise errors.file_wrong("文件嵌套太深，不是预案。", "请照随附的样例书写。") from error
    except tomllib.TOMLDecodeError as error:
        raise errors.file_wrong(f"文件不是有效的 TOML：{error}。", "请核对标出的行。") from error
    except ValueError as error:
        raise errors.file_wrong("文件里有写不下的数。", "请照随附的样例书写。") from error
    head = Head(str(said.get("code", "")), str(said.get("name", "")), str(said.get("basis", "")))
    rows = said.get("task", [])
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        raise errors.file_wrong("任务应写作 [[task]]。", "请照随附的样例书写。")
    found = [{**one, "owner": _joined(one)} for one in rows]
    tasks = read_rows([tuple(_cell(one.get(name)) for name in _KEYS) for one in found], names)
    return head, tasks


def read_rows(rows: Sequence[Sequence[Any]], names: Names, *, first: int = 1) -> list[Task]:
    """Read the table's rows in the order of `HEADS`; `first` is the number of the first row.

    Raises:
        Invalid: with every faulty row in `also`; nothing is kept.
    """
    tasks: list[Task] = []
    numbers: dict[str, int] = {}
    faults: list[DomainError] = []
    for number, row in enumerate(rows, first):
        cells = [_cell(cell) for cell in [*row, *[""] * len(HEADS)][: len(HEADS)]]
        if not any(cells):
            continue
        try:
            task = _task(number, cells, names)
        except DomainError as fault:
            faults.append(fault)
            continue
        if task.key in numbers:
            said = f"编号 {task.key} 与第 {numbers[task.key]} 行重复。"
            faults.append(errors.row_wrong(number, "编号", said, "请改用别的编号。"))
        numbers.setdefault(task.key, number)
        tasks.append(task)
    if not faults:
        faults = _tree_faults(tasks, numbers)
    if not tasks and not faults:
        raise errors.file_wrong("没有任何任务。", f"表头应为：{'、'.join(HEADS)}。")
    if len(tasks) > MOST:
        raise errors.file_wrong(f"任务最多 {MOST} 项。", "请拆成几份预案。")
    if faults:
        raise errors.all_of(faults)
    return tasks


def _tree_faults(tasks: list[Task], numbers: dict[str, int]) -> list[DomainError]:
    place = {task.key: number for number, task in enumerate(tasks)}
    unknown = len(tasks)
    nodes = [
        Node(
            number,
            place.get(task.parent, unknown) if task.parent else None,
            frozenset(place.get(key, unknown) for key in task.requires),
        )
        for number, task in enumerate(tasks)
    ]
    found: list[DomainError] = [
        errors.row_wrong(
            numbers[tasks[flaw.key].key], "前置", flaw.said, "请核对“上级”和“前置”两栏的编号。"
        )
        for flaw in flaws(nodes)
    ]
    parents = {task.parent for task in tasks}
    found += [
        errors.row_wrong(
            numbers[task.key], "责任方", f"任务“{task.title}”没有责任方。", "请写单位、岗位或值班。"
        )
        for task in tasks
        if not task.owner and task.key not in parents
    ]
    return found


def _task(number: int, cells: list[str], names: Names) -> Task:
    key, parent, title, owner_text, minutes_text, requires, levels, checks, say = cells
    if not key or not title:
        raise errors.row_wrong(number, "任务", "编号和任务都要写。", "请补全。")
    owner, code = _owner(number, owner_text, names)
    wrong = [level for level in _split(levels) if level not in LEVELS]
    if wrong:
        raise errors.row_wrong(
            number, "级别", f"没有级别“{wrong[0]}”。", "级别为 I、II、III、IV，空为各级都有。"
        )
    return Task(
        key=key[:20],
        title=title[:80],
        parent=parent,
        owner=owner,
        code=code,
        minutes=_minutes(number, minutes_text),
        requires=_split(requires),
        levels=_split(levels),
        checklist=tuple(
            part[:120] for part in checks.replace("；", ";").split(";") if part.strip()
        ),
        say=say,
    )


def _owner(number: int, text: str, names: Names) -> tuple[str, str]:
    if not text:
        return "", ""
    word, _, named = text.replace("：", ":").partition(":")
    kind = next((kind for kind, title in OWNERS.items() if word.strip() in (kind, title)), "")
    if not kind:
        raise errors.row_wrong(
            number,
            "责任方",
            f"看不懂责任方“{text}”。",
            "应写作 单位:名称、岗位:名称 或 值班:岗位名称。",
        )
    known = names.units if kind == "unit" else names.posts
    code = known.get(named.strip())
    if code is None:
        what = "机构" if kind == "unit" else "岗位"
        raise errors.row_wrong(
            number, "责任方", f"没有{what}“{named.strip()}”。", f"请写{what}的代码或全称。"
        )
    return kind, code


def _minutes(number: int, text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 6 or not 0 < int(text) <= _LONGEST:
        raise errors.row_wrong(
            number, "启动后分钟", f"“{text}”不是分钟数。", f"请写 1 至 {_LONGEST} 的整数，或留空。"
        )
    return int(text)


def _split(text: str) -> tuple[str, ...]:
    for mark in "，；;、 ":
        text = text.replace(mark, ",")
    return tuple(part for part in text.split(",") if part)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(str(one) for one in value)
    # A table's numbers come as 1.0.
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _joined(one: Mapping[str, Any]) -> str:
    owner = one.get("owner")
    if isinstance(owner, dict) and len(owner) == 1:
        [(kind, code)] = owner.items()
        return f"{kind}:{code}"
    return _cell(owner)


_KEYS: Final = (
    "key",
    "parent",
    "title",
    "owner",
    "minutes",
    "requires",
    "levels",
    "checklist",
    "say",
)
