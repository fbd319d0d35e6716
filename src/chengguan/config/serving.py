"""What `serve` starts: web processes (WSGI), the live stream (ASGI), a worker; on free ports.

This process stays small: Django is loaded by the children only.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from chengguan.config import postgres
from chengguan.config.paths import VAR
from chengguan.config.processes import Child, ChildFailedError, Family

_START_SECONDS = 90.0
_PORTS_TRIED = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """Where and with how much to serve. The stream's port is the next after the pages'."""

    host: str
    port: int
    workers: int
    threads: int
    log: Path | None

    @classmethod
    def at(
        cls, host: str, port: int, *, workers: int = 2, threads: int = 4, log: Path | None = None
    ) -> "Plan":
        """Plan to serve there, or on the next free pair of ports, which is said."""
        free = free_ports(host, port)
        if free != port:
            print(f"! 端口 {port} 已被占用，改用 {free}。", flush=True)
        return cls(host, free, workers, threads, log)

    @property
    def address(self) -> str:
        """The address to open in a browser."""
        shown = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104
        return f"http://{shown}:{self.port}"

    @property
    def stream_address(self) -> str:
        """The address of the live stream, unless a proxy in front says another."""
        given = os.environ.get("CHENGGUAN_STREAM_URL")
        return given or f"{self.address.rpartition(':')[0]}:{self.port + 1}/stream/"


def free_ports(host: str, port: int) -> int:
    """Give the first port from `port` on that is free together with the one after it.

    Raises:
        SystemExit: none of the next 200 is free.
    """
    for candidate in range(port, min(port + _PORTS_TRIED, 65535)):
        if _is_free(host, candidate) and _is_free(host, candidate + 1):
            return candidate
    sys.exit(f"✗ {host} 上从 {port} 起找不到空闲端口，请用 --port 指定别的端口。")


def children(plan: Plan) -> list[Child]:
    """List the processes of a plan."""
    counters = VAR / "run" / f"counters-{plan.port}"
    shutil.rmtree(counters, ignore_errors=True)
    counters.mkdir(parents=True)
    # WhiteNoise warns of a missing directory; assets are found without collecting them here.
    (VAR / "static").mkdir(exist_ok=True)
    environment = {
        "CHENGGUAN_STREAM_URL": plan.stream_address,
        "PROMETHEUS_MULTIPROC_DIR": str(counters),
        "PYTHONUNBUFFERED": "1",
        # glibc keeps an arena per thread otherwise, which costs some 20 MB a process.
        "MALLOC_ARENA_MAX": "2",
        # And gives back what a batch of 5,000 took, instead of keeping it for the next.
        "MALLOC_TRIM_THRESHOLD_": "262144",
        "MALLOC_MMAP_THRESHOLD_": "262144",
    }
    web = [
        "chengguan.config.web", "--interface", "wsgi", "chengguan.config.wsgi:application",
        "--host", plan.host, "--port", str(plan.port),
        "--workers", str(plan.workers), "--blocking-threads", str(plan.threads),
        "--blocking-threads-idle-timeout", "600", "--no-ws", "--http", "1",
        "--respawn-failed-workers", "--workers-kill-timeout", "10", "--log-level", "warning",
    ]  # fmt: skip
    stream = [
        "granian", "--interface", "asginl", "chengguan.config.stream:application",
        "--host", plan.host, "--port", str(plan.port + 1),
        "--workers", "1", "--no-ws", "--http", "1", "--loop", "asyncio",
        "--respawn-failed-workers", "--workers-kill-timeout", "3", "--log-level", "warning",
    ]  # fmt: skip
    return [
        Child("网页与接口", [sys.executable, "-m", *web], environment),
        Child("实时推送", [sys.executable, "-m", *stream], environment),
        Child(
            "后台任务",
            [sys.executable, "-m", "chengguan.config", "worker"],
            environment,
            needs_database=True,
        ),
    ]


def serve(plan: Plan, *, greeting: str = "", more: Sequence[Child] = ()) -> None:
    """Serve, with `more` beside it, until SIGINT or SIGTERM, then end all children. Prints the address when ready.

    Raises:
        SystemExit: a child can't be kept alive.
    """
    family = Family([*children(plan), *more], log=plan.log, has_database=postgres.Keeper().look)

    def stop(number: int, frame: FrameType | None) -> None:
        family.ask_to_stop()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        family.start()
        wait_ready(plan, family)
        if not family.is_asked_to_stop:
            print(f"{greeting}\n已启动：{plan.address}/  （按 Ctrl-C 停止）", flush=True)
        family.watch()
    except ChildFailedError as error:
        family.stop()
        sys.exit(f"✗ {error}")
    finally:
        family.stop()
    print("已全部停止。", flush=True)


def wait_ready(plan: Plan, family: Family) -> None:
    """Wait until pages and stream answer, or the family is asked to stop.

    Raises:
        ChildFailedError: a child keeps dying, or 90 s have passed; with the reason.
    """
    deadline = time.monotonic() + _START_SECONDS
    reason = "没有应答"
    while time.monotonic() < deadline:
        if family.is_asked_to_stop:
            return
        family.revive()
        try:
            with urllib.request.urlopen(f"{plan.address}/readyz", timeout=5):  # noqa: S310
                if not _is_free(plan.host, plan.port + 1):
                    return
            reason = "实时推送没有应答"
        except urllib.error.HTTPError as error:
            reason = error.read().decode(errors="replace")
        except OSError as error:
            reason = str(error)
        time.sleep(0.1)
    raise ChildFailedError(f"{_START_SECONDS:.0f} 秒内没有就绪：{reason}")


def refuse_old_schema() -> None:
    """End with the mend where migrations are missing."""
    check = [sys.executable, "-m", "chengguan.config", "manage", "migrate", "--check"]
    # Out of reach of Ctrl-C, which is ours to answer.
    if subprocess.run(check, stdout=subprocess.DEVNULL, check=False, process_group=0).returncode:
        sys.exit("✗ 数据库表结构不是最新，请先执行 chengguan migrate。")


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the server does it: connections that still linger don't count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
