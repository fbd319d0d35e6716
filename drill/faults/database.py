"""The database is restarted, and killed."""

from __future__ import annotations

import time

from chengguan.config import cluster

from ..drilling import Drill, Fault, Struck, wait_for_database
from ..house import kill, until


def restart(drill: Drill) -> Struck:
    """Stop it with `fast`, as before an upgrade, and start it again."""
    begun = time.monotonic()
    with drill.house.database_alone():
        cluster.stop(drill.house.pg)
        stopped = time.monotonic()
        time.sleep(drill.hold / 8)
        cluster.start(drill.house.pg)
    return Struck(begun, mended=time.monotonic(), notes=[f"停止用时 {stopped - begun:.1f} 秒"])


def killed(drill: Drill) -> Struck:
    """Kill the postmaster; its sessions end by themselves, and serve has to bring it back."""
    victim = drill.house.postmaster()
    begun = time.monotonic()
    kill(victim)
    took = until(
        lambda: drill.house.postmaster() not in (0, victim), "the database is started again", 90
    )
    wait_for_database(drill.house)
    ready = time.monotonic() - begun
    time.sleep(drill.hold / 4)
    log = (drill.house.pg / "server.log").read_text(errors="replace")
    notes = [f"{took:.1f} 秒后重新拉起，{ready:.1f} 秒恢复完成"]
    wrong = []
    if "automatic recovery in progress" not in log:
        wrong.append("数据库日志里没有崩溃恢复：这次杀死没有真正发生")
    return Struck(begun, notes=notes, wrong=wrong)


FAULTS = [
    Fault(
        "database_restart",
        "数据库重启",
        "pg_ctl stop -m fast，数秒后再启动",
        "等数据库回来即可，服务自动重连，不必重启。",
        restart,
    ),
    Fault(
        "database_killed",
        "数据库被杀死并恢复",
        "kill -9 postmaster",
        "内嵌数据库由 serve 重新拉起并自动恢复；自有 PostgreSQL 由其服务管理器拉起。",
        killed,
    ),
]
