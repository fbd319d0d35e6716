"""The national catalogue, what the city adds to it, and one city's 534 filing rules."""

from __future__ import annotations

from typing import Final

from chengguan.registry.domain.catalogue import STANDARD
from chengguan.registry.domain.imports import table

from .bringing import DATA, bring, own, read

_HEADS: Final = (
    "标准",
    "类别",
    "小类代码",
    "小类名称",
    "大类代码",
    "大类名称",
    "对应部件",
    "本地扩展",
)
#: The rules' source asks for no number of photos; one is the usual practice.
PHOTOS: Final = 1
LOCAL: Final = "local_matters.csv"


def load_catalogue() -> str:
    """Load components, matters and local matters (numbered downward from 99 in their class)."""
    folder = DATA / "standards"
    components = [_row("部件", row, "") for row in read(folder / "components.csv")]
    matters = [
        _row("事项", row, row["code5"] if row["is_component_anomaly"] == "1" else "")
        for row in read(folder / "events.csv")
    ]
    local = [
        (
            "本地",
            row["类别"],
            row["小类代码"],
            row["小类名称"],
            row["大类代码"],
            row["大类名称"],
            row["对应部件"],
            "是",
        )
        for row in own(LOCAL)
    ]
    bring("matters", "demo-事项目录.csv", table(_HEADS, [*components, *matters, *local]))
    return f"部件 {len(components)} 类，事项 {len(matters)} 类，本地扩展 {len(local)} 类"


def load_rules() -> str:
    """Load the filing rules; a rule without national code goes to the local matter of its name."""
    local = {
        (row["原类别"], row["原小类"]): row["小类代码"]
        for row in own(LOCAL)
        if row["原小类"] and row["类别"] == "事项"
    }
    rows = [
        (
            "事项",
            row["gbt47678_5_code"] or local[row["kind"], row["minor"]],
            row["filing_condition"],
            row["handling_limit_hours_or_days"],
            row["closing_condition"],
            PHOTOS,
            row["source"][:200],
        )
        for row in read(DATA / "standards" / "case_standards.csv")
    ]
    heads = ["类别", "事项代码", "立案条件", "处置时限", "结案条件", "立案照片数", "来源"]
    bring("rules", "demo-立案标准.csv", table(heads, rows))
    return f"{len(rows)} 条，涉及 {len({row[1] for row in rows})} 类事项"


def _row(kind: str, row: dict[str, str], component: str) -> tuple[str, ...]:
    return (
        STANDARD,
        kind,
        row["code5"],
        row["minor_name"],
        row["major_code"],
        row["major_name"],
        component,
        "否",
    )
