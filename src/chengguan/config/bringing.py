"""Bring a file into the registry from the command line: check, tell every fault, apply."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from chengguan.accounts.domain.principal import Principal
from chengguan.registry.domain import imports
from chengguan.registry.enums import ImportStatus
from chengguan.workflow.domain import revising

Echo = Callable[[str], None]

_BY = "命令行"
_SHOWN = 50


def bring_in(kind: str, file: Path, options: dict[str, Any], *, apply_it: bool, echo: Echo) -> bool:
    """Check a registry file and, when `apply_it` and nothing is wrong, write all of it.

    Gives whether the file was without faults. `options` as `registry.domain.imports.check`.

    Raises:
        DomainError: an option makes no sense, or the registry changed between check and apply.
    """
    principal = Principal.system(_BY)
    progress = _Progress(echo)
    run = imports.check(kind, file, options, principal, name=file.name, progress=progress)
    for warning in run.warnings:
        echo(f"! {warning['message']}{warning['mend']}")
    for fault in run.errors[:_SHOWN]:
        place = f"第 {fault['row']} 行" if fault["row"] else "整个文件"
        value = f"“{fault['value']}”" if fault["value"] else ""
        echo(f"✗ {place} {fault['field']}{value}：{fault['message']}{fault['mend']}")
    if run.error_count > _SHOWN:
        echo(f"  …… 共 {run.error_count} 处错误，以上是前 {_SHOWN} 处")
    if run.status == ImportStatus.REFUSED:
        return False
    counts = f"新增 {run.added}，变更 {run.changed}，不变 {run.unchanged}"
    if not apply_it:
        echo(f"✓ 校验通过，共 {run.rows} 行：{counts}。加 --apply 写入。")
        return True
    run = imports.apply(run.pk, principal, progress=progress)
    echo(
        f"✓ 已写入，共 {run.rows} 行：新增 {run.added}，变更 {run.changed}，不变 {run.unchanged}。"
    )
    return True


def bring_in_calendar(file: Path, *, apply_it: bool, echo: Echo) -> bool:
    """Check a calendar (TOML), tell which open deadlines it moves, and save it when `apply_it`.

    Raises:
        DomainError: the file is no calendar; with the line and the mend.
    """
    text = file.read_text(encoding="utf-8")
    moved = revising.preview(text)
    echo(f"· 会移动 {len(moved)} 个未结时限")
    if not apply_it:
        echo("✓ 日历可用。加 --apply 写入。")
        return True
    saved = revising.import_calendar(text, Principal.system(_BY), note=file.name)
    echo(f"✓ 已写入日历 {saved.calendar.code} 第 {saved.number} 版。")
    return True


class _Progress:
    """Tells a line for every tenth of a long file, nothing for a short one."""

    _LONG = 20_000

    def __init__(self, echo: Echo) -> None:
        self._echo = echo
        self._told = ("", 0)

    def __call__(self, what: str, done: int, total: int) -> None:
        tenth = done * 10 // total if total else 0
        if total >= self._LONG and (what, tenth) != self._told:
            self._told = (what, tenth)
            self._echo(f"· {what} {done}/{total}")
