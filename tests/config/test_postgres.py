"""The embedded PostgreSQL: started once, found again, robust against what crashes leave."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chengguan.config import cluster, postgres

HOLDER = """
import sys, time
from chengguan.config import postgres
print(postgres.ensure_running().started, flush=True)
time.sleep(60)
"""


def _answer(url: str, query: str = "SELECT '1'") -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return str(row[0])


@contextlib.contextmanager
def _holder() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _kill_postmaster(place: Path) -> int:
    pid = int((place / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while cluster.is_up(place) and time.monotonic() < deadline:
        time.sleep(0.02)
    return pid


def test_first_call_starts_second_finds_release_stops(place: Path) -> None:
    first = postgres.ensure_running()
    second = postgres.ensure_running()

    assert (first.started, second.started) == (True, False)
    assert _answer(second.url) == "1"
    assert postgres.release() is True
    assert cluster.is_up(place) is False


def test_data_outlives_a_restart(copied: Path) -> None:
    url = postgres.ensure_running().url
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    postgres.release()

    assert _answer(postgres.ensure_running().url, "SELECT n FROM kept") == "7"


def test_collation_and_tuning(copied: Path) -> None:
    url = postgres.ensure_running().url

    assert _answer(url, "SELECT datcollate FROM pg_database WHERE datname = 'chengguan'") == "C"
    assert _answer(url, "SHOW server_encoding") == "UTF8"
    assert _answer(url, "SHOW synchronous_commit") == "off"  # the test session is CHENGGUAN_PG_FAST
    assert _answer(url, "SHOW jit") == "off"


def test_real_server_is_durable(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHENGGUAN_PG_FAST_UNSAFE", raising=False)
    url = postgres.ensure_running().url

    assert _answer(url, "SHOW fsync") == "on"
    assert _answer(url, "SHOW synchronous_commit") == "on"
    assert _answer(url, "SHOW full_page_writes") == "on"


def test_listens_on_no_network_address(copied: Path) -> None:
    url = postgres.ensure_running().url

    assert _answer(url, "SHOW listen_addresses") == ""


def test_long_path_falls_back_to_loopback(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = place / ("d" * 60) / ("e" * 40) / "pg"
    monkeypatch.setenv("CHENGGUAN_PG_DIR", str(long))

    url = postgres.ensure_running().url

    assert "@127.0.0.1:" in url
    assert _answer(url, "SHOW listen_addresses") == "127.0.0.1"
    assert postgres.database_settings()["HOST"] == "127.0.0.1"
    assert postgres.release() is True


def test_password_is_needed_and_private(place: Path) -> None:
    postgres.ensure_running()
    secret = place.with_name("pg.password")

    assert secret.stat().st_mode & 0o777 == 0o600
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=str(place), user="chengguan", dbname="chengguan", password="wrong")


def test_second_process_reuses_and_last_one_stops(copied: Path) -> None:
    with _holder() as other:
        assert _first_line(other) == "True"
        assert postgres.ensure_running().started is False
        assert postgres.release() is False
        assert cluster.is_up(copied) is True
    # Killed, it could not stop the server; the next to come finds it and takes it over.
    assert postgres.ensure_running().started is False
    assert postgres.release() is True


def test_two_processes_starting_at_once(place: Path) -> None:
    with _holder() as one, _holder() as two:
        assert sorted([_first_line(one), _first_line(two)]) == ["False", "True"]
    postgres.ensure_running()


def test_killed_server_recovers(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHENGGUAN_PG_FAST_UNSAFE", raising=False)
    url = postgres.ensure_running().url
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    _kill_postmaster(copied)

    server = postgres.ensure_running()

    assert server.started is True
    assert _answer(server.url, "SELECT n FROM kept") == "7"


def test_stale_pid_of_a_foreign_process(copied: Path) -> None:
    postgres.ensure_running()
    pid = _kill_postmaster(copied)
    stale = copied / "postmaster.pid"
    stale.write_text(stale.read_text().replace(str(pid), str(os.getpid()), 1))

    assert postgres.ensure_running().started is True


def test_other_version_is_refused_with_the_mend(place: Path) -> None:
    place.mkdir()
    (place / "PG_VERSION").write_text("9\n")

    with pytest.raises(postgres.DatabaseUnavailableError, match="chengguan restore"):
        postgres.ensure_running()


def test_directory_with_other_files_is_refused(place: Path) -> None:
    place.mkdir()
    (place / "letter.txt").write_text("mine")

    with pytest.raises(postgres.DatabaseUnavailableError, match="CHENGGUAN_PG_DIR"):
        postgres.ensure_running()
    assert (place / "letter.txt").read_text() == "mine"


def test_broken_configuration_names_the_reason(copied: Path) -> None:
    postgres.ensure_running()
    postgres.release()
    with (copied / "postgresql.auto.conf").open("a") as handle:
        handle.write("nonsense_setting = 3\n")

    with pytest.raises(postgres.DatabaseUnavailableError, match="nonsense_setting"):
        postgres.ensure_running()


def test_database_url_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "DATABASE_URL", "postgresql://a%40b:c%2Fd@db.example:6543/city?sslmode=require"
    )

    settings = postgres.database_settings()

    assert {key: settings[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")} == {
        "NAME": "city",
        "USER": "a@b",
        "PASSWORD": "c/d",
        "HOST": "db.example",
        "PORT": "6543",
    }
    assert settings["OPTIONS"] == {"sslmode": "require"}
    assert postgres.ensure_running().started is False


def test_database_url_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://root@localhost/city")

    with pytest.raises(postgres.DatabaseUnavailableError, match="postgresql://"):
        postgres.database_settings()


def test_a_killed_server_is_brought_back_by_its_keeper(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = postgres.ensure_running().url
    capsys.readouterr()
    keeper, patient = postgres.Keeper(every=0), postgres.Keeper(every=60)
    assert keeper.look() is True
    assert capsys.readouterr().err == ""
    _kill_postmaster(place)
    patient.look()
    assert not cluster.is_up(place)
    keeper.look()
    assert "已重新启动" in capsys.readouterr().err
    assert _answer(url) == "1"
    assert postgres.release() is True
