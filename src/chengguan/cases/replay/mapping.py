"""What a file of recorded requests means: its columns, names, times and place, from a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from chengguan.core.errors import Invalid
from chengguan.core.worktime import Limit, parse_limit

_COLUMNS: Final = ("key", "opened", "closed", "matter", "unit", "source")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The district: its reserved six-digit code and the rectangle its requests lie in (degrees)."""

    name: str
    code: str
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class ReplayMapping:
    """A mapping, checked. `due` says whether due times are read or computed from `limits`."""

    title: str
    columns: Mapping[str, str]
    sources: Mapping[str, str]
    verdicts: Mapping[str, str]
    zone: ZoneInfo
    calendar: Path
    due: Literal["recorded", "limits"]
    limits: Mapping[str, Limit]
    place: Bounds

    def column(self, name: str) -> str:
        """Give the file's name of a column of ours, "" where it has none."""
        return self.columns.get(name, "")


def load_mapping(path: Path, calendars: Path) -> ReplayMapping:
    """Read a mapping; its calendar is a file of `calendars`.

    Raises:
        Invalid: with the key that is missing or wrong.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid("replay.toml", f"{path.name} 不是有效的 TOML：{error}") from error
    try:
        return _mapping(data, calendars)
    except KeyError as error:
        key = str(error.args[0])
        raise Invalid(
            "replay.key", f"{path.name} 缺少“{key}”。", field=key, mend="请对照 data/replay 补上。"
        ) from error
    except (TypeError, ValueError) as error:
        raise Invalid("replay.value", f"{path.name} 内容有误：{error}") from error


def _mapping(data: Mapping[str, Any], calendars: Path) -> ReplayMapping:
    columns = dict(data["columns"])
    for name in _COLUMNS:
        columns[name]
    times = data["times"]
    if times["due"] not in ("recorded", "limits"):
        raise ValueError("times.due 应为 recorded 或 limits")
    if times["due"] == "recorded":
        columns["due"]
    return ReplayMapping(
        title=str(data["mapping"]["title"]),
        columns=columns,
        sources=dict(data["source"]),
        verdicts=dict(data.get("verdicts", {})),
        zone=ZoneInfo(times["timezone"]),
        calendar=calendars / times["calendar"],
        due=times["due"],
        limits={name: parse_limit(text) for name, text in data.get("limits", {}).items()},
        place=Bounds(**data["place"]),
    )
