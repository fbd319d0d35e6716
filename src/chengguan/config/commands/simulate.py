"""`chengguan simulate`: live a simulated city on the platform, and compare its truth with it."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from .simulate_whatif import whatif

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


class _OrCity(click.Group):
    """`simulate CITY.toml …` is `simulate run CITY.toml …`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            args = ["run", *args]
        return super().resolve_command(ctx, args)


@click.group("simulate", cls=_OrCity, short_help="模拟一座真相已知的城市，并与平台所报比对。")
def command() -> None:
    """模拟一座真相已知的城市：chengguan simulate CITY.toml --days 30 --seed 1。

    中断的模拟（断电、被终止、数据库停机）再次执行同一命令即继续，结果与未中断时相同。

    人物、案件均为虚构；模拟只经上报与办理两个入口进入平台，每一步都在自己的岗位下。
    """


command.add_command(whatif)


@command.command("run", short_help="模拟若干天。")
@click.argument("city", type=_FILE)
@click.option("--days", type=click.IntRange(1, 1000), required=True, help="天数。")
@click.option("--seed", type=click.IntRange(0), required=True, help="随机种子；同种子同真相。")
@click.option(
    "--database",
    help="要新建的数据库名称，小写字母、数字、下划线；缺省 moni。",
)
@click.option("--here", is_flag=True, help="在现有数据库的城市里模拟：用它的网格、标准与权责。")
@click.option("--area", default="", help="与 --here 同用：只在这个区域代码之下。")
@click.option("--out", type=_FOLDER, help="结果目录，缺省为 var/simulation/数据库名。")
@click.option(
    "--workers",
    type=click.IntRange(1, 32),
    default=lambda: os.cpu_count() or 1,
    show_default="处理器核数",
    help="并行的进程数，至多等于城市文件中的区数（districts）；不影响真相。",
)
@click.option(
    "--spoil",
    multiple=True,
    metavar="NAME=SHARE",
    help="打开一种作假行为，可多次；units=甲,乙 只限这些单位。见模拟城市文件。",
)
def run(
    city: Path,
    days: int,
    seed: int,
    database: str | None,
    here: bool,
    area: str,
    out: Path | None,
    workers: int,
    spoil: Sequence[str],
) -> None:
    """按 CITY（TOML）模拟若干天，写出真相日志 truth.jsonl。

    缺省建立新数据库和一座新城；加 --here 则在现有数据库（--database 或配置的）里模拟。
    每几秒报告天数、件数、步数、速度、剩余时间与内存。中断后再次执行同一命令即从中断处继续：
    先按数据库所记的答复重走模型，再接着办理；参数、城市文件或程序改动过的，不予继续。
    """
    from chengguan.config.paths import ROOT, VAR

    said = _spoilers(spoil)
    name = database or ("" if here else "moni")
    folder = out or VAR / "simulation" / (name or "here")
    with _database(name) if here else _fresh(name):
        from chengguan.core.errors import DomainError
        from chengguan.simulation.running import simulate, simulate_here

        def told(line: str) -> None:
            click.echo(f"· {line}")

        how: dict[str, Any] = {"days": days, "seed": seed, "folder": folder}
        how |= {"spoilers": said, "progress": told}
        try:
            if here:
                done = simulate_here(city, under=area, **how)
            else:
                calendars = ROOT / "data" / "calendars"
                done = simulate(city, calendars=calendars, workers=workers, **how)
        except DomainError as error:
            sys.exit(f"✗ {error}")
    driven = done.driven
    click.echo(
        f"✓ {done.days} 天，{driven.cases} 件 {driven.steps} 步，{done.seconds:.1f} 秒"
        f"（平台 {driven.seconds:.1f} 秒，每秒 {driven.rate:.0f} 件）；"
        f"平台拒绝 {sum(driven.refused.values())} 步"
        + (f"；内存至多 {done.peak / 1e6:.0f} MB" if done.peak else "")
    )
    for why, count in driven.refused.most_common(10):
        click.echo(f"  {count}\t{why}")
    click.echo(f"✓ 真相 {done.lines} 行，SHA-256 {done.digest}，在 {folder}")


