"""A comparison as a text table: what the platform says, the truth, and which number lies."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from .compare import Comparison, Judged
from .figures import Figure

_GROUPS = {"matter": "按事项", "area": "按社区", "unit": "按单位"}
_SHOWN = ("never_found", "volume", "on_time", "false_closing", "standing", "cure_30")
_SPOILS = {
    "easy_only": "只报容易的",
    "collude": "串通不报",
    "collude_check": "串通核查",
    "stage": "自造自报",
    "false_close": "未处置即报完成",
    "foreign_photo": "旧照片、别处照片",
    "stop_clock": "退回停表",
    "habit_extension": "习惯性延期",
    "last_minute": "压线报完成",
    "reward_false": "骗奖虚报",
    "reward_staged": "骗奖自造",
}


def text(comparison: Comparison) -> str:
    """Write the comparison for people."""
    run = comparison.said
    lines = [
        f"{comparison.title}：{run['days']} 天，种子 {run['seed']}，平台 {run['cases']} 件",
        "真相只见于真相日志；所报只取自平台。区间为所报数的 95% 区间。",
        "",
        *_whole(comparison.whole),
    ]
    if comparison.spoils:
        told = "、".join(f"{_SPOILS.get(k, k)} {n}" for k, n in comparison.spoils.items())
        lines += ["", f"作假行为（真相日志）：{told}"]
    for kind, title in _GROUPS.items():
        lines += ["", title, *_group(comparison, kind)]
    return "\n".join(lines) + "\n"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Set rows in columns; Chinese characters count double."""
    widths = [max(_width(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        "  ".join(
            _left(cell, width) if n == 0 else _right(cell, width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _whole(judged: Sequence[Judged]) -> list[str]:
    heads = ["指标", "平台所报", "95% 区间", "真相", "相差", "诚实时相差", "件数", "判断"]
    rows = [heads]
    for one in judged:
        figure = one.figure
        span = "—"
        if figure.low is not None and figure.high is not None:
            span = f"{_value(figure, figure.low)}–{_value(figure, figure.high)}"
        rows.append(
            [
                figure.title,
                _value(figure, figure.reported),
                span,
                _value(figure, figure.truth),
                _gap(figure.kind, figure.gap),
                _gap(figure.kind, one.honest_gap),
                str(figure.n),
                _verdict(one),
            ]
        )
    return table(rows)


def _verdict(one: Judged) -> str:
    if one.lies is not None:
        return "不实" if one.lies else "未见作假"
    agrees = one.figure.agrees
    return "—" if agrees is None else ("相符" if agrees else "不符")


def _group(comparison: Comparison, kind: str) -> list[str]:
    found = comparison.groups[kind]
    names = comparison.names[kind]
    titles = {one.figure.code: one.figure.title for own in found.values() for one in own}
    shown = [code for code in _SHOWN if code in titles]
    heads = [""]
    for code in shown:
        heads += [f"{titles[code]}：报", "真"] if code != "never_found" else ["无人上报：真"]
    judged = any(one.lies is not None for own in found.values() for one in own)
    rows = [[*heads, "不实"] if judged else heads]
    for code, own in found.items():
        by_code = {one.figure.code: one.figure for one in own}
        row = [names.get(code, code)]
        for one in (by_code[name] for name in shown):
            if one.code != "never_found":
                row.append(_value(one, one.reported))
            row.append(_value(one, one.truth))
        lies = "、".join(one.figure.title for one in own if one.lies) or "—"
        rows.append([*row, lies] if judged else row)
    return table(rows)


def _value(figure: Figure, value: float | None) -> str:
    if value is None:
        return "—"
    if figure.kind == "share":
        return f"{100 * value:.1f}%"
    return f"{value:.1f} 小时" if figure.kind == "hours" else f"{value:.0f}"


def _gap(kind: str, gap: float | None) -> str:
    if gap is None:
        return "—"
    return f"{100 * gap:+.1f} 点" if kind == "share" else f"{100 * gap:+.0f}%"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _left(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _right(text: str, width: int) -> str:
    return " " * (width - _width(text)) + text
