"""One call for the command: read, make the town, run, compare, verify."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chengguan.core.errors import Conflict

from ..domain import rebuild
from ..models import Case
from .comparing import Comparison, compare
from .mapping import load_mapping
from .reading import read
from .running import Outcome, Progress, run
from .town import make_town


@dataclass(frozen=True)
class Replayed:
    """The outcome, the comparison, and the differences between rows and events (none, we hope)."""

    outcome: Outcome
    comparison: Comparison
    differences: int


def replay(
    path: Path, mapping_path: Path, calendars: Path, progress: Progress, *, workers: int = 1
) -> Replayed:
    """Replay a file into the database in use, which must have no case, by so many processes.

    Raises:
        Conflict: the database has cases already.
        Invalid: the mapping or a row can't be read.
    """
    if Case.objects.exists():
        raise Conflict(
            "replay.not_fresh", "这个数据库里已有案件。", mend="请用 --database 指定一个新的名称。"
        )
    mapping = load_mapping(mapping_path, calendars)
    progress(f"读取 {path.name}")
    rows = read(path, mapping)
    progress(f"{len(rows)} 条；建立区划、事项与单位")
    town = make_town(rows, mapping)
    outcome = run(rows, mapping, town, progress, workers=workers)
    progress("比对原记录")
    comparison = compare(rows, mapping)
    progress("由事件重算，核对每一行")
    verified = rebuild.verify()
    return Replayed(outcome, comparison, len(verified.differences))
