"""Compare what we computed with what the city recorded: verdicts row by row, due times by type."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..models import Case
from .mapping import ReplayMapping
from .reading import Recorded

_SHOWN = 20
_MINUTE = 60


@dataclass
class Comparison:
    """Verdicts and due times against the record; every exception with its row and reason."""

    judged: int = 0
    agreed: int = 0
    unsaid: int = 0
    exceptions: list[tuple[int, str]] = field(default_factory=list)
    due_asked: int = 0
    due_equal: int = 0
    by_type: dict[str, tuple[int, int]] = field(default_factory=dict)
    differences: Counter[str] = field(default_factory=Counter)

    def report(self) -> str:
        """Say it in lines of Chinese."""
        lines = [f"按期与超期：可比 {self.judged} 件，一致 {self.agreed} 件"]
        if self.unsaid:
            lines.append(f"  另有 {self.unsaid} 件有时限和结案时间，而原记录没有结论")
        lines += [f"  第 {row} 行：{why}" for row, why in self.exceptions[:_SHOWN]]
        if self.due_asked:
            share = 100 * self.due_equal / self.due_asked
            lines.append(
                f"到期时间：可比 {self.due_asked} 件，精确到分一致 {self.due_equal} 件（{share:.2f} %）"
            )
            lines += [f"  {count} 件：{why}" for why, count in self.differences.most_common()]
            worst = sorted(
                self.by_type.items(), key=lambda one: one[1][0] - one[1][1], reverse=True
            )
            lines += [
                f"  {name}：{equal}/{asked}（{100 * equal / asked:.1f} %）"
                for name, (asked, equal) in worst[:_SHOWN]
                if equal < asked
            ]
        return "\n".join(lines)


def compare(rows: Sequence[Recorded], mapping: ReplayMapping) -> Comparison:
    """Compare all cases of the database with their recorded rows."""
    found = Case.objects.values_list("source_ref", "due_at", "on_time")
    cases = {ref: (due, on_time) for ref, due, on_time in found.iterator()}
    result = Comparison()
    types: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        if row.key not in cases or row.due is None:
            continue
        due, on_time = cases[row.key]
        if row.closed is not None:
            _judge(result, row, on_time, mapping, due)
        if mapping.due == "limits" and due is not None:
            types[row.matter][0] += 1
            result.due_asked += 1
            # Equal to the minute: the record itself jitters by some seconds.
            if abs((due - row.due).total_seconds()) < _MINUTE:
                types[row.matter][1] += 1
                result.due_equal += 1
            else:
                result.differences[_why(row, due)] += 1
    result.by_type = {name: (asked, equal) for name, (asked, equal) in types.items()}
    return result


def _judge(
    result: Comparison,
    row: Recorded,
    on_time: bool | None,
    mapping: ReplayMapping,
    due: datetime | None,
) -> None:
    recorded = {mapping.verdicts.get("on_time"): True, mapping.verdicts.get("overdue"): False}
    if row.verdict not in recorded:
        result.unsaid += 1
        return
    result.judged += 1
    if recorded[row.verdict] == on_time:
        result.agreed += 1
        return
    ours = {True: "按期", False: "超期", None: "未判"}
    zone = mapping.zone
    times = f"开 {row.opened:%m-%d %H:%M:%S} 结 {row.closed:%m-%d %H:%M:%S} 限 {row.due:%Y-%m-%d %H:%M:%S}"
    own = f"，本系统到期 {due.astimezone(zone):%Y-%m-%d %H:%M:%S}" if due else ""
    result.exceptions.append(
        (row.row, f"原记录 {row.verdict}，本系统{ours[on_time]}（{times}{own}）")
    )


def _why(row: Recorded, due: datetime) -> str:
    assert row.due is not None
    if row.due.year > row.opened.year + 5:
        return "原记录的到期时间在数年之后（人工改为无限期）"
    if row.due < row.opened:
        return "原记录的到期时间早于上报"
    away = abs((row.due - due).total_seconds())
    if away < 15 * _MINUTE:
        return "相差不到 15 分钟（原系统在登记完成、而非开始时起算）"
    if row.due.minute == due.minute and row.due.hour == due.hour:
        return "同一时刻、不同日期（该件用了另一时限）"
    return "其他（人工改过到期时间）"
