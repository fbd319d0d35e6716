"""A finished comparison for programs (JSON) and for people (a table)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..showing import figure_text, gap_text, interval_text, p_text
from ..tables import table
from .engine import Pair
from .measures import measures_of
from .paired import VERDICTS, differences
from .question import Asked

JSON_NAME, TEXT_NAME = "whatif.json", "whatif.txt"


def outcome(asked: Asked, found: Sequence[Pair]) -> dict[str, Any]:
    """Give everything of a comparison: the plans, each figure's difference, every seed's figures."""
    ordered = sorted(found, key=lambda one: one.seed)
    measures = measures_of(asked.question.base)
    told = differences(measures, [(one.base.figures, one.other.figures) for one in ordered])
    return {
        "base": asked.base_title,
        "other": asked.other_title,
        "days": asked.question.days,
        "changed": [asdict(one) for one in asked.changed],
        "figures": [
            {"title": measure.title, "unit": measure.unit, "good": measure.good, **asdict(one)}
            for measure, one in zip(measures, told, strict=True)
        ],
        "seeds": [
            {
                "seed": one.seed,
                "nature": one.base.nature,
                "base": one.base.figures,
                "other": one.other.figures,
            }
            for one in ordered
        ],
        "hours": {side: _mean_hours(ordered, side) for side in ("base", "other")},
    }


def text(said: dict[str, Any]) -> str:
    """Write a comparison for people."""
    seeds = len(said["seeds"])
    rows = [["指标", "基准", "比较", "相差", "95% 区间", "各种子", "校正 p", "判断"]]
    for one in said["figures"]:
        unit, word = one["unit"], "变好" if one["good"] else "增加"
        share = one["improved"]
        rows.append(
            [
                one["title"],
                figure_text(unit, one["base"]),
                figure_text(unit, one["other"]),
                gap_text(unit, one["mean"]),
                interval_text(unit, one["low"], one["high"]),
                "—" if share is None else f"{round(share * one['n'])}/{one['n']} {word}",
                p_text(one["p_holm"]),
                VERDICTS[one["verdict"]],
            ]
        )
    changed = [f"  {one['title']}：{one['base']} → {one['other']}" for one in said["changed"]]
    return "\n".join(
        [
            f"{said['other']} 对 {said['base']}：{said['days']} 天，{seeds} 个种子",
            *changed,
            "",
            *table(rows),
            "",
            "同种子同天气同问题，逐种子相减；判断按 Holm 校正后的 p 值（小于 0.05 为超出偶然）。",
            "",
        ]
    )


def _mean_hours(found: Sequence[Pair], side: str) -> dict[str, list[float]]:
    lived = [one.base if side == "base" else one.other for one in found]
    return {
        kind: [round(sum(one.hours[kind][h] for one in lived) / len(lived), 4) for h in range(24)]
        for kind in lived[0].hours
    }
