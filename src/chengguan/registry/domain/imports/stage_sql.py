"""Questions to the staged rows that several kinds ask."""

# The SQL here is made of our own table and column names, quoted; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

from .kind import Context
from .stage import STAGE, faulty


def orphans(context: Context) -> None:
    """Report areas whose parent is neither in the file nor in the registry.

    Provinces stand alone, and a city may: a platform of one city needs no province.
    """
    select = (
        f"SELECT s.row_no, s.code, s.parent_code FROM {STAGE} s WHERE length(s.code) > 4 "
        f"AND NOT EXISTS (SELECT 1 FROM {STAGE} p WHERE p.code = s.parent_code) "
        f"AND NOT EXISTS (SELECT 1 FROM registry_area a WHERE a.code = s.parent_code)"
    )
    for number, code, parent in faulty(context.faults, select):
        context.faults.add(
            number,
            "区划代码",
            code,
            f"上级 {parent} 不存在。",
            "请先导入上级区域，或改正代码；补零的代码请去掉末尾的 0。",
        )


def missing_grids(context: Context) -> None:
    """Report duty grids that name unknown unit grids."""
    select = (
        f"SELECT s.row_no, g.code AS grid FROM {STAGE} s CROSS JOIN LATERAL unnest(s.grids) "
        f"AS g(code) WHERE NOT EXISTS "
        f"(SELECT 1 FROM registry_area a WHERE a.code = g.code AND a.level = 'grid')"
    )
    for number, grid in faulty(context.faults, select):
        context.faults.add(
            number, "单元网格", grid, "没有这个单元网格。", "请核对代码，或先导入单元网格。"
        )


def doubled_grids(context: Context) -> None:
    """Report unit grids bound to two duty grids of one use."""
    select = (
        f"SELECT s.row_no, g.code AS grid, o.code AS other FROM {STAGE} s "
        f"CROSS JOIN LATERAL unnest(s.grids) AS g(code) JOIN ("
        f"SELECT code, kind, unnest(grids) AS grid FROM {STAGE} UNION ALL "
        f"SELECT d.code, d.kind, unnest(d.grids) FROM registry_dutygrid d WHERE "
        f"d.valid_to IS NULL AND NOT EXISTS (SELECT 1 FROM {STAGE} x WHERE x.code = d.code)"
        f") o ON o.grid = g.code AND o.kind = s.kind AND o.code <> s.code"
    )
    for number, grid, other in faulty(context.faults, select):
        context.faults.add(
            number,
            "单元网格",
            grid,
            f"已属于责任网格 {other}。",
            "同一用途下一个单元网格只能属于一个责任网格。",
        )
