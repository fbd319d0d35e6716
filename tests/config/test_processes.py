"""The family of child processes: revived, ended together, never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from chengguan.config import serving
from chengguan.config.processes import Child, ChildFailedError, Family

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(sys.argv[1], "w").write(str(child.pid))
time.sleep(60)
"""


@pytest.fixture
def family() -> Iterator[Callable[..., Family]]:
    made: list[Family] = []

    def make(*commands: list[str], log: Path | None = None) -> Family:
        children = [Child(f"进程{n}", command) for n, command in enumerate(commands)]
        made.append(Family(children, log=log))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.stop()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "waited 15 s in vain"
        time.sleep(0.02)


def _gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_stop_ends_all(family: Callable[..., Family]) -> None:
    two = family(SLEEP, SLEEP)
    pids = list(two.pids().values())

    two.stop()

    assert [_gone(pid) for pid in pids] == [True, True]
    assert two.pids() == {}


def test_killed_child_is_started_again(family: Callable[..., Family]) -> None:
    two = family(SLEEP, SLEEP)
    first, second = two.pids().values()
    os.kill(first, signal.SIGKILL)
    _until(lambda: _gone(first))

    two.revive()

    assert two.pids()["进程0"] != first
    assert two.pids()["进程1"] == second


def test_grandchildren_of_a_killed_child_end_too(
    family: Callable[..., Family], tmp_path: Path
) -> None:
    told = tmp_path / "pid"
    one = family([sys.executable, "-c", PARENT, str(told)])
    _until(lambda: told.exists() and told.read_text() != "")
    grandchild = int(told.read_text())
    os.kill(one.pids()["进程0"], signal.SIGKILL)
    _until(lambda: _gone(one.pids()["进程0"]))
    assert _gone(grandchild) is False

    one.revive()

    _until(lambda: _gone(grandchild))


def test_child_that_keeps_dying_ends_the_run_with_its_words(
    family: Callable[..., Family], tmp_path: Path
) -> None:
    dying = family([sys.executable, "-c", "print('no such table')"], log=tmp_path / "run.log")

    with pytest.raises(ChildFailedError, match=r"(?s)no such table.*chengguan doctor"):
        dying.watch()


def test_children_end_when_the_parent_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    script = (
        "import sys, time\n"
        "from chengguan.config.processes import Child, Family\n"
        f"family = Family([Child('x', {SLEEP!r})])\n"
        "family.start()\n"
        "open(sys.argv[1], 'w').write(str(family.pids()['x']))\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(told)]) as parent:
        _until(lambda: told.exists() and told.read_text() != "")
        parent.kill()
    _until(lambda: _gone(int(told.read_text())))


def test_taken_port_gives_the_next_free_pair(capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        below = serving.Plan.at("127.0.0.1", port - 1)
        same = serving.Plan.at("127.0.0.1", port)

    assert below.port > port
    assert same.port > port
    assert f"端口 {port} 已被占用，改用 {same.port}" in capsys.readouterr().out


def test_addresses_of_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHENGGUAN_STREAM_URL", raising=False)
    plan = serving.Plan("0.0.0.0", 8000, 2, 4, None)

    assert plan.address == "http://127.0.0.1:8000"
    assert plan.stream_address == "http://127.0.0.1:8001/stream/"


def test_who_needs_the_database_waits_for_it_and_the_others_do_not() -> None:
    there = [False]
    children = [Child("网页", SLEEP), Child("后台", SLEEP, needs_database=True)]
    run = Family(children, has_database=lambda: there[0])
    run.start()
    try:
        before = run.pids()
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        _until(lambda: all(_gone(pid) for pid in before.values()))
        # Far more looks than deaths are allowed: none of them counts.
        for _ in range(20):
            run.revive()
        waiting = run.pids()
        assert (waiting["网页"] != before["网页"], waiting["后台"]) == (True, before["后台"])
        there[0] = True
        run.revive()
        assert run.pids()["后台"] != before["后台"]
    finally:
        run.stop()
