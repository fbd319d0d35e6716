"""The drill itself: its page, and one tiny run of two quick faults."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from drill import page
from drill.checks import Verdict
from drill.drilling import Result
from drill.faults import ALL
from drill.ledger import Outage

ROOT = Path(__file__).resolve().parents[2]


def _result(**given: object) -> Result:
    outage = Outage(
        refused=2, answered=9, statuses={"503": 2}, slowest=1.0, first=0.5, last=1.0, back=3.0
    )
    made = Result("x", "标题<", "手段", "处理", outage=outage, verdict=Verdict(drained_seconds=0.1))
    for name, value in given.items():
        setattr(made, name, value)
    return made


def test_names_are_unique_and_everything_is_said() -> None:
    assert len({one.name for one in ALL}) == len(ALL)
    assert all(one.title and one.means and one.mend for one in ALL)


def test_a_fault_passes_only_when_nothing_is_wrong_and_it_recovered() -> None:
    assert _result().passed is True
    for wrong in ({"lost": ["a"]}, {"twice": ["a"]}, {"other": ["a"]}, {"drained_seconds": None}):
        verdict = Verdict(**({"drained_seconds": 0.1} | wrong))
        assert _result(verdict=verdict).passed is False
    never = Outage(refused=1, answered=0, statuses={}, slowest=0.0, first=0.5, last=0.5)
    assert _result(outage=never).passed is False


def test_what_was_not_made_never_counts_as_passed(tmp_path: Path) -> None:
    result = _result(not_run="挂载小磁盘需要 root")
    assert result.passed is None
    page.write(tmp_path / "drill.json", {}, [result, _result()])
    told = json.loads((tmp_path / "drill.json").read_text())["faults"]
    assert [one["passed"] for one in told] == [None, True]
    text = (tmp_path / "drill.html").read_text()
    assert "做了 1 项，通过 1 项，未做 1 项" in text
    assert "挂载小磁盘需要 root" in text
    assert "标题&lt;" in text
    assert "2.5 秒" in text


@pytest.mark.slow  # half a minute: a database, a city and real servers are started and broken
def test_a_tiny_drill_loses_nothing(tmp_path: Path) -> None:
    out = tmp_path / "drill.json"
    place = ROOT / "var" / "drill-test"
    command = [
        sys.executable, "-m", "drill", "--only", "worker,deliveries", "--plain", "--people", "6",
        "--crowd", "0", "--think", "0.4", "--hold", "2", "--port", "8950",
        "--out", str(out), "--place", str(place),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    faults = {one["name"]: one for one in json.loads(out.read_text())["faults"]}
    assert {name: one["passed"] for name, one in faults.items()} == {
        "worker": True,
        "deliveries": True,
    }
    assert faults["deliveries"]["verdict"]["acknowledged"]["report"] >= 20
    assert not place.exists()
