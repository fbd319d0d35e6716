"""`chengguan serve` as a whole: it answers, survives the death of a worker, and ends cleanly."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from chengguan.config import cluster, postgres, selfcheck

pytestmark = pytest.mark.slow  # starts five processes, each of which loads Django

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def served(run: Run, home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A `serve` of its own and the address it told; the fixture's own hold on PostgreSQL ends."""
    postgres.release()
    command = [sys.executable, "-m", "chengguan.config", "serve", "--port", "18640"]
    with (home / "serve.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert process.stdout is not None
        address = ""
        for line in process.stdout:
            if found := re.search(r"已启动：(http://\S+?)/ ", line):
                address = found[1]
                break
        assert address, (home / "serve.log").read_text()
        yield process, address
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def _status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_pages_stream_and_worker_are_there(served: tuple[subprocess.Popen[str], str]) -> None:
    process, address = served
    host, port = address.rsplit(":", 1)

    assert _status(f"{address}/healthz") == 200
    assert _status(f"{address}/readyz") == 200
    assert _status(f"{host}:{int(port) + 1}/healthz") == 200
    commands = [" ".join(each.cmdline()) for each in psutil.Process(process.pid).children()]
    assert sum("chengguan.config worker" in command for command in commands) == 1


def test_what_workers_are_forked_from_holds_no_connection_and_no_thread() -> None:
    program = (
        "import sys, threading;"
        "from chengguan.config import wsgi; wsgi.load_addresses();"
        "from django.db import connection;"
        "print(connection.connection, threading.active_count(), 'chengguan.cases.views' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    assert told.split() == ["None", "1", "True"]


def test_counters_of_all_web_processes_are_summed(
    served: tuple[subprocess.Popen[str], str],
) -> None:
    _, address = served
    # On a machine with much else to do one may go unanswered for ten seconds.
    answered = [_status(f"{address}/login/") for _ in range(20)].count(200)
    seen = [_logins(address) for _ in range(6)]

    assert min(seen) >= answered > 10


def _logins(address: str) -> float:
    with urllib.request.urlopen(f"{address}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found = re.findall(r'chengguan_requests_total\{method="GET",route="login/"[^}]*\} (\S+)', text)
    return sum(float(value) for value in found)


def test_killed_web_worker_is_replaced(served: tuple[subprocess.Popen[str], str]) -> None:
    process, address = served
    web = next(
        each
        for each in psutil.Process(process.pid).children()
        if "wsgi" in " ".join(each.cmdline())
    )
    before = {each.pid for each in web.children()}

    os.kill(max(before), signal.SIGKILL)

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        now = {each.pid for each in web.children() if each.status() != psutil.STATUS_ZOMBIE}
        if len(now) == len(before) and now != before and _status(f"{address}/readyz") == 200:
            break
        time.sleep(0.2)
    assert len(now) == len(before)
    assert max(before) not in now


def test_selfcheck_names_what_fails(served: tuple[subprocess.Popen[str], str]) -> None:
    _, address = served

    with pytest.raises(selfcheck.CheckFailedError, match=r"nobody.*登录"):
        selfcheck.run(address, "", [("nobody", "wrong")], progress=lambda _: None)
    with pytest.raises(selfcheck.CheckFailedError, match="没有应答"):
        selfcheck.run("http://127.0.0.1:9", "", [], progress=lambda _: None)


def test_sigint_ends_everything(served: tuple[subprocess.Popen[str], str], home: Path) -> None:
    process, address = served
    family = psutil.Process(process.pid).children(recursive=True)

    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0

    alive = [each for each in family if each.is_running() and each.status() != "zombie"]
    assert alive == []
    assert _status(f"{address}/healthz") == 0
    assert cluster.is_up(home / "pg") is False
