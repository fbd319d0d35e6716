"""How the demo brings a table in: through the same checked import a person would use."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from chengguan.accounts.domain.principal import Principal
from chengguan.config.paths import ROOT
from chengguan.registry.domain import imports
from chengguan.registry.models import ImportRun

from . import FILES

LOADER: Final[Principal] = Principal.system("演示数据装载")
DATA: Final = ROOT / "data"
#: Everything of the demo is valid from here: the first day of the shipped working calendar.
SINCE: Final = date(2025, 1, 1)


def read(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a shipped CSV."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def own(name: str) -> list[dict[str, str]]:
    """Give the rows of one of the demo's own tables."""
    return list(read(FILES / name))


def bring(
    kind: str, name: str, content: bytes, options: Mapping[str, Any] | None = None
) -> ImportRun:
    """Check and apply one table in the caller's transaction.

    Raises:
        Conflict: a row is wrong; the first faults are named.
    """
    return imports.bring(
        kind,
        name,
        content,
        {"effective": SINCE, **(options or {})},
        LOADER,
        code="demo.table",
        mend="请核对 data/ 下的文件是否完整。",
    )
