"""The bench on another server: whose database it may empty, and two runs in one document."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench import elsewhere, growth  # noqa: E402
from chengguan.config import cluster  # noqa: E402


@pytest.fixture
def url(db: None) -> Iterator[str]:
    """Give the address of an empty database on the server of the tests."""
    yield from _database("ENCODING 'UTF8'")


@pytest.fixture
def url_of_ascii(db: None) -> Iterator[str]:
    yield from _database("ENCODING 'SQL_ASCII' LOCALE 'C'")


def test_an_empty_database_is_taken_marked_and_left_empty(url: str) -> None:
    said = elsewhere.claim(url)
    assert said["server_encoding"] == "UTF8"
    assert _tables(url) == ["chengguan_bench"]
    with psycopg.connect(url) as line:
        line.execute("CREATE TABLE cases_case (id int)")
    # Marked, it is the bench's own: the next run begins anew.
    elsewhere.claim(url)
    assert _tables(url) == ["chengguan_bench"]
    elsewhere.leave(url)
    assert _tables(url) == []


def test_somebody_elses_database_is_refused_and_left_as_it_is(url: str) -> None:
    with psycopg.connect(url) as line:
        line.execute("CREATE SCHEMA office")
        line.execute("CREATE TABLE office.letters AS SELECT 7 AS id")
    with pytest.raises(
        elsewhere.NotOurs, match=r"已有 1 个表或视图（office\.letters），.*没有动它"
    ):
        elsewhere.claim(url)
    with psycopg.connect(url) as line:
        assert line.execute("SELECT id FROM office.letters").fetchall() == [(7,)]


def test_a_database_of_another_encoding_is_refused(url_of_ascii: str) -> None:
    with pytest.raises(elsewhere.NotOurs, match="编码是 SQL_ASCII，应为 UTF8"):
        elsewhere.check(url_of_ascii)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("mysql://a@b/c", "应为 postgresql://"),
        ("postgresql://127.0.0.1:1/", "应为 postgresql://"),
        ("postgresql://a@127.0.0.1:1/bench", "连不上 BENCH_DATABASE_URL"),
    ],
)
def test_a_wrong_address_is_said(given: str, said: str) -> None:
    with pytest.raises(elsewhere.NotOurs, match=said):
        elsewhere.check(given)


def test_both_columns_stand_beside_each_other() -> None:
    found = elsewhere.beside(
        {
            "embedded": {"cores": 2, "figures": [{"name": "a", "value": 1}, {"name": "b"}]},
            "other": {"server": "15", "figures": [{"name": "a", "value": 3}]},
        }
    )
    assert found["columns"] == {"embedded": {"cores": 2}, "other": {"server": "15"}}
    assert found["figures"] == [
        {"name": "a", "value": 1, "other": {"name": "a", "value": 3}},
        {"name": "b", "other": None},
    ]


def test_a_size_the_disk_cannot_hold_is_refused(tmp_path: Path) -> None:
    said: list[str] = []
    growth.say_room([10_000], tmp_path, said.append)
    assert "10,000 件需要约 0.0 GB" in said[0]
    with pytest.raises(growth.NoRoom, match="请用 --sizes 减小规模"):
        growth.say_room([10_000, 10**12], tmp_path, said.append)


@pytest.mark.slow
def test_a_run_on_two_servers_writes_one_document(tmp_path: Path) -> None:
    """Half a minute: two databases, two cities, and a second server of Debian's where there is one."""
    out, place = tmp_path / "bench.json", ROOT / "var" / "bench-two"
    shutil.rmtree(place, ignore_errors=True)
    with _second_server(place) as url:
        done = subprocess.run(
            [
                sys.executable, "-m", "bench", "--small", "--only", "memory", "--out", str(out),
                "--place", str(place / "run"), "--port", "8760",
            ],
            cwd=ROOT, env=os.environ | {elsewhere.ENVIRONMENT: url},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        assert _tables(url) == []
    shutil.rmtree(place)
    found = json.loads(out.read_text())
    (memory,) = found["figures"]
    assert memory["value"] > 0
    assert memory["other"]["value"] > 0
    assert found["columns"]["other"]["server"]["server_version"]
    assert found["columns"]["other"]["durable"]["fsync"] == "on"


def _database(options: str) -> Iterator[str]:
    name = f"bench_claim_{secrets.token_hex(4)}"
    given = connection.settings_dict
    where = f"host={quote(given['HOST'], safe='')}&port={given['PORT']}"
    login = f"{given['USER']}:{quote(given['PASSWORD'], safe='')}"
    with psycopg.connect(f"postgresql://{login}@/postgres?{where}", autocommit=True) as line:
        line.execute(f"CREATE DATABASE {name} TEMPLATE template0 {options}")
        try:
            yield f"postgresql://{login}@/{name}?{where}"
        finally:
            line.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _tables(url: str) -> list[str]:
    with psycopg.connect(url) as line:
        found = line.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname !~ '^(pg_|sql_)'"
        )
        return [str(row[0]) for row in found]


@contextmanager
def _second_server(place: Path) -> Iterator[str]:
    """Run Debian's PostgreSQL where it is installed, else a second embedded one; both by loopback."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    # A long name: without a socket that fits, the embedded server listens on a port of its own.
    home = place / f"second-{'x' * 80}"
    if not debian:
        cluster.initialise(home, "bench")
        cluster.start(home)
        host, port = cluster.address(home)
        try:
            yield f"postgresql://bench:{cluster.password(home)}@{host}:{port}/postgres"
        finally:
            cluster.stop(home)
        return
    user = "postgres" if os.geteuid() == 0 else None
    home.mkdir(parents=True)
    shutil.chown(home, user or os.geteuid())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        with (place / "said").open("ab") as said:
            # A file, not a pipe: the server inherits it, and a pipe would never end.
            subprocess.run(
                [str(debian[-1] / program), *arguments, "-D", str(home)],
                user=user, extra_groups=[] if user else None, stdin=subprocess.DEVNULL,
                stdout=said, stderr=said, cwd="/", check=True,
            )  # fmt: skip

    run("initdb", "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C")
    listen = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
    run("pg_ctl", "-w", "-o", listen, "-l", str(home / "log"), "start")
    try:
        yield f"postgresql://bench@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-w", "-m", "fast", "stop")
