"""Every process in turn is killed with -9, the supervisor too."""

from __future__ import annotations

import time

from ..drilling import Drill, Fault, Struck
from ..house import DrillError, gone, kill, until

WEB = "chengguan.config.wsgi:application"
STREAM = "chengguan.config.stream:application"
WORKER = "worker"


def web_workers(drill: Drill) -> Struck:
    """Kill each web process that answers requests, one after the other is back."""
    begun = time.monotonic()
    notes = []
    victims = drill.house.below(drill.house.leader(WEB))
    for number, victim in enumerate(victims, 1):
        kill(victim)

        def back(victim: int = victim) -> bool:
            found = drill.house.below(drill.house.leader(WEB))
            return victim not in found and len(found) == len(victims)

        notes.append(
            f"网页进程 {number} 被杀后 {until(back, 'the web process is back', 60):.1f} 秒补齐"
        )
        # The new one loads for some seconds; until then the other one answers alone.
        time.sleep(max(6.0, drill.hold / 2))
    return Struck(begun, notes=notes)


def web_leader(drill: Drill) -> Struck:
    """Kill the process that leads the web processes."""
    return _leader(drill, WEB)


def stream(drill: Drill) -> Struck:
    """Kill what answers the live stream, and then its leader."""
    begun = time.monotonic()
    kill(*drill.house.below(drill.house.leader(STREAM)))
    time.sleep(drill.hold / 4)
    struck = _leader(drill, STREAM)
    struck.begun = begun
    return struck


def worker(drill: Drill) -> Struck:
    """Kill the worker twice; the second time before it can have caught up."""
    begun = time.monotonic()
    first = _leader(drill, WORKER)
    second = _leader(drill, WORKER)
    return Struck(begun, notes=first.notes + second.notes)


def supervisor(drill: Drill) -> Struck:
    """Kill `serve` itself; then do what systemd does: end what is left, start it again."""
    process = drill.house.process
    assert process is not None
    drill.house.family()
    begun = time.monotonic()
    kill(process.pid)
    process.wait()
    drill.house.end_family()
    ended = time.monotonic()
    took = drill.house.serve()
    return Struck(
        begun,
        mended=ended,
        notes=[f"其余进程 {ended - begun:.1f} 秒内自行结束，重新启动 {took:.1f} 秒就绪"],
    )


def _leader(drill: Drill, word: str) -> Struck:
    victim = drill.house.leader(word)
    begun = time.monotonic()
    kill(victim)

    def back() -> bool:
        try:
            return gone(victim) and drill.house.leader(word) != victim
        except DrillError:
            return False

    took = until(back, f"{word} is started again", 60)
    drill.house.family()
    time.sleep(drill.hold / 4)
    return Struck(begun, notes=[f"{took:.1f} 秒后由 serve 重新拉起"])


FAULTS = [
    Fault(
        "web_workers",
        "逐个杀死网页进程",
        "kill -9 granian 的每个工作进程",
        "自动补齐，无需操作。客户端用同一幂等键重发。",
        web_workers,
    ),
    Fault(
        "web_leader",
        "杀死网页主进程",
        "kill -9 granian 主进程",
        "serve 自动重新拉起，无需操作。",
        web_leader,
    ),
    Fault(
        "stream",
        "杀死实时推送",
        "先 kill -9 其工作进程，再 kill -9 主进程",
        "自动拉起；页面自动重连，漏听的由 reload 补齐。",
        stream,
    ),
    Fault(
        "worker",
        "杀死后台任务进程",
        "kill -9 两次",
        "自动拉起；消息与入链在其后补办。",
        worker,
    ),
    Fault(
        "serve",
        "杀死 serve",
        "kill -9 主管进程，待其余进程自行结束后重新启动（即 systemd 所做）",
        "由 systemd 拉起；手工时先确认旧进程已退出再执行 chengguan serve。",
        supervisor,
    ),
]
