"""`kill -9` while 2,000 reports come in: every acknowledged one is there, once."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import factories
import pytest

from .house import House, Served, gone, kill, port_is_free, until
from .inside import TOKEN

REPORTS: Final = 2_000
CLIENTS: Final = 8
PORT: Final = 18_400
_PATIENCE = 120.0

Ack = list[Any]


@dataclass
class Senders:
    """Clients that send each report until somebody acknowledges it."""

    port: int
    acks: dict[str, Ack] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._send_all, daemon=True) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        return threads

    def _send_all(self) -> None:
        line: http.client.HTTPConnection | None = None
        while (number := self._take()) is not None:
            key, deadline = f"kill-{number:04d}", time.monotonic() + _PATIENCE
            while time.monotonic() < deadline:
                line = line or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                try:
                    if self._send(line, key, number):
                        break
                except (OSError, http.client.HTTPException) as error:
                    self._count(type(error).__name__)
                    line.close()
                    line = None
                    time.sleep(0.1)
            else:
                self.failures.append(f"{key}: never acknowledged")
        if line:
            line.close()

    def _send(self, line: http.client.HTTPConnection, key: str, number: int) -> bool:
        lon, lat = factories.inside(1 + number % 2, 0.1 + number % 80 / 100, 0.3)
        report = {
            "source": "hotline",
            "text": f"第 {number} 条",
            "lon": lon,
            "lat": lat,
            "key": key,
        }
        line.request("POST", "/api/v1/reports", json.dumps(report), HEADERS)
        answer = line.getresponse()
        body = answer.read()
        self._count(str(answer.status))
        if answer.status in (200, 201):
            told = json.loads(body)
            self.acks[key] = [told["report_id"], told["case_id"], told["number"]]
            return True
        # The database goes with the last of its users: said plainly, nothing acknowledged.
        if answer.status != 503 or json.loads(body)["code"] != "api.unavailable":
            self.failures.append(f"{key}: {answer.status} {body[:300]!r}")
        time.sleep(0.2)
        return False

    def _take(self) -> int | None:
        with self._lock:
            self._next += 1
            return self._next if self._next <= REPORTS else None

    def _count(self, what: str) -> None:
        with self._lock:
            self.answers[what] += 1


HEADERS: Final = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


def _kill_one_web_worker(served: Served) -> None:
    victim = served.web_workers()[0]
    kill(victim)
    until(
        lambda: victim not in served.web_workers() and len(served.web_workers()) == 2,
        "two web workers again",
    )


def _kill_background_work(served: Served) -> None:
    kill(served.worker())


def _kill_web(served: Served) -> None:
    kill(served.web())


def _kill_all_workers(served: Served) -> None:
    kill(*served.web_workers(), served.worker())


def _restart(house: House, served: Served, *, power_cut: bool) -> Served:
    """Kill the supervisor, or everything at once; then start it on the same port."""
    family, postmaster = served.family(), house.postmaster()
    if power_cut:
        kill(*family, postmaster)
    else:
        kill(served.process.pid)
    served.process.wait()
    until(lambda: all(gone(pid) for pid in family), "all children have ended", 40)
    until(lambda: port_is_free(PORT) and port_is_free(PORT + 1), "the ports are free", 20)
    again = house.serve(PORT)
    assert again.port == PORT
    return again


#: What is killed, one after another; False: the supervisor; True: everything, the database too.
BLOWS: Final[tuple[Callable[[Served], None] | bool, ...]] = (
    _kill_one_web_worker,
    _kill_background_work,
    _kill_web,
    False,
    True,
    _kill_all_workers,
)


@pytest.mark.slow  # 2,000 durable reports, five kills and two restarts of everything
def test_every_acknowledged_report_is_there_once(house: House) -> None:
    served = house.serve(PORT)
    assert served.port == PORT, "the port of this test is taken"
    senders = Senders(PORT)
    threads = senders.start()
    try:
        for number, blow in enumerate(BLOWS, 1):
            due = number * REPORTS // (len(BLOWS) + 1)
            until(lambda due=due: len(senders.acks) >= due, f"{due} reports", 120)  # type: ignore[misc]
            if isinstance(blow, bool):
                served = _restart(house, served, power_cut=blow)
            else:
                blow(served)
        for thread in threads:
            thread.join(timeout=180)
        assert (senders.failures, len(senders.acks)) == ([], REPORTS)
        _check(house, senders)
    finally:
        served.stop()


def _check(house: House, senders: Senders) -> None:
    assert set(senders.answers) > {"201"}, "nobody noticed the kills: the test tests nothing"
    assert _sent_again(senders) == senders.acks
    told = _drained(house)
    assert set(told["durable"].values()) == {"on"}
    assert {key: row[:3] for key, row in told["reports"].items()} == senders.acks
    # One case, its one event, one thing to do, one audit entry.
    assert Counter(tuple(row[3:]) for row in told["reports"].values()) == {(1, 1, 1, 1): REPORTS}
    once = ("reports", "keys", "cases", "numbers", "events")
    assert {name: told["counts"][name] for name in once} == dict.fromkeys(once, REPORTS)
    assert f"比对 {REPORTS} 件，差异 0 处" in house.run("cases", "rebuild", "--verify")
    assert "✓ 审计链完整" in house.run("audit", "verify")


def _sent_again(senders: Senders) -> dict[str, Ack]:
    """Send all of them once more, in one batch: the same answers, nothing new."""
    keys = sorted(senders.acks)
    rows = [{"source": "hotline", "text": "又一次", "key": key} for key in keys]
    line = http.client.HTTPConnection("127.0.0.1", senders.port, timeout=60)
    line.request("POST", "/api/v1/reports/batch", json.dumps({"reports": rows}), HEADERS)
    results = json.loads(line.getresponse().read())["results"]
    line.close()
    assert [row["taken"]["created"] for row in results] == [False] * len(keys)
    return {
        key: [row["taken"]["report_id"], row["taken"]["case_id"], row["taken"]["number"]]
        for key, row in zip(keys, results, strict=True)
    }


def _drained(house: House) -> Any:
    """Wait until the worker has told everybody and linked everything; gives the tally."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        told = house.ask("tally")
        counts = told["counts"]
        if counts["outbox"] == counts["pending"] == 0:
            assert counts["links"] == counts["entries"]
            return told
    raise AssertionError(f"the worker left things undone: {counts}")
