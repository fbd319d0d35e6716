"""One file with everything: the database, the evidence files, the audit anchors.

A tar of `manifest.json` (versions, what the file holds, SHA-256 of the dump),
`database.dump` (pg_dump custom format), `files/…` and `anchors/…`. The dump is taken first:
files are only ever added, so every file the dump speaks of is in the tar. Secrets
(SECRET_KEY, passwords) are not in it; they belong to the machine.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections

import chengguan
from chengguan.audit.domain import anchors
from chengguan.config import postgres
from chengguan.config.paths import VAR

_FORMAT = 1
_FOLDERS = ("files", "anchors")

Progress = Callable[[str], None]


class BackupError(RuntimeError):
    """A backup can't be made or read; the text says the mend, in Chinese."""


def backup(target: Path, *, progress: Progress, force: bool = False) -> int:
    """Write everything to `target`; gives its size in bytes. Appears only when it is whole.

    Raises:
        BackupError: the file exists already, or pg_dump failed.
    """
    if target.exists() and not force:
        raise BackupError(f"{target} 已存在；请换文件名，或加 --force 覆盖。")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(target.name + ".part")
    draft.unlink(missing_ok=True)
    # It holds everybody's data from its first byte.
    draft.touch(mode=0o600, exist_ok=False)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        dump = Path(scratch) / "database.dump"
        progress("导出数据库")
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}")
        with tarfile.open(draft, "w") as archive:
            _add_text(archive, "manifest.json", json.dumps(_manifest(dump), indent=2))
            archive.add(dump, "database.dump")
            for name in _FOLDERS:
                progress(f"打包 {name}")
                if _folder(name).is_dir():
                    archive.add(_folder(name), name)
    draft.chmod(0o600)
    draft.replace(target)
    return target.stat().st_size


def restore(source: Path, *, progress: Progress, force: bool = False) -> dict[str, Any]:
    """Put a backup into the database and the file store in use; gives its manifest.

    What is there is backed up beside it first, for a restore can't be undone otherwise.

    Raises:
        BackupError: not a whole backup of ours, made by a newer program, or something is
            there already and `force` is not given.
    """
    try:
        with tarfile.open(source) as archive, tempfile.TemporaryDirectory() as scratch:
            manifest = _read_manifest(archive)
            progress("核对备份文件")
            dump = _take_dump(archive, Path(scratch), manifest)
            if _refuse_overwriting(force=force):
                kept = VAR / "backup" / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar"
                progress(f"先把现有数据备份到 {kept}")
                backup(kept, progress=lambda _: None)
            progress("恢复数据库")
            _empty_database()
            _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error",
                 "--single-transaction", f"--dbname={_database()}", str(dump))  # fmt: skip
            for name in _FOLDERS:
                progress(f"恢复 {name}")
                _replace_folder(archive, name)
    except (tarfile.TarError, OSError) as error:
        raise BackupError(f"{source} 不能作为备份读取：{error}。请换一份完好的备份。") from error
    return manifest


def _folder(name: str) -> Path:
    return Path(settings.MEDIA_ROOT) if name == "files" else anchors.directory()


def _database() -> str:
    return str(connection.settings_dict["NAME"])


def _manifest(dump: Path) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
        applied = [row[0] for row in cursor.fetchall()]
    return {
        "format": _FORMAT,
        "program": chengguan.__version__,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "migrations": applied,
        "dump_sha256": _digest(dump),
    }


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(text.encode())
    archive.addfile(entry, io.BytesIO(text.encode()))


def _read_manifest(archive: tarfile.TarFile) -> dict[str, Any]:
    try:
        handle = archive.extractfile("manifest.json")
        assert handle is not None
        manifest: dict[str, Any] = json.load(handle)
    except (KeyError, ValueError, AssertionError) as error:
        raise BackupError(
            "这不是 chengguan backup 生成的备份：缺少 manifest.json；请检查文件名。"
        ) from error
    if manifest.get("format") != _FORMAT:
        raise BackupError("备份由更新版本的程序生成；请先升级程序再恢复。")
    return manifest


def _take_dump(archive: tarfile.TarFile, scratch: Path, manifest: dict[str, Any]) -> Path:
    archive.extract("database.dump", scratch, filter="data")
    dump = scratch / "database.dump"
    if _digest(dump) != manifest["dump_sha256"]:
        raise BackupError("备份中的数据库文件与清单的校验值不一致，备份已损坏；请换一份备份。")
    return dump


def _refuse_overwriting(*, force: bool) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        others = int(cursor.fetchone()[0])
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        tables = int(cursor.fetchone()[0])
    if others:
        raise BackupError(f"还有 {others} 个数据库连接在使用；请先停止 chengguan serve 等服务。")
    if tables and not force:
        raise BackupError("数据库不是空的；确认要用备份覆盖现有数据，请加 --force。")
    return tables > 0


def _empty_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    connections.close_all()


def _replace_folder(archive: tarfile.TarFile, name: str) -> None:
    members = [m for m in archive.getmembers() if m.name.split("/")[0] == name]
    target = _folder(name)
    with tempfile.TemporaryDirectory(dir=_existing_parent(target)) as scratch:
        archive.extractall(scratch, members=members, filter="data")
        shutil.rmtree(target, ignore_errors=True)
        if members:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(Path(scratch) / name, target)


def _existing_parent(path: Path) -> Path:
    return next(parent for parent in path.parents if parent.is_dir())


def _run(program: str, *arguments: str) -> None:
    given = connection.settings_dict
    environment = os.environ | {
        "PGHOST": str(given["HOST"]),
        "PGPORT": str(given["PORT"]),
        "PGUSER": str(given["USER"]),
        "PGPASSWORD": str(given["PASSWORD"]),
        "PGDATABASE": _database(),
    }
    done = subprocess.run(
        [postgres.program(program), *arguments],
        env={key: value for key, value in environment.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupError(
            f"{program} 失败：{done.stderr.strip()}。请检查磁盘余量和数据库权限后重试。"
        )
