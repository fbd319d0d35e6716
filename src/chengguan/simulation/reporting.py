"""Writes a comparison beside its run: JSON for programs, a table for people, pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .compare import RESULT, compare
from .model.reading import load_scenario
from .running import CITY
from .tables import text

TABLE = "compare.txt"


@dataclass(frozen=True, slots=True)
class Reported:
    """What was written; `font` is None when the pictures had to do without Chinese."""

    text: str
    files: list[Path]
    font: str | None


def report(folder: Path, baseline: Path | None = None, *, pictures: bool = True) -> Reported:
    """Compare the run in `folder` with the present database and write the result into it.

    Raises:
        FileNotFoundError: no run there, or a baseline that has not been compared.
    """
    comparison = compare(folder, baseline)
    scenario = load_scenario(folder / CITY)
    written = text(comparison, scenario)
    said = json.dumps(comparison.to_json(), ensure_ascii=False, indent=1, sort_keys=True)
    (folder / RESULT).write_text(said + "\n", encoding="utf-8")
    (folder / TABLE).write_text(written, encoding="utf-8")
    files, font = [folder / RESULT, folder / TABLE], None
    if pictures:
        from .pictures import draw

        drawn, font = draw(comparison, scenario, folder)
        files += drawn
    return Reported(written, files, font)
