"""The disk of the originals is full, and that of the database."""

from __future__ import annotations

import time

from ..drilling import Drill, Fault, Struck, wait_for_database
from ..house import kill


def files(drill: Drill) -> Struck:
    """Fill the disk of the originals; reports without photographs must go on."""
    before = len(drill.load.ledger.acks)
    begun = time.monotonic()
    taken = drill.volumes.fill("files")
    time.sleep(drill.hold)
    _, doctor = drill.house.run("doctor")
    during = len(drill.load.ledger.acks) - before
    seen = drill.load.ledger.outage(begun, time.monotonic()).statuses
    drill.volumes.empty("files")
    struck = Struck(begun, mended=time.monotonic())
    struck.notes = [f"填满 {taken / 1e6:.0f} MB；磁盘满时仍确认了 {during} 项办理", f"应答 {seen}"]
    if not seen.get("507"):
        struck.wrong.append(f"磁盘满时上传没有得到 507：{seen}")
    if seen.get("500"):
        struck.wrong.append(f"磁盘满时有 {seen['500']} 个 500")
    if "仅余" not in doctor:
        struck.wrong.append("磁盘满时 doctor 没有报告")
    if during == 0:
        struck.wrong.append("磁盘满时不带照片的办理也停了")
    return struck


def database(drill: Drill) -> Struck:
    """Fill the disk of the database until it can't write any more, and hold it so."""
    begun = time.monotonic()
    taken = drill.volumes.fill("database")
    # A log segment that lies ready takes some seconds of work.
    deadline = begun + drill.hold * 4
    while time.monotonic() < deadline:
        if drill.load.ledger.outage(begun, time.monotonic()).refused > 0:
            break
        time.sleep(0.2)
    time.sleep(drill.hold / 2)
    # A server that may only refuse is one thing; one that has to recover on a full disk another.
    kill(drill.house.postmaster())
    time.sleep(drill.hold)
    ended = drill.house.postmaster() == 0
    seen = drill.load.ledger.outage(begun, time.monotonic()).statuses
    drill.volumes.empty("database")
    struck = Struck(begun, mended=time.monotonic())
    if drill.house.process is None or drill.house.process.poll() is not None:
        struck.wrong.append("serve 放弃了：" + drill.house.last_words()[-300:])
        drill.house.serve()
    wait_for_database(drill.house)
    struck.notes = [
        f"填满 {taken / 1e6:.0f} MB；随后 kill -9 postmaster，磁盘满时"
        + ("起不来" if ended else "仍能起来"),
        f"应答 {seen}",
    ]
    if not any(status != "200" and status != "201" for status in seen):
        struck.wrong.append("磁盘没有满到数据库写不下去：什么也没有考验")
    if seen.get("500"):
        struck.wrong.append(f"数据库磁盘满时有 {seen['500']} 个 500")
    return struck


def _cannot(drill: Drill) -> str:
    return drill.volumes.why_not


FAULTS = [
    Fault(
        "disk_files",
        "照片盘写满",
        "ext4 回环盘，用压舱文件填满",
        "doctor 报“磁盘”；清理或扩容后立即恢复，不必重启。不带照片的办理不受影响。",
        files,
        _cannot,
    ),
    Fault(
        "disk_database",
        "数据库盘写满",
        "ext4 回环盘，用压舱文件填满，再 kill -9 postmaster",
        "腾出空间；内嵌数据库由 serve 每隔数秒重试启动，自有 PostgreSQL 需其管理器拉起。",
        database,
        _cannot,
    ),
]
