"""`chengguan simulate whatif`: two plans for one city, compared over many seeds."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("whatif", short_help="比较同一座城市的两份方案。")
@click.argument("base", type=_FILE)
@click.argument("other", type=_FILE)
@click.option("--days", type=click.IntRange(1, 400), default=30, show_default=True, help="天数。")
@click.option(
    "--seeds",
    type=click.IntRange(2, 200),
    default=20,
    show_default=True,
    help="种子数；少于 20 个不足以下结论。",
)
@click.option("--first-seed", type=click.IntRange(0), default=1, help="首个种子，缺省 1。")
@click.option(
    "--workers",
    type=click.IntRange(1, 32),
    default=lambda: min(2, os.cpu_count() or 1),
    show_default="处理器核数，至多 2",
    help="并行的进程数。",
)
@click.option("--out", type=_FOLDER, help="结果目录，缺省 var/simulation/whatif-比较文件名。")
@click.option("--keep/--no-keep", default=True, help="是否存入数据库，供“方案推演”页面查看。")
@click.option("--area", default="", help="为哪个区域代码的规划，决定谁能在页面上看到；缺省全市。")
def whatif(
    base: Path,
    other: Path,
    days: int,
    seeds: int,
    first_seed: int,
    workers: int,
    out: Path | None,
    keep: bool,
    area: str,
) -> None:
    """让 BASE 与 OTHER 两份方案在同样的种子下各过若干天，逐种子比较。

    OTHER 可只写改动（plan.changes = true）；两份只能在规划能决定的事上不同。
    """
    from chengguan.config.paths import VAR
    from chengguan.config.start import django_ready

    with django_ready():
        from chengguan.core.errors import DomainError
        from chengguan.simulation.domain.comparing import calendars, keep_comparison
        from chengguan.simulation.whatif.engine import pairs
        from chengguan.simulation.whatif.outcome import JSON_NAME, TEXT_NAME, outcome, text
        from chengguan.simulation.whatif.question import ask

        one, two = ((p.name, p.read_text(encoding="utf-8")) for p in (base, other))
        try:
            asked = ask(one, two, days=days, seeds=seeds, calendars=calendars())
        except DomainError as error:
            sys.exit(f"✗ {error}")
        begun, found = perf_counter(), []
        for pair in pairs(asked.question, range(first_seed, first_seed + seeds), workers):
            found.append(pair)
            left = (perf_counter() - begun) / len(found) * (seeds - len(found))
            click.echo(f"· {len(found)}/{seeds} 个种子，约余 {left:.0f} 秒")
        said = outcome(asked, found)
        folder = out or VAR / "simulation" / f"whatif-{other.stem}"
        folder.mkdir(parents=True, exist_ok=True)
        written = json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / JSON_NAME).write_text(written + "\n", encoding="utf-8")
        (folder / TEXT_NAME).write_text(text(said), encoding="utf-8")
        click.echo(text(said))
        spent = sum(one.base.seconds + one.other.seconds for one in found)
        click.echo(f"✓ {perf_counter() - begun:.1f} 秒（处理器 {spent:.1f} 秒），结果在 {folder}")
        if keep:
            _keep(
                lambda who: keep_comparison(who, asked, one, two, found, days=days, area_code=area)
            )


def _keep(keep: Callable[[Any], Any]) -> None:
    from django.db import ProgrammingError

    from chengguan.accounts.domain.principal import Principal

    try:
        number = keep(Principal.system("命令行")).pk
    except ProgrammingError:
        click.echo("! 数据库还没有建表，没有存入；请先 chengguan migrate，或加 --no-keep。")
    else:
        click.echo(f"✓ 已存入数据库：页面“方案推演”第 {number} 号")
