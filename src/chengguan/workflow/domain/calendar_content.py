"""A calendar's content: read from TOML, kept as JSON, built into `core.worktime.Calendar`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any

from chengguan.core.errors import Invalid
from chengguan.core.worktime import Calendar, DayKind

#: {"code", "name", "timezone", "first", "last", "workday_seconds",
#:  "arrivals": {"until", "opening"} or absent,
#:  "hours": [{"weekdays", "start", "end", "from", "to"}], "days": [{"date", "kind", "name"}]}
Content = Mapping[str, Any]


def build(name: str, content: Content) -> Calendar:
    """Build the calendar of one revision; `name` is what clocks call it ("city@3")."""
    first, last = date.fromisoformat(content["first"]), date.fromisoformat(content["last"])
    hours = [_Hours(one) for one in content["hours"]]
    marked = {date.fromisoformat(day["date"]): day["kind"] for day in content["days"]}
    days: dict[date, DayKind | list[tuple[time, time]]] = {}
    day = first - timedelta(1)
    while day <= last:
        days[day] = _hours_on(day, marked.get(day), hours)
        day += timedelta(1)
    return Calendar.build(
        name=name,
        tz=content["timezone"],
        first=first,
        last=last,
        days=days,
        workday_seconds=content["workday_seconds"],
        arrivals=_arrivals(content.get("arrivals")),
    )


def read_toml(source: str) -> dict[str, Any]:
    """Read and check a calendar's TOML (see `data/calendars`).

    Raises:
        Invalid: with the key that is missing or wrong.
    """
    try:
        data = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise Invalid("calendar.toml", f"不是有效的 TOML：{error}") from error
    try:
        content = _content(data)
        build("check", content)
    except KeyError as error:
        raise Invalid(
            "calendar.key", f"日历缺少“{error.args[0]}”。", field=error.args[0]
        ) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise Invalid("calendar.value", f"日历内容有误：{error}") from error
    return content


def _content(data: Mapping[str, Any]) -> dict[str, Any]:
    days = []
    for kind in (DayKind.HOLIDAY, DayKind.MAKEUP):
        for entry in data.get(kind.value, []):
            days += _days(kind, entry)
    dates = [day["date"] for day in days]
    twice = sorted({one for one in dates if dates.count(one) > 1})
    if twice:
        raise ValueError(f"日期重复：{'、'.join(twice)}")
    return {
        "code": data["code"],
        "name": data["name"],
        "timezone": data["timezone"],
        "first": data["first"].isoformat(),
        "last": data["last"].isoformat(),
        "workday_seconds": int(data.get("workday_hours", 8) * 3600),
        **({"arrivals": _told(data["arrivals"])} if "arrivals" in data else {}),
        "hours": [_hours(one, data) for one in data["hours"]],
        "days": sorted(days, key=lambda day: str(day["date"])),
    }


def _told(entry: Mapping[str, Any]) -> dict[str, str]:
    return {"until": _clock_time(entry["until"]), "opening": _clock_time(entry["opening"])}


def _arrivals(told: Mapping[str, str] | None) -> tuple[time, time] | None:
    if told is None:
        return None
    return time.fromisoformat(told["until"]), time.fromisoformat(told["opening"])


def _days(kind: DayKind, entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    first = entry["date"] if "date" in entry else entry["first"]
    last = entry.get("last", first)
    if last < first:
        raise ValueError(f"{first} 晚于 {last}")
    return [
        {
            "date": (first + timedelta(offset)).isoformat(),
            "kind": kind.value,
            "name": entry.get("name", ""),
            "provisional": bool(entry.get("provisional", False)),
        }
        for offset in range((last - first).days + 1)
    ]


def _hours(entry: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    weekdays = [int(one) for one in entry.get("weekdays", [1, 2, 3, 4, 5])]
    if not all(1 <= one <= 7 for one in weekdays):
        raise ValueError("weekdays 应为 1（周一）至 7（周日）")
    end: date | None = entry.get("to")
    return {
        "weekdays": weekdays,
        "start": _clock_time(entry["start"]),
        "end": _clock_time(entry["end"]),
        # From the eve: a night shift of the eve opens the first morning (`Calendar.build`).
        "from": entry.get("from", data["first"] - timedelta(1)).isoformat(),
        "to": end.isoformat() if end else None,
    }


def _clock_time(value: time | str) -> str:
    moment = value if isinstance(value, time) else time.fromisoformat(value)
    return moment.isoformat()


class _Hours:
    """One stretch of hours with its texts read once."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self.weekdays = frozenset(entry["weekdays"])
        self.stretch = time.fromisoformat(entry["start"]), time.fromisoformat(entry["end"])
        self.first = date.fromisoformat(entry["from"])
        self.last = date.fromisoformat(entry["to"]) if entry["to"] else date.max

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def _hours_on(day: date, kind: str | None, hours: list[_Hours]) -> list[tuple[time, time]]:
    """Return what is worked on a date; a make-up day works the hours of a Monday to Friday."""
    if kind == DayKind.HOLIDAY.value:
        return []
    own = [one.stretch for one in hours if one.holds(day) and day.isoweekday() in one.weekdays]
    if own or kind != DayKind.MAKEUP.value:
        return own
    valid = [one for one in hours if one.holds(day)]
    spare = next(
        (weekday for weekday in range(1, 8) if any(weekday in h.weekdays for h in valid)), 0
    )
    return [one.stretch for one in valid if spare in one.weekdays]


def to_toml(content: Content) -> str:
    """Write a calendar's content as the TOML that `read_toml` reads back, for editing."""
    lines = [f"{key} = {_quoted(content[key])}" for key in ("code", "name", "timezone")]
    lines += [f"first = {content['first']}", f"last = {content['last']}"]
    lines.append(f"workday_hours = {content['workday_seconds'] / 3600:g}")
    told = content.get("arrivals")
    if told:
        lines.append(f"arrivals = {{ until = {told['until']}, opening = {told['opening']} }}")
    lines += ["", "hours = ["]
    for one in content["hours"]:
        until = f", to = {one['to']}" if one["to"] else ""
        lines.append(
            f"    {{ weekdays = {one['weekdays']}, start = {one['start']}, end = {one['end']}, "
            f"from = {one['from']}{until} }},"
        )
    lines.append("]")
    for kind in (DayKind.HOLIDAY, DayKind.MAKEUP):
        lines += ["", f"{kind.value} = ["]
        for day in content["days"]:
            if day["kind"] == kind.value:
                extra = ", provisional = true" if day["provisional"] else ""
                name = _quoted(day["name"])
                lines.append(f"    {{ date = {day['date']}, name = {name}{extra} }},")
        lines.append("]")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
