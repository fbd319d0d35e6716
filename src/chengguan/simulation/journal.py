"""What the platform answered, look by look, kept in its own database while a run goes on.

Each look's row is written in the transaction of the look, so that it can neither run ahead of the
cases nor stay behind them, whatever is killed. The tables stand only as long as a run does.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from django.db import connection, transaction

from chengguan.core.errors import Conflict

from .driving import Driven
from .model.platform import Answer

_MAKE: Final = (
    "CREATE TABLE IF NOT EXISTS simulation_run (client text PRIMARY KEY, said jsonb NOT NULL)",
    """CREATE TABLE IF NOT EXISTS simulation_look (
        client text, mark text, number integer, body bytea NOT NULL,
        PRIMARY KEY (client, mark, number))""",
)
#: Of nine levels the quickest makes a tenth of it already.
_LEVEL: Final = 1


@dataclass(frozen=True, slots=True)
class Look:
    """A look as it was: the truth log's digest before it, its answers, what was driven by then.

    `answers` are (refused, state, due) in the order of what was asked.
    """

    digest: str
    answers: list[tuple[str, str, int | None]]
    driven: Driven


def make() -> None:
    """Make the tables: they mark a database as a simulation's, even before it has a town."""
    with connection.cursor() as cursor:
        for statement in _MAKE:
            cursor.execute(statement)


def stands() -> bool:
    """Say whether the present database has a simulation that has not ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('simulation_run') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def unfinished(client: str) -> dict[str, Any] | None:
    """Give what was said of a run that has begun and not ended; None when there is none."""
    if not stands():
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT said::text FROM simulation_run WHERE client = %s", [client])
        row = cursor.fetchone()
    return None if row is None else dict(orjson.loads(row[0]))


def begin(client: str, said: Mapping[str, Any]) -> None:
    """Note that a run begins, in the caller's transaction."""
    make()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO simulation_run VALUES (%s, %s)", [client, orjson.dumps(said).decode()]
        )


def end(client: str) -> None:
    """Forget a run that is over; with the last one the tables go."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM simulation_look WHERE client = %s", [client])
        cursor.execute("DELETE FROM simulation_run WHERE client = %s", [client])
        cursor.execute("SELECT EXISTS (SELECT 1 FROM simulation_run)")
        if not cursor.fetchone()[0]:
            cursor.execute("DROP TABLE simulation_run, simulation_look")


class Journal:
    """The looks of one district of a run, numbered from 1."""

    def __init__(self, client: str, mark: str) -> None:
        self.client, self.mark = client, mark
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(max(number), 0) FROM simulation_look "
                "WHERE client = %s AND mark = %s",
                [client, mark],
            )
            self.last = int(cursor.fetchone()[0])

    def write(self, number: int, digest: str, answers: Sequence[Answer], driven: Driven) -> None:
        """Add a look, in the caller's transaction."""
        said = {
            "digest": digest,
            "refused": [one.refused for one in answers],
            "state": [one.state for one in answers],
            "due": [one.due for one in answers],
            "cases": driven.cases,
            "steps": driven.steps,
            "seconds": driven.seconds,
            "why": driven.refused,
        }
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO simulation_look VALUES (%s, %s, %s, %s)",
                [self.client, self.mark, number, zlib.compress(orjson.dumps(said), _LEVEL)],
            )

    def read(self, number: int) -> Look:
        """Give a look.

        Raises:
            Conflict: somebody took it away.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT body FROM simulation_look WHERE client = %s AND mark = %s AND number = %s",
                [self.client, self.mark, number],
            )
            row = cursor.fetchone()
        if row is None:
            raise Conflict(
                "simulation.look",
                f"第 {number} 次查看的记录不在数据库中。",
                mend="这次模拟无法继续，请在新数据库中重新开始。",
            )
        said = orjson.loads(zlib.decompress(row[0]))
        answers = list(zip(said["refused"], said["state"], said["due"], strict=True))
        why = Counter(said["why"])
        return Look(
            said["digest"], answers, Driven(said["cases"], said["steps"], said["seconds"], why)
        )
