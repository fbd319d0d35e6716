"""The results for people: one JSON and one page in Chinese."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from .checks import Verdict
from .drilling import Result

_MARKS: Final = {True: "✓ 通过", False: "✗ 未通过", None: "— 未做"}
_HEAD: Final = (
    "故障", "结果", "确认的上报 / 动作 / 文件", "丢失", "重复", "拒绝 / 应答", "恢复用时",
    "解除后", "推送静默", "最慢一次", "说明",
)  # fmt: skip
_KINDS: Final = ("report", "verb", "upload")
_STYLE: Final = """
body{font:15px/1.6 "Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2rem;color:#1d2733}
table{border-collapse:collapse;width:100%}
th,td{border:1px solid #d0d7de;padding:.35rem .5rem;text-align:left;vertical-align:top}
th{background:#f3f5f8}
td.m{white-space:nowrap}
td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.bad{color:#b3261e;font-weight:600}.none{color:#667}
small{color:#556}
"""


def line(result: Result) -> str:
    """Give one line for the terminal."""
    if result.not_run:
        return f"  — 未做：{result.not_run}"
    verdict, outage = result.verdict, result.outage
    assert verdict is not None
    assert outage is not None
    wrong = [*verdict.lost, *verdict.twice, *verdict.other]
    shown = "".join(f"\n      ✗ {one[:240]}" for one in wrong[:6])
    return (
        f"  {_MARKS[result.passed]}  丢失 {len(verdict.lost)} 重复 {len(verdict.twice)}"
        f"  拒绝 {outage.refused}/{outage.answered}  恢复 {outage.recovery:.1f} 秒"
        f"  解除后 {result.after_mend}  静默 {result.silence}  {dict(outage.statuses)}"
        f"  {'；'.join(result.notes)}{shown}"
    )


def write(out: Path, about: dict[str, Any], results: Sequence[Result]) -> None:
    """Write `out` (JSON) and the page beside it (.html)."""
    out.parent.mkdir(parents=True, exist_ok=True)
    whole = about | {"faults": [one.record() for one in results]}
    out.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    out.with_suffix(".html").write_text(page(about, results), encoding="utf-8")


def page(about: dict[str, Any], results: Sequence[Result]) -> str:
    """Give the whole page."""
    made = [one for one in results if one.passed is not None]
    good = sum(one.passed is True for one in made)
    head = "".join(f"<th>{name}</th>" for name in _HEAD)
    rows = "".join(_row(one) for one in results)
    return f"""<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>故障演练</title><style>{_STYLE}</style>
<h1>故障演练</h1>
<p>{html.escape(str(about.get("at", "")))}，版本 {html.escape(str(about.get("commit", "")))}，
{about.get("cores")} 核，{about.get("crowd")} 人的混合负载和 {about.get("people")} 名见证人同时办理，每个故障保持约 {about.get("hold", 0):.0f} 秒，
共 {about.get("seconds", 0):.0f} 秒。做了 {len(made)} 项，通过 {good} 项，未做 {len(results) - len(made)} 项。</p>
<p><small>“丢失”：已得到应答而库中、盘上没有或不同；“重复”：同一幂等键办了两次。
“恢复用时”：从第一个被拒绝的请求到最后一次拒绝之后的第一个正常应答；0 表示没有请求被拒绝。
“解除后”：从故障解除（如腾出磁盘）到恢复正常。每项之后都由事件重算全部案件并核验审计链。</small></p>
<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>
</html>
"""


def _row(result: Result) -> str:
    title = f"{html.escape(result.title)}<br><small>{html.escape(result.means)}</small>"
    if result.not_run or result.verdict is None or result.outage is None:
        why = html.escape(result.not_run)
        return f'<tr class="none"><td>{title}</td><td>{_MARKS[None]}</td><td colspan="9">{why}</td></tr>'
    verdict, outage = result.verdict, result.outage
    told = " / ".join(str(_acknowledged(verdict, kind)) for kind in _KINDS)
    wrong = [*verdict.lost, *verdict.twice, *verdict.other]
    words = [
        html.escape(one) for one in (*result.notes, verdict.rebuild, verdict.audit.split("，")[0])
    ]
    words += [f'<span class="bad">{html.escape(one)}</span>' for one in wrong[:10]]
    words.append(f"处理：{html.escape(result.mend)}")
    mark = f'<span class="{"" if result.passed else "bad"}">{_MARKS[result.passed]}</span>'
    cells = [
        told, str(len(verdict.lost)), str(len(verdict.twice)),
        f"{outage.refused} / {outage.answered}", _seconds(outage.recovery),
        _seconds(result.after_mend), _seconds(result.silence), _seconds(outage.slowest),
    ]  # fmt: skip
    numbers = "".join(f'<td class="n">{one}</td>' for one in cells)
    return (
        f"<tr><td>{title}</td><td class='m'>{mark}</td>{numbers}<td>{'<br>'.join(words)}</td></tr>"
    )


def _acknowledged(verdict: Verdict, kind: str) -> int:
    return verdict.acknowledged.get(kind, 0) + verdict.acknowledged.get(f"crowd_{kind}", 0)


def _seconds(value: float | None) -> str:
    if value is None:
        return "—"
    return "没有恢复" if value == float("inf") else f"{value:.1f} 秒"