@command.command("compare", short_help="把真相与平台所报比对。")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--database", help="这次模拟所用的数据库，缺省为 run.json 所记。")
@click.option(
    "--baseline",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="诚实的那次模拟的目录（先比对过），据此判断哪个数不实。",
)
@click.option("--pictures/--no-pictures", default=True, help="是否画图。")
def compare(folder: Path, database: str | None, baseline: Path | None, pictures: bool) -> None:
    """比对 FOLDER 中的真相与平台，写出 compare.json、compare.txt 与 PNG 图。"""
    with _database(database or _database_of(folder)):
        from chengguan.simulation.reporting import report

        try:
            done = report(folder, baseline, pictures=pictures)
        except FileNotFoundError as error:
            sys.exit(f"✗ 没有 {error.filename}；请先模拟，作基准的须先比对。")
    click.echo(done.text)
    _say_files(done.files, missing_font=pictures and done.font is None)


@command.command("calibrate", short_help="把模拟城市与公布的数字比对。")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--database", help="这次模拟所用的数据库，缺省为 run.json 所记。")
@click.option("--published", type=_FILE, help="公布的数字（TOML），缺省为 data/simulation 所附。")
@click.option("--pictures/--no-pictures", default=True, help="是否画图。")
def calibrate(folder: Path, database: str | None, published: Path | None, pictures: bool) -> None:
    """把 FOLDER 那次模拟的件数、构成、来源、时长与公布的数字比对；有不相近的退出码为 1。"""
    from chengguan.config.paths import ROOT

    with _database(database or _database_of(folder)):
        from chengguan.core.errors import DomainError
        from chengguan.simulation.reporting import report_calibration

        given = published or ROOT / "data" / "simulation" / "published.toml"
        try:
            found, done = report_calibration(folder, given, pictures=pictures)
        except FileNotFoundError as error:
            sys.exit(f"✗ 没有 {error.filename}；请先模拟。")
        except DomainError as error:
            sys.exit(f"✗ {error}")
    click.echo(done.text)
    _say_files(done.files, missing_font=pictures and done.font is None)
    if not all(one.near for one in found.figures):
        sys.exit("✗ 有指标与公布的数字不相近；请调整城市文件，或说明缘由。")


def _say_files(files: Sequence[Path], *, missing_font: bool) -> None:
    for path in files:
        click.echo(f"✓ {path}")
    if missing_font:
        click.echo(
            "! 本机没有中文字体，图上用指标代码；可安装 fonts-noto-cjk 或 fonts-wqy-zenhei。"
        )


_SPOILER_WORDS: dict[str, Callable[[str], object]] = {
    "collude_unit": str,
    "units": lambda share: share.split(","),
}


def _spoilers(said: Sequence[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for one in said:
        name, _, share = one.partition("=")
        try:
            found[name] = _SPOILER_WORDS[name](share) if name in _SPOILER_WORDS else float(share)
        except ValueError:
            raise click.BadParameter(f"“{one}”应写成 名称=份额，如 false_close=0.3") from None
    return found


def _database_of(folder: Path) -> str:
    try:
        return str(json.loads((folder / "run.json").read_text(encoding="utf-8"))["database"])
    except (OSError, ValueError, KeyError):
        sys.exit(f"✗ {folder} 中没有完整的 run.json；请先模拟。")


@contextmanager
def _database(name: str) -> Iterator[None]:
    """Work in a database of this name on the server in use; "" is the configured one."""
    if name and not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name):
        sys.exit("✗ 数据库名称只能用小写字母、数字和下划线，且以字母开头。")
    from chengguan.config.start import django_ready

    with django_ready():
        from django.db import connections

        if name:
            connections.close_all()
            connections["default"].settings_dict["NAME"] = name
        yield


@contextmanager
def _fresh(name: str) -> Iterator[None]:
    from chengguan.config import postgres
    from chengguan.config.start import migrate

    with _database(name):
        from chengguan.simulation import journal

        try:
            postgres.create_database(name)
            journal.make()
        except postgres.DatabaseUnavailableError as error:
            if not _goes_on():
                sys.exit(f"✗ {error}")
        migrate()
        yield


def _goes_on() -> bool:
    """Say whether the database is there because a simulation in it was interrupted."""
    from django.db import OperationalError

    from chengguan.simulation import journal

    try:
        return journal.stands()
    except OperationalError:
        return False
