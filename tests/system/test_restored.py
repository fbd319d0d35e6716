"""`chengguan backup`, then `restore` on a machine that has nothing: all of it is there."""

from __future__ import annotations

import json
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from .house import House
from .inside import TOKEN

CASES: Final = 12
PORT: Final = 18_460
#: Filled by the commands themselves as they run.
OWN: Final = ("procrastinate_",)


@pytest.fixture
def elsewhere() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="cg-") as name:
        yield House(Path(name) / "var")


@pytest.mark.slow  # two installations and a dozen commands
def test_a_restored_house_holds_everything(house: House, elsewhere: House) -> None:
    numbers = house.ask("fill", str(CASES))
    house.run("audit", "anchor")
    before = _everything(house)
    assert [whole for _, _, whole in before["photographs"]] == [True] * CASES

    kept = house.var / "all.tar"
    house.run("backup", str(kept))
    assert not elsewhere.var.exists()
    elsewhere.run("restore", str(kept))

    assert _everything(elsewhere) == before
    assert _anchors(elsewhere) == _anchors(house) != {}
    served = elsewhere.serve(PORT)
    try:
        assert f"比对 {CASES} 件，差异 0 处" in elsewhere.run("cases", "rebuild", "--verify")
        assert "✓ 审计链完整" in elsewhere.run("audit", "verify")
        _works(served.address, numbers)
    finally:
        served.stop()


def _works(address: str, numbers: list[str]) -> None:
    """The old cases are there, the next one gets the next number."""
    for number in numbers:
        assert _call(f"{address}/api/v1/cases/{number}")["number"] == number
    report = {"source": "hotline", "text": "恢复后的第一条", "lon": 121.905, "lat": 30.89}
    taken = _call(f"{address}/api/v1/reports", report)
    assert taken["number"] > max(numbers)
    assert taken["created"] is True


def _everything(house: House) -> dict[str, Any]:
    found: dict[str, Any] = house.ask("everything")
    assert found["contents"]["cases_case"][0] == CASES
    found["contents"] = {n: told for n, told in found["contents"].items() if not n.startswith(OWN)}
    return found


def _anchors(house: House) -> dict[str, str]:
    place = house.var / "anchors"
    return {str(f.relative_to(place)): f.read_text() for f in place.rglob("*.json")}


def _call(address: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        address,
        data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
