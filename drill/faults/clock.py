"""The clock is set back an hour, for servers and database at once, and set right again.

The machine's own clock is everybody's: libfaketime (Debian package) shows another one to the
processes of this installation. 0.9.10 breaks absolute sleeping when the monotonic clock is left
alone, which it must be, so that `sleeping/sitecustomize.py` gives Python another sleep.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from ..drilling import Drill, Fault, Struck
from ..house import ROOT

_HOUR: Final = 3600
_PLACES: Final = ("x86_64-linux-gnu", "aarch64-linux-gnu", "riscv64-linux-gnu")


def library() -> Path | None:
    """Give libfaketime for programs with threads, if it is installed."""
    for place in _PLACES:
        found = Path("/usr/lib") / place / "faketime" / "libfaketimeMT.so.1"
        if found.exists():
            return found
    return None


def set_back(drill: Drill) -> Struck:
    """Start everything under a clock that can be moved; move it back, and forward again."""
    drill.load.pause()
    drill.house.stop()
    dial = drill.house.var / "clock"
    _turn(dial, 0)
    drill.undo.append(lambda: _own_clock(drill))
    drill.house.serve(_environment(dial))
    drill.load.resume()
    time.sleep(3)
    before = _newest(drill)
    begun = time.monotonic()
    _turn(dial, -_HOUR)
    time.sleep(2.5)
    told = float(drill.house.sql("SELECT extract(epoch FROM clock_timestamp())")[0][0])
    moved = time.time() - told
    _, doctor = drill.house.run("doctor", more=_environment(dial))
    time.sleep(drill.hold)
    opened = drill.house.sql(
        "SELECT count(*) FROM cases_case WHERE opened_at < %s::timestamptz - interval '30 minutes'"
        " AND id > %s",
        before,
    )[0][0]
    _turn(dial, 0)
    struck = Struck(begun, mended=time.monotonic())
    time.sleep(3)
    struck.notes = [f"数据库的钟慢了 {moved / 60:.0f} 分钟；其间立案 {opened} 件，时刻早一小时"]
    if abs(moved - _HOUR) > 60:
        struck.wrong.append(f"时钟没有拨回一小时，只有 {moved:.0f} 秒：什么也没有考验")
    if opened == 0:
        struck.wrong.append("拨回期间没有新案件：什么也没有考验")
    struck.wrong += _order(drill)
    if "拨回" not in doctor:
        struck.wrong.append(f"拨回期间 doctor 没有报告时钟：{doctor[-300:]}")
    return struck


def _own_clock(drill: Drill) -> None:
    drill.house.stop()
    drill.house.serve()


def _newest(drill: Drill) -> tuple[str, int]:
    row = drill.house.sql("SELECT now()::text, coalesce(max(id), 0) FROM cases_case")[0]
    return str(row[0]), int(row[1])


def _order(drill: Drill) -> list[str]:
    """Give the cases whose events go back in time, and the numbers that were given twice."""
    found = drill.house.sql(
        "SELECT instance_id FROM (SELECT instance_id, at - lag(at) OVER"
        " (PARTITION BY procedure, instance_id ORDER BY seq) AS step FROM workflow_event) s"
        " WHERE step < interval '0' LIMIT 5"
    )
    wrong = [f"案件 {case} 的事件时刻倒退" for (case,) in found]
    twice = drill.house.sql("SELECT number FROM cases_case GROUP BY 1 HAVING count(*) > 1 LIMIT 5")
    return wrong + [f"案件编号 {number} 发了两次" for (number,) in twice]


def _environment(dial: Path) -> dict[str, str]:
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(dial),
        "FAKETIME_CACHE_DURATION": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "drill" / "sleeping")]),
    }


def _turn(dial: Path, seconds: int) -> None:
    draft = dial.with_name("clock.new")
    draft.write_text(f"{seconds:+d}\n")
    # The database's own user reads it as well.
    draft.chmod(0o644)
    draft.replace(dial)


def _cannot(drill: Drill) -> str:
    return "" if library() else "没有 libfaketime（Debian：apt-get install libfaketime）"


FAULTS = [
    Fault(
        "clock",
        "时钟拨回一小时",
        "libfaketime，网页、推送、后台与数据库同时拨回，再拨正",
        "启用 chrony；期间立案的时刻与到期时间早一小时，动态口令不能用。拨正后照常。",
        set_back,
        _cannot,
    ),
]
