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
    before = _contents(house)
    photographs = house.ask("photographs")
    assert [whole for _, _, whole in photographs] == [True] * CASES
    head = _head(house)

    kept = house.var / "all.tar"
    house.run("backup", str(kept))
    assert not elsewhere.var.exists()
    elsewhere.run("restore", str(kept))

    assert _contents(elsewhere) == before
    assert elsewhere.ask("photographs") == photographs
    assert _anchors(elsewhere) == _anchors(house) != {}
    assert _head(elsewhere) == head
    assert f"比对 {CASES} 件，差异 0 处" in elsewhere.run("cases", "rebuild", "--verify")
    _works(elsewhere, numbers)


def _works(house: House, numbers: list[str]) -> None:
    """Serve the restored house: the old cases are there, the next one gets the next number."""
    served = house.serve(PORT)
    try:
        for number in numbers:
            assert _call(f"{served.address}/api/v1/cases/{number}")["number"] == number
        report = {"source": "hotline", "text": "恢复后的第一条", "lon": 121.905, "lat": 30.89}
        taken = _call(f"{served.address}/api/v1/reports", report)
        assert taken["number"] > max(numbers)
        assert taken["created"] is True
    finally:
        served.stop()


def _contents(house: House) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = house.ask("contents")
    assert found["cases_case"][0] == CASES
    return {name: told for name, told in found.items() if not name.startswith(OWN)}


def _anchors(house: House) -> dict[str, str]:
    place = house.var / "anchors"
    return {str(f.relative_to(place)): f.read_text() for f in place.rglob("*.json")}


def _head(house: House) -> str:
    said = house.run("audit", "verify")
    assert "✓ 审计链完整" in said
    return said.rpartition("链尾摘要 ")[2].strip()


def _call(address: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        address,
        data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
