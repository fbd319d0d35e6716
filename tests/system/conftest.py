"""Houses for the tests of the whole system, each in a directory of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .house import House


@pytest.fixture(scope="session")
def settled() -> Iterator[House]:
    """A stopped house with the small city in it, to be copied."""
    from .house import House

    # Not pytest's own directory: PostgreSQL's user must reach it when the tests run as root.
    with tempfile.TemporaryDirectory(prefix="cg-") as name:
        house = House(Path(name) / "settled")
        house.var.mkdir()
        house.run("migrate")
        house.ask("settle")
        yield house


@pytest.fixture
def house(settled: House) -> Iterator[House]:
    """A house of the test's own."""
    with tempfile.TemporaryDirectory(prefix="cg-") as name:
        yield settled.copy_to(Path(name) / "var")
