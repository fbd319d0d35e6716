"""How the demo brings a table in: through the same checked import a person would use."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from chengguan.accounts.domain.principal import Principal
from chengguan.config.paths import ROOT
from chengguan.core.errors import Conflict
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


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Write rows as CSV, UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return out.getvalue().encode()


def bring(
    kind: str, name: str, content: bytes, options: Mapping[str, Any] | None = None
) -> ImportRun:
    """Check and apply one table in the caller's transaction.

    Raises:
        Conflict: a row is wrong; the first faults are named.
    """
    said = {"effective": SINCE, **(options or {})}
    checked = imports.check(kind, io.BytesIO(content), said, LOADER, name=name)
    if checked.error_count:
        shown = "；".join(f"第 {e['row']} 行 {e['message']}" for e in checked.errors[:5])
        raise Conflict(
            "demo.table",
            f"演示数据 {name} 有 {checked.error_count} 处错误：{shown}",
            mend="请核对 data/ 下的文件是否完整。",
        )
    return imports.apply(checked.pk, LOADER)
