"""Two small plans as files: the shipped city with few grids, and one that says only its changes."""

from __future__ import annotations

import re
from typing import Final

from .small import DEFAULT

CHANGES: Final = '[plan]\nchanges = true\ntitle = "多两人"\n\n[collectors]\nnumber = 6\n'


def base_text(grids: int = 20) -> str:
    """Give the shipped city's file with fewer grids and four collectors."""
    text = DEFAULT.read_text(encoding="utf-8")
    for name, value in (("grids", grids), ("communities", 2)):
        text = re.sub(rf"(?m)^{name} = \d+", f"{name} = {value}", text)
    return re.sub(r"(?m)^number = 28", "number = 4", text)


def plans(grids: int = 20) -> tuple[tuple[str, str], tuple[str, str]]:
    """Give (file name, text) of the base and of the plan with two collectors more."""
    return ("base.toml", base_text(grids)), ("more.toml", CHANGES)
