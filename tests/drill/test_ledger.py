"""What clients were told, and how long nobody was answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from drill.ledger import Ack, Ledger, Outcome
from drill.line import FAILURES, Line
from drill.proxy import Proxy


def _ledger(*outcomes: tuple[float, bool]) -> Ledger:
    kept = [Outcome(at, 0.1, "200" if good else "503", good) for at, good in outcomes]
    return Ledger(outcomes=kept)


def test_recovery_runs_from_the_first_refusal_to_the_first_answer_after_the_last() -> None:
    ledger = _ledger((10.0, True), (11.0, False), (12.0, True), (13.0, False), (14.5, True))
    found = ledger.outage(10.0, 20.0)
    assert (found.first, found.last, found.back) == (1.0, 3.0, 4.5)
    assert (found.recovery, found.refused, found.answered) == (3.5, 2, 3)
    assert ledger.outage(13.9, 20.0).recovery == 0.0


def test_what_never_comes_back_is_told_so() -> None:
    assert _ledger((10.0, True), (11.0, False)).outage(9.0, 20.0).recovery == float("inf")


def test_two_different_answers_to_one_key_clash_and_a_repeated_one_does_not() -> None:
    ledger = Ledger()
    for number, created in (("1", True), ("1", False), ("2", False)):
        ledger.begin("k", "report")
        answer = {"number": number, "created": created}
        ledger.acknowledge(Ack("k", "report", answer, {}, time.time()))
    assert len(ledger.clashes) == 1
    assert (ledger.open, ledger.acks["k"].answer["number"]) == ({}, "1")


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return


@pytest.fixture
def echo() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_line_goes_through_a_slow_proxy_and_comes_back_after_a_cut(echo: int) -> None:
    proxy = Proxy(("127.0.0.1", echo), delay=0.05)
    proxy.start()

    async def talk() -> tuple[list[bytes], int]:
        line, bodies, failures = Line("127.0.0.1", proxy.port), [], 0
        for share, body in ((0.0, b"one"), (1.0, b"two"), (0.0, b"three")):
            proxy.cut = share
            try:
                bodies.append((await line.ask("POST", "/", {}, body)).body)
            except FAILURES:
                failures += 1
        line.close()
        return bodies, failures

    begun = time.monotonic()
    try:
        assert asyncio.run(talk()) == ([b"one", b"three"], 1)
    finally:
        proxy.stop()
    assert proxy.cuts == 1
    assert time.monotonic() - begun > 0.2
