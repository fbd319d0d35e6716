"""A poisoned job and a poisoned message; and two workers on one queue."""

from __future__ import annotations

import time
import urllib.request

from ..drilling import Drill, Fault, Struck
from ..house import kill, until

#: Jobs that can only fail: unknown, called with what its task doesn't take, arguments no object.
_JOBS = (
    ("nobody.knows_this_task", "{}"),
    ("chengguan.exchange.tasks.prune_receipts", '{"poison": true}'),
    ("chengguan.exchange.tasks.prune_receipts", "[1, 2]"),
)


def poisoned(drill: Drill) -> Struck:
    """Put jobs and messages into the queues that nobody can work; what is behind must go on."""
    house, begun = drill.house, time.monotonic()
    for task, arguments in _JOBS:
        house.sql(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', %s, 100, NULL, NULL, %s::jsonb,"
            " NULL)::procrastinate_job_to_defer_v1])",
            [task, arguments],
        )
    unreadable, nobody = _messages(drill)
    # One that works, behind them: nobody's path, so nothing is changed.
    house.sql(
        "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'cases.follow_organisation', 0,"
        ' NULL, NULL, \'{"before": "/drill/"}\'::jsonb, NULL)::procrastinate_job_to_defer_v1])'
    )
    struck = Struck(begun)
    took = until(lambda: _count(drill, "todo") == 0, "the jobs behind the poison are worked", 60)
    failed = _count(drill, "failed")
    told = until(lambda: _waiting(drill) == 0 or _is_moving(drill), "messages go on", 30)
    time.sleep(drill.hold / 2)
    _, doctor = house.run("doctor")
    with urllib.request.urlopen(f"{house.address}/metrics", timeout=10) as answer:
        metrics = answer.read().decode()
    struck.notes = [
        f"其后的任务 {took:.1f} 秒内办完；失败任务 {failed} 个；其后的消息 {told:.1f} 秒内发出"
    ]
    if failed < len(_JOBS) - 1:
        struck.wrong.append(f"毒任务 {len(_JOBS)} 个，只有 {failed} 个记为失败")
    for word, where, text in (
        ("个任务失败", "doctor", doctor),
        ("条无法送达", "doctor", doctor),
        (f'chengguan_jobs{{status="failed"}} {failed}.0', "metrics", metrics),
        ('chengguan_messages{status="failed"} 2.0', "metrics", metrics),
    ):
        if word not in text:
            struck.wrong.append(f"{where} 中看不到“{word}”")
    house.sql("DELETE FROM notify_outboxmessage WHERE id IN (%s, %s)", [unreadable, nobody])
    stuck = house.sql(
        "SELECT count(*) FROM procrastinate_jobs WHERE jsonb_typeof(args) <> 'object'"
    )
    if stuck[0][0]:
        # procrastinate itself: it holds up nothing, but nobody is told of it either.
        struck.notes.append(f"参数不是对象的任务 {stuck[0][0]} 个停在“进行中”，不妨碍其他任务")
    house.sql(
        "DELETE FROM procrastinate_jobs WHERE status = 'failed' OR jsonb_typeof(args) <> 'object'"
    )
    return struck


def two_workers(drill: Drill) -> Struck:
    """Start a second worker; kill one of the two while both work."""
    begun = time.monotonic()
    second = drill.house.start_command("-m", "chengguan.config", "worker")
    drill.house.seen.add(second.pid)
    alive = until(
        lambda: drill.house.sql(
            "SELECT count(*) FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - interval '20 seconds'"
        )[0][0] >= 2,
        "two workers are at work",
        60,
    )  # fmt: skip
    time.sleep(drill.hold)
    kill(second.pid)
    second.wait()
    time.sleep(drill.hold / 4)
    struck = Struck(begun, notes=[f"第二个后台进程 {alive:.1f} 秒后开始工作，之后被 kill -9"])
    twice = drill.house.sql(
        "SELECT task_name, defer_timestamp, count(*) FROM procrastinate_periodic_defers"
        " GROUP BY 1, 2 HAVING count(*) > 1"
    )
    ran = drill.house.sql(
        "SELECT task_name, args->>'timestamp', count(*) FROM procrastinate_jobs"
        " WHERE args ? 'timestamp' GROUP BY 1, 2 HAVING count(*) > 1"
    )
    struck.wrong = [f"定时任务 {task} 在 {at} 排了 {count} 次" for task, at, count in twice + ran]
    return struck


def _messages(drill: Drill) -> tuple[int, int]:
    """Write a message nobody can read, and one that no inbox can take; gives their ids."""
    rows = drill.house.sql(
        "INSERT INTO notify_outboxmessage (id, topic, area_code, matter_code, organisation_path,"
        " user_ids, payload) SELECT nextval('store_ids') + n, 'drill.poison', '', '', '',"
        " CASE n WHEN 0 THEN ARRAY[]::bigint[] ELSE ARRAY[NULL]::bigint[] END,"
        ' CASE n WHEN 0 THEN \'{"n": 1e999}\'::jsonb ELSE \'{"title": "毒"}\'::jsonb END'
        " FROM generate_series(0, 1) n RETURNING id"
    )
    return int(rows[0][0]), int(rows[1][0])


def _count(drill: Drill, status: str) -> int:
    found = drill.house.sql(
        "SELECT count(*) FROM procrastinate_jobs WHERE status = %s"
        " AND coalesce(scheduled_at, now()) <= now()",
        [status],
    )
    return int(found[0][0])


def _waiting(drill: Drill) -> int:
    found = drill.house.sql(
        "SELECT count(*) FROM notify_outboxmessage WHERE error = ''"
        " AND created_at < now() - interval '2 seconds'"
    )
    return int(found[0][0])


def _is_moving(drill: Drill) -> bool:
    """Say whether a listener has heard something since two seconds."""
    last = max((one.arrivals[-1] for one in drill.load.listeners if one.arrivals), default=0.0)
    return time.monotonic() - last < 2


FAULTS = [
    Fault(
        "poison",
        "毒任务与毒消息",
        "队列中放入不存在的任务、参数不能用的任务，发件箱中放入读不出、送不到的消息",
        "doctor 与 /metrics 报告失败数；按日志修正或删除，其余照常。",
        poisoned,
    ),
    Fault(
        "two_workers",
        "两个后台进程同一队列",
        "另起一个 chengguan worker，再 kill -9",
        "可以长期并行，无需操作。",
        two_workers,
    ),
]
