"""Rows of recorded requests from CSV or Parquet, in the order they were opened."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from chengguan.core.errors import Invalid

from .mapping import ReplayMapping


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded request; times are aware, "" and None where the file says nothing."""

    row: int
    key: str
    opened: datetime
    due: datetime | None
    closed: datetime | None
    matter: str
    unit: str
    source: str
    text: str
    address: str
    point: tuple[float, float] | None
    verdict: str


def read(path: Path, mapping: ReplayMapping) -> list[Recorded]:
    """Read a file of requests.

    Raises:
        Invalid: a column is missing, or a row can't be read; names row, column and mend.
    """
    rows = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    found = [_recorded(number, row, mapping) for number, row in enumerate(rows, 1)]
    return sorted(found, key=lambda one: (one.opened, one.key))


def _csv(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _parquet(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise Invalid(
            "replay.parquet",
            "读取 Parquet 需要 pyarrow。",
            mend='请先在项目目录执行 .venv/bin/pip install -c constraints.txt -e ".[replay]"，或改用 CSV。',
        ) from error
    for batch in parquet.ParquetFile(path).iter_batches():
        yield from batch.to_pylist()


def _recorded(number: int, row: Mapping[str, Any], mapping: ReplayMapping) -> Recorded:
    def text(name: str) -> str:
        column = mapping.column(name)
        if not column:
            return ""
        if column not in row:
            raise Invalid(
                "replay.column",
                f"文件没有“{column}”列。",
                field=column,
                mend="请核对文件，或改对照表的 [columns]。",
            )
        value = row[column]
        return "" if value is None else str(value).strip()

    def moment(name: str) -> datetime | None:
        value = row.get(mapping.column(name))
        if value is None or value == "" or value != value:
            return None
        try:
            read = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError as error:
            raise _unreadable(number, mapping.column(name), value) from error
        return read if read.tzinfo else read.replace(tzinfo=mapping.zone)

    opened = moment("opened")
    if opened is None:
        raise _unreadable(number, mapping.column("opened"), "")
    return Recorded(
        row=number,
        key=text("key"),
        opened=opened,
        due=moment("due"),
        closed=moment("closed"),
        matter=text("matter"),
        unit=text("unit"),
        source=text("source"),
        text=text("text"),
        address=text("address")[:200],
        point=_point(row, mapping),
        verdict=text("verdict"),
    )


def _point(row: Mapping[str, Any], mapping: ReplayMapping) -> tuple[float, float] | None:
    lon, lat = row.get(mapping.column("lon")), row.get(mapping.column("lat"))
    if lon in (None, "") or lat in (None, ""):
        return None
    point = float(str(lon)), float(str(lat))
    return None if any(math.isnan(value) for value in point) else point


def _unreadable(number: int, column: str, value: Any) -> Invalid:
    return Invalid(
        "replay.time",
        f"第 {number} 行“{column}”的时间“{value}”无法识别。",
        row=number,
        field=column,
        mend="时间应如 2011-07-01 08:30:00。",
    )
