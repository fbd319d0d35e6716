"""What the charts of a comparison are drawn from; the browser only draws."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from .models import Comparison, Figure, SeedFigure
from .showing import gap_text
from .whatif.measures import LOADS

#: A relative difference beyond this says only that the base was next to nothing.
_MOST = 5.0


def difference_chart(figures: Iterable[Figure]) -> dict[str, Any]:
    """Give each figure's difference and interval in percent of the base's mean.

    Figures of different units come on one axis so; what the base has none of is left to the table.
    """
    rows = []
    for one in figures:
        if not one.base or one.mean is None or one.low is None or one.high is None:
            continue
        scale = abs(one.base)
        if max(abs(one.low), abs(one.high)) / scale > _MOST:
            continue
        rows.append(
            {
                "title": one.title,
                "mean": round(100 * one.mean / scale, 3),
                "low": round(100 * one.low / scale, 3),
                "high": round(100 * one.high / scale, 3),
                "verdict": one.verdict,
                "said": f"{gap_text(one.unit, one.mean)} · {one.get_verdict_display()}",
                "url": reverse("simulation:figure", args=[one.comparison_id, one.code]),
            }
        )
    return {"kind": "differences", "rows": rows}


def pairs_chart(figure: Figure, seeds: Iterable[SeedFigure], found: Comparison) -> dict[str, Any]:
    """Give each seed's pair, in the unit of the axis; `good` says which way is better."""
    scale = 100 if figure.unit == "share" else 1
    unit = {"share": "%", "hours": "小时", "load": "小时", "count": ""}[figure.unit]
    rows = [
        [one.seed, round(one.base * scale, 4), round(one.other * scale, 4)]
        for one in seeds
        if one.base is not None and one.other is not None
    ]
    names = [found.base_title, found.other_title]
    return {"kind": "pairs", "rows": rows, "unit": unit, "good": figure.good, "names": names}


def hours_chart(found: Comparison) -> list[dict[str, Any]]:
    """Give for each kind of work the mean number of people busy, by hour of the day, in both plans."""
    done = max(1, found.done)
    return [
        {
            "kind": "hours",
            "code": code,
            "title": title,
            "names": [found.base_title, found.other_title],
            "base": [round(one / done, 3) for one in found.hours["base"][code]],
            "other": [round(one / done, 3) for one in found.hours["other"][code]],
        }
        for code, (title, _) in LOADS.items()
        if found.hours
    ]
