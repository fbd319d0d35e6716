"""What the engine refuses, each with a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chengguan.core.errors import Conflict, Invalid


class WrongState(Conflict):
    """The instance is in a state from which the verb does not lead (409)."""


class Overtaken(Conflict):
    """Somebody else was faster: the row moved on since it was read (409)."""

    def __init__(self) -> None:
        super().__init__("workflow.overtaken", "已被他人处理，请刷新。", mend="刷新页面后再办理。")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in a definition; `line` is 1-based."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"第{self.line}行：{self.message}"


class DefinitionInvalid(Invalid):
    """A definition has faults (422); `faults` are all of them, by line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__(
            "workflow.definition",
            "；".join(map(str, self.faults)),
            mend="请按行号修改定义后重新检查。",
            faults=[{"line": fault.line, "message": fault.message} for fault in self.faults],
        )
