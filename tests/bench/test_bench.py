"""The bench itself: its arithmetic, its client, and one tiny run of the quick measurements."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.client import Plan, drive, request  # noqa: E402
from bench.figures import Figure, median, percentile  # noqa: E402
from bench.running import STEPS, chosen  # noqa: E402


def test_a_target_is_met_from_the_right_side() -> None:
    assert Figure("a", "", 500, "/s", 500).met is True
    assert Figure("a", "", 499, "/s", 500).met is False
    assert Figure("a", "", 41, "ms", 40, at_most=True).met is False
    assert Figure("a", "", 41, "ms").met is None


def test_a_line_tells_floor_and_ratio() -> None:
    line = Figure("a", "", 50, "/s", 100, floor=200).line({"value": 25})
    assert "25.0%" in line
    assert "×2.00" in line
    assert line.startswith("✗")


def test_percentiles_are_of_what_was_measured() -> None:
    values = [float(one) for one in range(1, 101)]
    assert (median(values), percentile(values, 0.95), percentile([], 0.5)) == (50.5, 96.0, 0.0)


def test_steps_bring_what_they_need() -> None:
    assert chosen(["verbs"]) == ["reports", "verbs"]
    assert chosen([]) == [name for name in STEPS if name not in ("grow", "map")]
    assert chosen(["grow"]) == ["grow"]


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(409 if body == b"no" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return


def test_the_client_keeps_order_and_counts_refusals() -> None:
    server = HTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        lane = [request("POST", "/", "t", body) for body in (b"one", b"no", b"two")]
        answer = drive(Plan("127.0.0.1", server.server_port, [lane], keep_bodies=True))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert answer.bodies == [[b"one", b"no", b"two"]]
    assert answer.statuses == {200: 2, 409: 1}
    assert (answer.good, answer.failures) == (2, [b"no"])


@pytest.mark.slow
def test_a_tiny_run_writes_one_document(tmp_path: Path) -> None:
    """Ten seconds: a database, a city and real servers are started for it."""
    out = tmp_path / "bench.json"
    command = [sys.executable, "-m", "bench", "--small", "--only", "locate,reports,statements"]
    place = ROOT / "var" / "bench-test"
    done = subprocess.run(
        [*command, "--out", str(out), "--place", str(place), "--port", "8790"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(out.read_text())
    assert found["durable"] == {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
    figures = {one["name"]: one for one in found["figures"]}
    assert figures["locate"]["details"]["found"] == 1.0
    assert figures["reports"]["floor"] > 0
    counted = {name: int(one["value"]) for name, one in figures.items() if name[:3] == "sql"}
    assert counted == {"sql_report": 2, "sql_list_5": 2, "sql_list_50": 2, "sql_case": 2}
    assert not place.exists()
