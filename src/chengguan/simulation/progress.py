"""What a run says of itself every few seconds: day, cases, steps, rate, time left, memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final

from django.db import DatabaseError, connection

from .lives import Standing

_EVERY: Final = 5.0
_DAY: Final = 86_400
_PROC: Final = Path("/proc")


class Progress:
    """Says where a run of `days` days in some districts stands; rates are of what is new."""

    def __init__(self, say: Callable[[str], None], days: int, districts: int) -> None:
        self._say, self._days, self._districts = say, days, districts
        self._standing: dict[str, Standing] = {}
        self._first: dict[str, Standing] = {}
        self._begun: float | None = None
        self._said = monotonic()
        #: The most memory that was seen, in bytes.
        self.peak = 0

    def told(self, standing: Standing) -> None:
        """Take what a district says of itself."""
        self._standing[standing.mark] = standing
        if standing.remembers or standing.mark not in self._first:
            self._first[standing.mark] = standing
        elif self._begun is None:
            self._begun = monotonic()
        self.pause()

    def pause(self) -> None:
        """Say the line when its time has come."""
        if monotonic() - self._said >= _EVERY:
            self._said = monotonic()
            self._say(self.line())

    def line(self) -> str:
        """Give the line as things stand."""
        now = list(self._standing.values())
        day = 1 + min((one.now for one in now), default=0) // _DAY
        cases, steps = sum(one.cases for one in now), sum(one.steps for one in now)
        parts = [f"第 {min(day, self._days)}/{self._days} 天", f"{cases} 件 {steps} 步"]
        if any(one.remembers for one in now):
            parts.append("正重走中断前的部分")
        elif self._begun is not None and monotonic() > self._begun:
            parts += self._rates(cases, monotonic() - self._begun)
        self.peak = max(self.peak, memory())
        return "，".join([*parts, f"内存 {self.peak_or_now()}"])

    def peak_or_now(self) -> str:
        """Give the most memory seen so far, for people."""
        return f"{self.peak / 1e6:.0f} MB"

    def _rates(self, cases: int, seconds: float) -> list[str]:
        new = cases - sum(one.cases for one in self._first.values())
        whole = self._days * _DAY * self._districts
        done = sum(one.now for one in self._standing.values())
        lived = done - sum(one.now for one in self._first.values())
        found = [f"每秒 {new / seconds:.0f} 件"]
        if lived > 0:
            found.append(f"约余 {(whole - done) / lived * seconds:.0f} 秒")
        return found


def memory() -> int:
    """Give the bytes that this process, its children and the database's processes share out (PSS).

    A database on another machine, or one of another user's, can't be seen and counts nothing.
    """
    own = os.getpid()
    return sum(map(_pss, {own, *_children(own), *_of_database()}))


def _of_database() -> list[int]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pid FROM pg_stat_activity")
            pids = [int(pid) for (pid,) in cursor.fetchall()]
    except DatabaseError:
        # Who works in it will say so; a line of progress is no reason to end.
        return []
    return [pid for pid in pids if _name(pid) == "postgres"]


def _children(pid: int) -> list[int]:
    try:
        words = (_PROC / f"{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    found = [int(word) for word in words]
    return [*found, *(one for child in found for one in _children(child))]


def _name(pid: int) -> str:
    try:
        return (_PROC / f"{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _pss(pid: int) -> int:
    try:
        lines = (_PROC / f"{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return 1024 * next((int(one.split()[1]) for one in lines if one.startswith("Pss:")), 0)
