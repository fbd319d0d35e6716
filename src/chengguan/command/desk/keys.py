"""The keyboard of the desk: one table, from which the page binds and the help sheet is written.

A verb's letter is the first of its pinyin (立案 l, 派遣 p, 退回 t). A letter names several verbs, for
no desk has more than one of them at a time: the first that is offered is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Binding:
    """One key (or "g" and a second one); `action` is a function of the page, verbs are offers.

    `typing`: holds in a field too; `aria` is the spelling of `aria-keyshortcuts`.
    """

    keys: tuple[str, ...]
    action: str
    title: str
    group: str
    verbs: tuple[str, ...] = ()
    typing: bool = False


_MOVE, _VERBS, _CHOOSE, _FORM, _GO = "移动", "办理", "选择与查找", "填写时", "前往"

BINDINGS: Final[tuple[Binding, ...]] = (
    Binding(("j", "ArrowDown"), "next", "下一件（已打开案件时连同打开）", _MOVE),
    Binding(("k", "ArrowUp"), "previous", "上一件", _MOVE),
    Binding(("Home",), "first", "第一件", _MOVE),
    Binding(("End",), "last", "已载入的最后一件", _MOVE),
    Binding(("Enter", "o"), "open", "打开案件", _MOVE),
    Binding(("Escape",), "back", "离开表单；再按一次关闭案件，回到列表", _MOVE, typing=True),
    Binding(("r",), "refresh", "刷新列表", _MOVE),
    Binding(("l",), "verb", "立案", _VERBS, ("file",)),
    Binding(("b",), "verb", "不予立案", _VERBS, ("void",)),
    Binding(
        ("h",), "verb", "发起核实、发起核查", _VERBS, ("request_verification", "request_check")
    ),
    Binding(("a",), "verb", "补正", _VERBS, ("amend",)),
    Binding(("m",), "verb", "并案", _VERBS, ("merge", "unmerge")),
    Binding(("p",), "verb", "派遣", _VERBS, ("dispatch",)),
    Binding(
        ("t",),
        "verb",
        "退回、返工、不予结案",
        _VERBS,
        (
            "return_to_acceptor",
            "return_to_dispatcher",
            "return_to_unit",
            "reject_handling",
            "rework",
            "refuse_close",
            "ask_return",
        ),
    ),
    Binding(("z",), "verb", "指派处置人、转受理员", _VERBS, ("assign", "forward")),
    Binding(("w",), "verb", "撤回指派", _VERBS, ("revoke_assignment",)),
    Binding(("n",), "verb", "转交处置人", _VERBS, ("hand_over",)),
    Binding(
        ("s",),
        "verb",
        "提交结果（处置、核实、核查）",
        _VERBS,
        ("submit_handling", "submit_by_unit", "submit_verification", "submit_check"),
    ),
    Binding(("c",), "verb", "确认处置", _VERBS, ("confirm_handled",)),
    Binding(("e",), "verb", "结案", _VERBS, ("close",)),
    Binding(("y",), "verb", "申请延期", _VERBS, ("ask_extension",)),
    Binding(("u",), "verb", "催办", _VERBS, ("urge",)),
    Binding(("d",), "verb", "督办", _VERBS, ("ask_oversight",)),
    Binding(tuple("123456789"), "pick", "选第几个推荐的事项、候选单位", _VERBS),
    Binding(("x",), "select", "选择或取消本件", _CHOOSE),
    Binding(("X",), "range", "从上次所选到本件全部选择", _CHOOSE),
    Binding(("*",), "all", "全选已载入的案件，再按全不选", _CHOOSE),
    Binding((";",), "bulk", "到批量办理条", _CHOOSE),
    Binding(("/",), "search", "查找（编号、描述、地点）", _CHOOSE),
    Binding(("f",), "filters", "更多筛选条件", _CHOOSE),
    Binding(("Control+Enter",), "submit", "提交正在填写的表单", _FORM, typing=True),
    Binding(("g a",), "queue", "全部队列", _GO),
    Binding(tuple(f"g {n}" for n in range(1, 10)), "queue", "第几个队列", _GO),
    Binding(("g h",), "go", "首页", _GO),
    Binding(("g c",), "go", "案件查询", _GO),
    Binding(("?",), "help", "本帮助", _GO),
)

_SHOWN: Final = {
    "ArrowDown": "↓",
    "ArrowUp": "↑",
    "Escape": "Esc",
    "Control+Enter": "Ctrl+Enter",
    "X": "Shift+X",
}


def table() -> list[dict[str, Any]]:
    """Return the table as the page reads it."""
    return [
        {
            "keys": list(one.keys),
            "action": one.action,
            "verbs": list(one.verbs),
            "typing": one.typing,
        }
        for one in BINDINGS
    ]


def letter_of(verb: str) -> str:
    """Return the key of a verb; "" where it has none."""
    return next((one.keys[0] for one in BINDINGS if verb in one.verbs), "")


def sheet() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the help sheet: groups with (keys as shown, what they do)."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in BINDINGS:
        groups.setdefault(one.group, []).append((_said(one.keys), one.title))
    return list(groups.items())


def _said(keys: tuple[str, ...]) -> str:
    if len(keys) > 2:
        return f"{keys[0]} … {keys[-1]}"
    return " 或 ".join(_SHOWN.get(key, key) for key in keys)
