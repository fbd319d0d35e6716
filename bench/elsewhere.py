"""The bench on another PostgreSQL server: whose database it may use, and both runs in one document.

Only an empty database is used, or one that an earlier bench has marked as its own: everything in it
is thrown away at the beginning and at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

#: Names the other server; the embedded one is measured first, then this.
ENVIRONMENT: Final = "BENCH_DATABASE_URL"
_MARK: Final = "chengguan_bench"
_FOREIGN: Final = """
    SELECT n.nspname || '.' || c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
      AND c.relkind IN ('r', 'v', 'm', 'S', 'p', 'f')
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1
"""


class NotOurs(RuntimeError):
    """The database can't be used; the text says why and the mend, in Chinese."""


def check(url: str) -> dict[str, str]:
    """Say which server it is, without changing anything.

    Raises:
        NotOurs: it can't be reached, isn't UTF-8, or holds what no bench has made.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    name = ""
    if url.startswith(("postgresql://", "postgres://")):
        with contextlib.suppress(psycopg.Error):
            name = str(conninfo_to_dict(url).get("dbname") or "")
    if not name:
        raise NotOurs(f"{ENVIRONMENT} 应为 postgresql://用户:密码@主机:端口/库名 的形式，请改正。")
    try:
        with psycopg.connect(url, connect_timeout=5, client_encoding="utf8") as line:
            found = [str(row[0]) for row in line.execute(_FOREIGN)]
            said = {name: str(line.execute(f"SHOW {name}").fetchone()[0])  # type: ignore[index]
                    for name in ("server_version", "server_encoding", "shared_buffers")}  # fmt: skip
    except psycopg.Error as error:
        raise NotOurs(
            f"连不上 {ENVIRONMENT} 指向的数据库：{error}。请检查主机、端口、账号、密码和库名。"
        ) from error
    if found and f"public.{_MARK}" not in found:
        shown = "、".join(found[:3]) + ("等" if len(found) > 3 else "")
        raise NotOurs(
            f"{ENVIRONMENT} 指向的库 {name} 里已有 {len(found)} 个表或视图（{shown}），"
            "不是空库，也不是以前压测留下的，没有动它。请新建一个空库（createdb 新库名）再试。"
        )
    if said["server_encoding"] != "UTF8":
        raise NotOurs(
            f"库 {name} 的编码是 {said['server_encoding']}，应为 UTF8；"
            "请用 createdb -E UTF8 -T template0 新建。"
        )
    return said


def claim(url: str) -> dict[str, str]:
    """Check, empty the database, and mark it as the bench's own; gives which server it is.

    Raises:
        NotOurs: see `check`, or we may not make tables there.
    """
    said = check(url)
    _again(url, f"CREATE TABLE public.{_MARK} (at timestamptz DEFAULT now())")
    return said


def leave(url: str) -> None:
    """Throw away everything the bench has made, its mark with it."""
    _again(url, "SELECT 1")


def _again(url: str, then: str) -> None:
    import psycopg

    try:
        with psycopg.connect(url) as line:
            line.execute("DROP SCHEMA public CASCADE")
            line.execute("CREATE SCHEMA public")
            line.execute(then)
    except psycopg.Error as error:
        raise NotOurs(
            f"无权清空 {ENVIRONMENT} 指向的库：{error}。请让该账号成为库的所有者（createdb -O 账号 库名）。"
        ) from error


def both(url: str, out: Path, arguments: Sequence[str]) -> int:
    """Run the bench on the embedded server and then on the other; one document holds both.

    Each is a process of its own, because Django keeps the database it began with. Figures are the
    embedded server's, with the other's beside them under `other`.

    Raises:
        NotOurs: before anything is measured.
    """
    said = check(url)
    parts = {"embedded": "", "other": url}
    documents: dict[str, dict[str, Any]] = {}
    for name, database in parts.items():
        place = out.with_suffix(f".{name}.json")
        print(f"== {name}" + (f": PostgreSQL {said['server_version']}" if database else ""))
        environment = {
            k: v for k, v in os.environ.items() if k not in (ENVIRONMENT, "DATABASE_URL")
        }
        command = [sys.executable, "-m", "bench", *arguments, "--out", str(place)]
        command += ["--column", name]
        if database:
            environment[ENVIRONMENT] = database
        done = subprocess.run(command, env=environment, check=False)
        if done.returncode:
            return done.returncode
        documents[name] = json.loads(place.read_text(encoding="utf-8"))
        place.unlink()
    out.write_text(
        json.dumps(beside(documents), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    print(f"→ {out}")
    return 0


def beside(documents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Put the figures of the other server beside those of the embedded one."""
    embedded, other = documents["embedded"], documents["other"]
    known = {one["name"]: one for one in other["figures"]}
    figures = [one | {"other": known.get(one["name"])} for one in embedded["figures"]]
    about = {
        name: {k: v for k, v in document.items() if k != "figures"}
        for name, document in documents.items()
    }
    return about["embedded"] | {"columns": about, "figures": figures}
