"""Backup and restore through the command, with a database and a file store of their own."""

import io
import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from chengguan.config import postgres

pytestmark = pytest.mark.slow  # every step is a process of its own that loads Django

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def good(run: Run, home: Path) -> Path:
    _fill(home)
    run("backup", str(home / "good.tar"))
    return home / "good.tar"


def _sql(query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(postgres.database_url(), autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def _fill(home: Path) -> None:
    _sql("DROP TABLE IF EXISTS kept")
    _sql("CREATE TABLE kept AS SELECT n, '案件' || n AS t FROM generate_series(1, 500) n")
    (home / "files" / "ab").mkdir(parents=True, exist_ok=True)
    (home / "files" / "ab" / "abcd").write_bytes(bytes(range(256)))
    (home / "anchors" / "chengguan").mkdir(parents=True, exist_ok=True)
    (home / "anchors" / "chengguan" / "2026-01-01").write_text("digest\n")


def test_round_trip(run: Run, home: Path) -> None:
    _fill(home)
    everything = "SELECT count(*), sum(n), string_agg(t, ',' ORDER BY n) FROM kept"
    applied = "SELECT app, name FROM django_migrations ORDER BY 1, 2"
    before = (_sql(everything), _sql(applied))
    target = home / "one.tar"

    run("backup", str(target))
    _sql("UPDATE kept SET t = 'lost' WHERE n > 100")
    _sql("CREATE TABLE later AS SELECT 1 AS n")
    (home / "files" / "ab" / "abcd").write_bytes(b"lost")
    (home / "files" / "later").write_bytes(b"later")
    run("restore", str(target), "--force")

    assert (_sql(everything), _sql(applied)) == before
    assert _sql("SELECT to_regclass('later')") == [(None,)]
    assert (home / "files" / "ab" / "abcd").read_bytes() == bytes(range(256))
    assert not (home / "files" / "later").exists()
    assert (home / "anchors" / "chengguan" / "2026-01-01").read_text() == "digest\n"
    assert target.stat().st_mode & 0o777 == 0o600


def test_what_was_there_is_kept_beside_a_forced_restore(run: Run, home: Path) -> None:
    _fill(home)
    run("backup", str(home / "two.tar"))
    _sql("UPDATE kept SET t = 'newer' WHERE n = 1")
    older = (
        set((home / "backup").glob("before-restore-*.tar")) if (home / "backup").exists() else set()
    )

    run("restore", str(home / "two.tar"), "--force")
    (kept,) = set((home / "backup").glob("before-restore-*.tar")) - older
    run("restore", str(kept), "--force")

    assert _sql("SELECT t FROM kept WHERE n = 1") == [("newer",)]


def test_restore_refuses_to_overwrite(run: Run, good: Path) -> None:
    done = run("restore", str(good), check=False)

    assert done.returncode == 1
    assert done.stderr.strip() == "✗ 数据库不是空的；确认要用备份覆盖现有数据，请加 --force。"


def test_restore_refuses_while_others_are_connected(run: Run, good: Path) -> None:
    with psycopg.connect(postgres.database_url()):
        done = run("restore", str(good), "--force", check=False)

    assert done.returncode == 1
    assert "还有 1 个数据库连接在使用" in done.stderr


def test_backup_refuses_to_overwrite(run: Run, home: Path) -> None:
    (home / "five.tar").write_text("precious")

    done = run("backup", str(home / "five.tar"), check=False)

    assert done.returncode == 1
    assert (home / "five.tar").read_text() == "precious"


@pytest.mark.parametrize("fault", ["not a tar", "no manifest", "other dump", "newer format"])
def test_restore_refuses_what_is_no_whole_backup(
    run: Run, home: Path, good: Path, fault: str
) -> None:
    _fill(home)
    bad = home / "bad.tar"
    _spoil(good, bad, fault)

    done = run("restore", str(bad), "--force", check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("✗ ")
    assert "Traceback" not in done.stderr
    assert _sql("SELECT count(*) FROM kept") == [(500,)]


def _spoil(good: Path, bad: Path, fault: str) -> None:
    if fault == "not a tar":
        bad.write_bytes(b"hello" * 1000)
        return
    with tarfile.open(good) as source, tarfile.open(bad, "w") as target:
        for member in source.getmembers():
            data = source.extractfile(member) if member.isfile() else None
            if member.name == "manifest.json":
                if fault == "no manifest":
                    continue
                assert data is not None
                manifest = json.load(data)
                if fault == "newer format":
                    manifest["format"] = 99
                if fault == "other dump":
                    manifest["dump_sha256"] = "0" * 64
                text = json.dumps(manifest).encode()
                member.size = len(text)
                data = io.BytesIO(text)
            target.addfile(member, data)
