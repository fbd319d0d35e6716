"""Who used the processor while something ran, and the memory of what serves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import psutil

_NAMES = {"网页与接口": "web", "实时推送": "stream", "后台任务": "worker"}
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


class Watch:
    """The processes of a run by group: each served child with its own, and the database."""

    def __init__(self, pids: Mapping[str, int], database: Path | int | None) -> None:
        """Take the served children, and the database: its directory, its postmaster's id, or None
        where it runs on another machine and can't be watched."""
        self._pids = dict(pids)
        self._database = database

    @contextmanager
    def cpu(self) -> Iterator[dict[str, float]]:
        """Fill in, when the block ends, each group's share of one core (2.0: both)."""
        shares: dict[str, float] = {}
        before, begun = self._seconds(), perf_counter()
        yield shares
        wall = perf_counter() - begun
        for name, used in self._seconds().items():
            shares[_NAMES.get(name, name)] = round((used - before.get(name, 0.0)) / wall, 2)

    def memory(self) -> dict[str, float]:
        """Give the PSS of each served child with its own, in MB; pages that are shared count once."""
        return {
            _NAMES.get(name, name): round(sum(_pss(one) for one in _family(pid)), 1)
            for name, pid in self._pids.items()
        }

    def _seconds(self) -> dict[str, float]:
        found = {name: sum(_cpu(one) for one in _family(pid)) for name, pid in self._pids.items()}
        # Sessions that end give their time to the postmaster's children.
        postmaster = self._postmaster()
        if postmaster is not None:
            times = postmaster.cpu_times()
            found["postgres"] = times.children_user + times.children_system
            found["postgres"] += sum(_cpu(one) for one in _family(postmaster.pid))
        return found

    def _postmaster(self) -> psutil.Process | None:
        if self._database is None:
            return None
        try:
            if isinstance(self._database, int):
                return psutil.Process(self._database)
            file = self._database / "postmaster.pid"
            return psutil.Process(int(file.read_text().splitlines()[0]))
        except (OSError, ValueError, psutil.Error):
            return None


def postmaster_here() -> int | None:
    """Give the postmaster of the database in use when it runs on this machine, else None."""
    from django.db import connection

    host = str(connection.settings_dict["HOST"])
    if host and not host.startswith("/") and host not in ("127.0.0.1", "::1", "localhost"):
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        try:
            session = psutil.Process(int(cursor.fetchone()[0]))
            return session.ppid() if session.name().startswith("postgres") else None
        except psutil.Error:
            return None


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return []


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _pss(process: psutil.Process) -> float:
    try:
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    found = _PSS.search(text)
    return int(found[1]) / 1024 if found else 0.0
