"""Writes a comparison beside its run: JSON for programs, a table for people, pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .calibration import Calibration, calibrate
from .compare import RESULT, compare
from .records import read_run
from .tables import text

TABLE = "compare.txt"
CALIBRATION = "calibrate.txt"


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
    written = text(comparison)
    said = json.dumps(comparison.to_json(), ensure_ascii=False, indent=1, sort_keys=True)
    (folder / RESULT).write_text(said + "\n", encoding="utf-8")
    (folder / TABLE).write_text(written, encoding="utf-8")
    files, font = [folder / RESULT, folder / TABLE], None
    if pictures:
        from .pictures import draw

        drawn, font = draw(comparison, folder)
        files += drawn
    return Reported(written, files, font)


def report_calibration(
    folder: Path, published: Path, *, pictures: bool = True
) -> tuple[Calibration, Reported]:
    """Hold the run in `folder` against published figures; writes a table and a picture into it.

    Raises:
        FileNotFoundError: no run there.
        Invalid: the published figures can't be read.
    """
    found = calibrate(read_run(folder), published)
    written = found.text()
    (folder / CALIBRATION).write_text(written + "\n", encoding="utf-8")
    files, font = [folder / CALIBRATION], None
    if pictures:
        from .pictures import draw_calibration

        drawn, font = draw_calibration(found, folder)
        files.append(drawn)
    return found, Reported(written, files, font)
