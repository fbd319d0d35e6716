"""How times are said on screens: local instants, durations, the light of a deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

MINUTE, HOUR, DAY = 60, 3_600, 86_400
WORKDAY = 8 * HOUR


@dataclass(frozen=True)
class Face:
    """A deadline as shown: its light, the sentence, and the exact instant for the tooltip."""

    light: str
    text: str
    exact: str


def short(at: datetime | None) -> str:
    """Say an instant in local time, the year only where it is not this year."""
    if at is None:
        return "—"
    local = timezone.localtime(at)
    this_year = local.year == timezone.localtime().year
    return local.strftime("%m-%d %H:%M" if this_year else "%Y-%m-%d %H:%M")


def exact(at: datetime | None) -> str:
    """Say an instant in local time to the second."""
    return "—" if at is None else timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S")


def duration(seconds: float | None, mode: str = "wall") -> str:
    """Say a duration; `mode` "work" counts 工作日 of eight hours and 工作时, else 天 and 小时.

    Two parts at most: nobody reads the minutes of a stay of three days.
    """
    if seconds is None:
        return "—"
    total = int(abs(seconds))
    work = mode == "work"
    day = WORKDAY if work else DAY
    parts = (
        (total // day, "工作日" if work else "天"),
        (total % day // HOUR, "工作时" if work else "小时"),
        (total % HOUR // MINUTE, "分"),
    )
    said = [f"{number}{unit}" for number, unit in parts if number][:2]
    if not said:
        said = [f"{total}秒" if total else "0分"]
    return ("-" if seconds < 0 else "") + "".join(said)


def face(due: datetime | None, warn: datetime | None = None, at: datetime | None = None) -> Face:
    """Return the light and the sentence of a deadline at `at` (now).

    Red is overdue and nothing else; yellow is past the warning instant.
    """
    if due is None:
        return Face("none", "未计时", "")
    now = at or timezone.now()
    left = due - now
    if left < timedelta(0):
        return Face("red", f"超期{duration(-left.total_seconds())}", exact(due))
    light = "yellow" if warn is not None and now > warn else "green"
    return Face(light, f"剩{duration(left.total_seconds())}", exact(due))
