"""What is measured inside this process: statements of a request, their floor, batches, GiST."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import floors, loads
from .figures import Figure, median
from .world import SEED, World, points


def statements(world: World, number: str) -> list[Figure]:
    """Count the statements of a report, a list page of 5 and of 50, and a case, caches warm."""
    collector, acceptor = world.tokens["collector"][0], world.tokens["acceptor"][0]
    chance = random.Random(SEED)

    def take_in(turn: str) -> list[str]:
        body = loads.report(world, chance, points(1)[0], f"counted-{turn}")
        return _sql("POST", "/api/v1/reports", collector, json.dumps(body))

    def listed(size: int) -> list[str]:
        return _sql("GET", f"/api/v1/cases?size={size}&kind=matter", acceptor)

    for turn in ("first", "second"):
        take_in(turn)
        listed(5)
    one = f"/api/v1/cases/{number}"
    _sql("GET", one, acceptor)
    found = {
        "sql_report": ("statements to take in a report", take_in("third"), 8),
        "sql_list_5": ("statements of a list page of 5", listed(5), 8),
        "sql_list_50": ("statements of a list page of 50", listed(50), 8),
        "sql_case": ("statements of a case", _sql("GET", one, acceptor), 15),
    }
    return [
        Figure(
            name, title, len(sql), "", target, at_most=True, details={"sql": [s[:120] for s in sql]}
        )
        for name, (title, sql, target) in found.items()
    ]


def floor_of(asked: Sequence[tuple[str, str]], folder: Path, seconds: float) -> float:
    """Give how many of these GET requests PostgreSQL alone could answer a second."""
    for token, path in asked:
        _sql("GET", path, token)
    sent = [one for token, path in asked for one in _sql("GET", path, token)]
    return floors.statements_rate(sent, folder, seconds=seconds) * len(asked)


def batch_in_process(world: World, count: int) -> Figure:
    """Measure `take_in_many` without HTTP and JSON."""
    from chengguan.accounts.domain.principal import Principal
    from chengguan.cases.domain.intake import NewReport, Refused, take_in_many

    system = Principal.system("bench")
    seconds = []
    for turn in range(3):
        chance = random.Random(f"{SEED}process{turn}")
        rows = [
            loads.report(world, chance, point, f"process{turn}-{number}")
            for number, point in enumerate(points(count, turn))
        ]
        news = [
            NewReport(client="bench", **{k: v for k, v in row.items() if k != "reporter"})
            for row in rows
        ]
        begun = perf_counter()
        answers = take_in_many(news, system)
        seconds.append(perf_counter() - begun)
        assert not any(isinstance(one, Refused) for one in answers)
    return Figure(
        "batch_process", "the same in process", count / median(seconds), "/s", 5_000,
        details={"seconds": seconds}, bound_by="one core: each case's first step in Python",
    )  # fmt: skip


def gist_rate(asked: NDArray[np.float64]) -> float:
    """Give how many points a second PostgreSQL finds the grid of, through a GiST index."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_grid, bench_point")
        cursor.execute(
            "CREATE TABLE bench_grid AS SELECT code, (SELECT polygon(string_agg("
            "format('(%s,%s)', p->>0, p->>1), ',')) "
            "FROM jsonb_array_elements(geometry->'coordinates'->0) p) AS shape "
            "FROM registry_area WHERE level = 'grid'"
        )
        cursor.execute("CREATE INDEX ON bench_grid USING gist (shape)")
        cursor.execute("CREATE TABLE bench_point (at point)")
        with cursor.copy("COPY bench_point FROM STDIN") as copy:
            for lon, lat in asked:
                copy.write_row([f"({lon},{lat})"])
        cursor.execute("ANALYZE bench_grid, bench_point")
        begun = perf_counter()
        cursor.execute(
            "SELECT count(*) FROM bench_point p JOIN bench_grid g "
            "ON g.shape @> polygon(box(p.at, p.at))"
        )
        return len(asked) / (perf_counter() - begun)


def _sql(method: str, path: str, token: str, body: str = "") -> list[str]:
    """Give the statements of one request, their values in place."""
    import psycopg
    from django.db import connection
    from django.test import Client

    from chengguan.store.prepared import as_text

    sent: list[str] = []

    def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        texts = [as_text(value) for value in values or ()]
        sent.append(psycopg.ClientCursor(connection.connection).mogrify(sql, texts))
        return execute(sql, values, many, context)

    client: Any = Client(headers={"Authorization": f"Bearer {token}"})
    with connection.execute_wrapper(note):
        answer = client.generic(method, path, body, content_type="application/json")
    if answer.status_code >= 400:
        raise RuntimeError(f"{path}: {answer.status_code} {answer.content[:300]!r}")
    return sent
