"""Ctrl-C ends everything that `chengguan serve` began: processes, database, ports."""

from __future__ import annotations

import signal
import time
import urllib.request
from typing import Final

import psutil
import pytest

from .house import House, gone, port_is_free, until

PORT: Final = 18_440
SECONDS: Final = 15.0


@pytest.mark.slow  # starts the whole system
def test_ctrl_c_leaves_nothing_behind(house: House) -> None:
    served = house.serve(PORT)
    try:
        with urllib.request.urlopen(f"{served.address}/readyz", timeout=10) as answer:
            assert answer.status == 200
        until(lambda: len(served.web_workers()) == 2, "both web workers run")
        postmaster = house.postmaster()
        database = [postmaster, *(one.pid for one in psutil.Process(postmaster).children())]
        family = served.family()
        # Supervisor; web and its two; stream and its one; worker.
        assert len(family) >= 7

        begun = time.monotonic()
        served.interrupt()
        code = served.process.wait(timeout=60)
        took = time.monotonic() - begun

        assert (code, [pid for pid in [*family, *database] if not gone(pid)]) == (0, [])
        assert (port_is_free(served.port), port_is_free(served.port + 1)) == (True, True)
        assert house.postmaster() == 0
        assert took < SECONDS
        assert served.log.read_text().rstrip().endswith("已全部停止。")
        assert "意外退出" not in served.log.read_text()
    finally:
        served.stop()


@pytest.mark.slow  # starts the system up to some moment
@pytest.mark.parametrize("moment", ["pg_ctl", "migrate", "granian"])
def test_ctrl_c_during_the_start_leaves_nothing_behind(house: House, moment: str) -> None:
    served = house.begin_serving(PORT + 4)
    try:
        until(lambda: any(moment in line for line in served.commands()), f"{moment} runs")
        served.family()
        served.interrupt()
        served.process.wait(timeout=60)
        until(lambda: all(gone(pid) for pid in served.seen), "all have ended", SECONDS)
        assert house.postmaster() == 0
        assert (port_is_free(PORT + 4), port_is_free(PORT + 5)) == (True, True)
        assert "Traceback" not in served.log.read_text()
    finally:
        served.stop()
        house.end_database()


@pytest.mark.slow  # a command with Django
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_command_that_is_ended_stops_its_database(house: House, number: signal.Signals) -> None:
    keeper = house.begin("hold", "2027-03-01T03:00:00")
    try:
        assert keeper.stdout is not None
        keeper.stdout.readline()
        assert house.postmaster() != 0
        keeper.send_signal(number)
        keeper.wait(timeout=30)
        until(lambda: house.postmaster() == 0, "the database has stopped", SECONDS)
    finally:
        keeper.kill()
        keeper.communicate()
        house.end_database()
