"""Real kills of a real run, and the same command again: the same truth, the same city."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest

from chengguan.config import cluster

from .test_command import city

#: It brings up a database server of its own, three times, and lives four days twice.
pytestmark = pytest.mark.slow

DAYS = "4"
#: Everything the platform holds of a run but ids, numbers and the clock on the wall.
STAND = """
    SELECT r.key, r.at, c.state, c.due_at, c.closed_at, c.on_time, c.clocks::text, (
        SELECT string_agg(concat_ws(' ', e.seq, e.verb, e.at, e.actor, e.data - 'unit' - 'person'
            - 'handler' - 'rule'), ';' ORDER BY e.seq)
        FROM workflow_event e WHERE e.procedure = 'case' AND e.instance_id = c.id), (
        SELECT string_agg(concat_ws(' ', w.state, w.opened_at, w.closed_at), ';' ORDER BY w.id)
        FROM workflow_workitem w WHERE w.procedure = 'case' AND w.instance_id = c.id)
    FROM cases_report r JOIN cases_case c ON c.id = r.case_id ORDER BY r.key
"""


class House:
    """A database server of its own, and runs in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.pg = folder, folder / "pg"
        self.city = city(folder)
        text = self.city.read_text(encoding="utf-8")
        text = text.replace("communities = 2", "communities = 2\ndistricts = 2")
        text = text.replace("number = 3", "number = 4")
        self.city.write_text(text, encoding="utf-8")

    def start(self, database: str, workers: int = 2) -> subprocess.Popen[str]:
        """Begin a run, or go on with it."""
        words = [sys.executable, "-m", "chengguan.config", "simulate", str(self.city)]
        words += ["--days", DAYS, "--seed", "1", "--database", database]
        words += ["--workers", str(workers), "--out", str(self.folder / database)]
        return subprocess.Popen(
            words,
            env={k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
            | {"CHENGGUAN_PG_DIR": str(self.pg)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self, running: subprocess.Popen[str], code: int = 0) -> str:
        said = running.communicate()[0]
        assert running.returncode == code, said
        return said

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        host, port = cluster.address(self.pg)
        return psycopg.connect(
            host=host, port=port, user="chengguan", password=cluster.password(self.pg),
            dbname=database, autocommit=True,
        )  # fmt: skip

    def wait_for_looks(self, database: str, number: int) -> None:
        """Wait until a run has had so many looks in all."""
        patience = monotonic() + 120
        while monotonic() < patience:
            try:
                with self.connect(database) as connection:
                    row = connection.execute("SELECT count(*) FROM simulation_look").fetchone()
                if row is not None and int(str(row[0])) >= number:
                    return
            except (psycopg.Error, OSError, cluster.ClusterError):
                pass
            sleep(0.02)
        raise AssertionError(f"no {number} looks")

    def stand(self, database: str) -> list[tuple[object, ...]]:
        with self.connect(database) as connection:
            return connection.execute(STAND).fetchall()


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    # Somebody holds the server, so that what it holds can be looked at between the runs.
    holds = "from chengguan.config import postgres; postgres.ensure_running(); input()"
    keeper = subprocess.Popen(
        [sys.executable, "-c", holds + "; postgres.release()"],
        env={**os.environ, "CHENGGUAN_PG_DIR": str(made.pg)},
        stdin=subprocess.PIPE,
    )
    yield made
    keeper.communicate(b"\n")


def test_whatever_is_killed_the_same_command_ends_as_if_nothing_had_been(house: House) -> None:
    # One process, where the broken run has two: their number changes nothing either.
    whole = house.finish(house.start("whole", 1))

    # One of the two processes that live.
    running = house.start("broken")
    house.wait_for_looks("broken", 15)
    os.kill(children(running.pid)[0], signal.SIGKILL)
    assert "再次执行同一命令即从那里继续" in house.finish(running, 1)

    # The one that they belong to; they see it themselves.
    running = house.start("broken")
    house.wait_for_looks("broken", 55)
    orphans = children(running.pid)
    running.kill()
    running.communicate()
    assert len(orphans) == 2

    # The database, with everything it has not yet written down.
    running = house.start("broken")
    house.wait_for_looks("broken", 95)
    server = int((house.pg / "postmaster.pid").read_text().splitlines()[0])
    for pid in [server, *children(server)]:
        os.kill(pid, signal.SIGKILL)
    said = house.finish(running, 1)
    assert "数据库恢复后" in said or "提前结束" in said

    said = house.finish(house.start("broken"))
    assert "继续模拟" in said
    assert _digest(said) == _digest(whole)
    truths = [(house.folder / name / "truth.jsonl").read_bytes() for name in ("whole", "broken")]
    assert truths[0] == truths[1]
    stand = house.stand("whole")
    assert len(stand) > 50
    assert house.stand("broken") == stand
    runs = [(house.folder / name / "run.json").read_text() for name in ("whole", "broken")]
    assert runs[1] == runs[0].replace('"whole"', '"broken"')
    assert "已经存在" in house.finish(house.start("broken"), 1)


def _digest(said: str) -> str:
    return said.rsplit("SHA-256 ", 1)[1].split("，", maxsplit=1)[0]
