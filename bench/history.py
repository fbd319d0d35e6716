"""Synthetic history in the columns of the shipped mapping, and its replay by the command."""

from __future__ import annotations

import csv
import os
import random
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from chengguan.config.paths import ROOT

from .world import SEED

#: Where the city's own file lies, when somebody has it; it is not shipped.
ENVIRONMENT: Final = "CHENGGUAN_BENCH_HISTORY"
_DATABASE: Final = "bench_replay"
_RATE: Final = re.compile(r"回放 (\d+) 件（(\d+) 步.*?([\d.]+) 秒，每秒 (\d+) 件")
_MAPPING: Final = ROOT / "data" / "replay" / "boston311.toml"
_TYPES: Final = ("Pothole Repair", "Graffiti Removal", "Street Light", "Missed Trash", "Parking")


def may_make_database() -> bool:
    """Say whether the account in use can make the database that a replay needs, and none is there."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolcreatedb OR rolsuper, EXISTS (SELECT 1 FROM pg_database WHERE datname = %s)"
            " FROM pg_roles WHERE rolname = current_user",
            [_DATABASE],
        )
        may, there = cursor.fetchone()
    return bool(may and not there)


def replay_rate(folder: Path, count: int) -> tuple[float, dict[str, Any]]:
    """Give cases a second and what was replayed: the city's own file if named, else a made one."""
    from django.db import connection

    given = os.environ.get(ENVIRONMENT)
    file = Path(given) if given else _made(folder / "history.csv", count)
    command = [
        sys.executable, "-m", "chengguan.config", "cases", "replay", str(file),
        "--mapping", str(_MAPPING), "--database", _DATABASE,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = _RATE.search(done.stdout)
    if found is None:
        # Above all: a database of that name that isn't ours is left alone.
        raise RuntimeError(f"replay: {done.stdout[-500:]}{done.stderr[-1500:]}")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {_DATABASE} WITH (FORCE)")
    cases, steps, seconds, rate = found.groups()
    about = {"cases": int(cases), "steps": int(steps), "seconds": float(seconds)}
    return float(rate), about | {"file": "recorded" if given else "made from the seed"}


def _made(file: Path, count: int) -> Path:
    chance = random.Random(SEED)
    heads = [
        "case_enquiry_id",
        "open_dt",
        "target_dt",
        "closed_dt",
        "ontime",
        "case_title",
        "type",
        "queue",
        "location",
        "source",
        "latitude",
        "longitude",
    ]
    begun = datetime(2011, 7, 1, 8)  # noqa: DTZ001 (as the city writes them)
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(heads)
        for number in range(count):
            opened = begun + timedelta(days=100 * number / count, seconds=chance.randint(0, 600))
            due = opened + timedelta(hours=chance.choice((24, 48, 120)))
            closed = opened + timedelta(hours=chance.expovariate(1 / 40))
            kind = chance.randrange(len(_TYPES))
            writer.writerow(
                [
                    100_000_000_000 + number, opened, due,
                    closed.replace(microsecond=0) if chance.random() < 0.95 else "",
                    "ONTIME" if closed <= due else "OVERDUE", f"{_TYPES[kind]} request",
                    _TYPES[kind], f"PWDx_Unit {kind}", f"{chance.randint(1, 900)} Main St",
                    "Constituent Call", 42.30 + chance.uniform(-0.05, 0.05),
                    -71.08 + chance.uniform(-0.05, 0.05),
                ]
            )  # fmt: skip
    return file
