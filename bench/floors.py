"""The floors: the same kind of work in raw PostgreSQL, without any Python of ours, by pgbench."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from chengguan.config import postgres

_TPS = re.compile(r"tps = ([0-9.]+)")
_TABLES = """
DROP TABLE IF EXISTS bench_case, bench_event;
CREATE TABLE bench_case (id bigserial PRIMARY KEY, state text, seq int, area text, matter text,
    text text, opened_at timestamptz, clocks jsonb);
CREATE TABLE bench_event (id bigserial PRIMARY KEY, case_id bigint, seq int, verb text,
    at timestamptz, data jsonb, UNIQUE (case_id, seq));
"""
_CLOCKS = '{"accept": {"started_at": 1, "due": 2, "limit": 900, "mode": "work"}}'

#: One row with its event, in one statement.
REPORT = f"""
WITH c AS (INSERT INTO bench_case (state, seq, area, matter, text, opened_at, clocks)
    VALUES ('reported', 1, '310115001001001', '01001', repeat('x', 60), now(), '{_CLOCKS}')
    RETURNING id)
INSERT INTO bench_event (case_id, seq, verb, at, data) SELECT id, 1, 'report', now(), '{{}}' FROM c;
"""
#: One row moved on, with its event, in one statement.
VERB = """
\\set key random(1, {rows})
WITH c AS (UPDATE bench_case SET seq = seq + 1, state = 'x', opened_at = now() WHERE id = :key
    RETURNING id, seq)
INSERT INTO bench_event (case_id, seq, verb, at, data) SELECT id, seq, 'file', now(), '{{}}' FROM c;
"""


def make_tables(rows: int = 0) -> None:
    """Make the bare tables, `rows` cases in them."""
    _psql(_TABLES)
    if rows:
        _psql(
            "INSERT INTO bench_case (state, seq, area, matter, text, opened_at, clocks) "
            f"SELECT 'reported', 1, '310115001001001', '01001', repeat('x', 60), now(), '{_CLOCKS}' "
            f"FROM generate_series(1, {rows}); ANALYZE bench_case"
        )


def rate(script: str, folder: Path, *, clients: int = 8, seconds: float = 3) -> float:
    """Give how often a second pgbench runs a script, prepared, from so many connections."""
    file = folder / "floor.sql"
    file.write_text(script, encoding="utf-8")
    said = _run(
        "pgbench",
        *("-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(max(1, round(seconds)))),
        *("-f", str(file)),
    )
    found = _TPS.search(said)
    if found is None:
        raise ValueError(f"pgbench said no rate: {said[-400:]}")
    return float(found[1])


def statements_rate(statements: Sequence[str], folder: Path, **options: float) -> float:
    """Give how often a second PostgreSQL answers these statements one after another."""
    # A colon before a letter would be a variable of pgbench; ours stand in literals and casts.
    script = ";\n".join(re.sub(r"\s+", " ", one) for one in statements) + ";\n"
    return rate(script, folder, seconds=options.get("seconds", 3))


def copy_rate(rows: int) -> float:
    """Give how many rows a second one COPY brings into the bare table."""
    from time import perf_counter

    from django.db import connection

    line = ("reported", 1, "310115001001001", "01001", "x" * 60, "2026-01-01", _CLOCKS)
    with connection.cursor() as cursor:
        begun = perf_counter()
        with cursor.copy(
            "COPY bench_case (state, seq, area, matter, text, opened_at, clocks) FROM STDIN"
        ) as copy:
            for _ in range(rows):
                copy.write_row(line)
    return rows / (perf_counter() - begun)


def _psql(script: str) -> str:
    return _run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", script)


def _run(program: str, *arguments: str) -> str:
    found = postgres.database_settings()
    environment = {
        "PGHOST": found["HOST"],
        "PGPORT": str(found["PORT"]),
        "PGUSER": found["USER"],
        "PGPASSWORD": found["PASSWORD"],
        "PGDATABASE": found["NAME"],
        "LC_ALL": "C",
    }
    if "sslmode" in found.get("OPTIONS", {}):
        environment["PGSSLMODE"] = found["OPTIONS"]["sslmode"]
    done = subprocess.run(
        [postgres.program(program), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{program}: {done.stderr[-800:]}")
    return done.stdout
