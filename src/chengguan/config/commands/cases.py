"""`chengguan cases`: recompute cases from their events, index them, replay recorded history."""

import os
import re
import sys
from pathlib import Path

import click

_SHOWN = 50


@click.group("cases", short_help="由事件重算案件、重建检索索引、发布案件流程、回放历史数据。")
def command() -> None:
    """由事件重算案件，重建检索索引，发布案件流程，回放历史数据。"""


@command.command("rebuild", short_help="由事件重算每个案件。")
@click.option("--verify", is_flag=True, help="只比对、不改动；有差异时退出码为 1。")
def rebuild(verify: bool) -> None:
    """由事件重算每个案件的状态、时限与标记，与现有数据比对；不加 --verify 时改正差异。"""
    from chengguan.config.start import django_ready

    with django_ready():
        from chengguan.cases.domain import rebuild as rebuilding

        found = rebuilding.verify() if verify else rebuilding.rebuild()
    for difference in found.differences[:_SHOWN]:
        click.echo(f"  {difference}")
    click.echo(f"· 比对 {found.cases} 件，差异 {len(found.differences)} 处，改正 {found.mended} 件")
    if verify and found.differences:
        sys.exit("✗ 案件数据与事件不一致；请先备份，再执行 chengguan cases rebuild 改正。")
    click.echo("✓ 案件数据与事件一致。")


@command.command("reindex", short_help="重建案件检索索引。")
@click.option("--verify", is_flag=True, help="只比对、不改动；有差异时退出码为 1。")
def reindex(verify: bool) -> None:
    """重建案件检索索引（每一百万件约两分钟）；重建期间查询照常，只是慢些。"""
    from chengguan.config.start import django_ready

    with django_ready():
        from chengguan.cases.search import index

        if not verify:
            count = index.rebuild(
                lambda done: click.echo(f"· {done} 件") if done % 100_000 == 0 else None
            )
            click.echo(f"✓ 检索索引已重建，共 {count} 件。")
            return
        found = index.verify()
    said = f"缺 {len(found.missing)} 件、过时 {len(found.stale)} 件、多余 {len(found.gone)} 件"
    click.echo(f"· 比对 {found.cases} 件：{said}")
    if not found.fine:
        sys.exit("✗ 检索索引与案件不一致；执行 chengguan cases reindex 重建。")
    click.echo("✓ 检索索引与案件一致。")


@command.command("procedure", short_help="核对、发布本程序所附的案件流程。")
@click.option("--apply", "apply_it", is_flag=True, help="发布为新的一版；不加时只列出差异。")
def procedure(apply_it: bool) -> None:
    """逐行列出现行案件流程与本程序所附流程的差异；加 --apply 时发布后者。

    新立案件走新版；已开始的案件仍走各自开始时的那一版。
    """
    from difflib import unified_diff

    from chengguan.config.start import django_ready
    from chengguan.core.errors import NotFound

    with django_ready():
        from chengguan.accounts.domain.principal import Principal
        from chengguan.cases.procedure import other_than_shipped, publish_shipped, shipped_source

        try:
            other = other_than_shipped()
            if other is None:
                click.echo("✓ 现行流程就是本程序所附的流程。")
                return
            name, source = f"现行第 {other.version} 版", other.source
        except NotFound:
            name, source = "尚未发布", ""
        ours = shipped_source().splitlines()
        for line in unified_diff(source.splitlines(), ours, name, "本程序所附", "", "", 1, ""):
            click.echo(f"  {line}")
        if not apply_it:
            click.echo(f"· {name}，与所附的不同。加 --apply 发布所附的流程。")
            return
        done = publish_shipped(Principal.system("命令行"))
    click.echo(f"✓ 已发布案件流程第 {done.version} 版；已开始的案件不变。")


@command.command("replay", short_help="把历史记录按原时间回放进一个新数据库。")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--mapping",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="对照表（TOML），见 data/replay。",
)
@click.option("--database", required=True, help="要新建的数据库名称，小写字母、数字、下划线。")
@click.option(
    "--workers",
    type=click.IntRange(1, 32),
    default=lambda: min(4, os.cpu_count() or 1),
    show_default="处理器核数，至多 4",
    help="并行的进程数。",
)
def replay(file: Path, mapping: Path, database: str, workers: int) -> None:
    """把 FILE（CSV 或 Parquet）中的历史诉求按各自的时间走完上报到结案，与原记录比对。

    数据库必须是新的；结束时报告速度、按期与到期时间的一致率，并由事件重算核对每一行。
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", database):
        sys.exit("✗ 数据库名称只能用小写字母、数字和下划线，且以字母开头。")
    from chengguan.config import postgres
    from chengguan.config.paths import ROOT
    from chengguan.config.start import django_ready, migrate
    from chengguan.core.errors import DomainError

    with django_ready():
        from django.db import connections

        try:
            postgres.create_database(database)
        except postgres.DatabaseUnavailableError as error:
            sys.exit(f"✗ {error}")
        connections.close_all()
        connections["default"].settings_dict["NAME"] = database
        click.echo(f"· 建立数据库 {database}")
        migrate()
        from chengguan.cases.replay.driving import replay as run

        try:
            done = run(
                file,
                mapping,
                ROOT / "data" / "calendars",
                lambda line: click.echo(f"· {line}"),
                workers=workers,
            )
        except DomainError as error:
            sys.exit(f"✗ {error}")
    outcome = done.outcome
    for row, why in outcome.refused[:_SHOWN]:
        click.echo(f"  第 {row} 行未受理：{why}")
    click.echo(
        f"✓ 回放 {outcome.cases} 件（{outcome.events} 步，结案 {outcome.closed} 件），"
        f"{outcome.seconds:.1f} 秒，每秒 {outcome.rate:.0f} 件；未受理 {len(outcome.refused)} 件"
    )
    click.echo(done.comparison.report())
    if done.differences:
        sys.exit(f"✗ 由事件重算有 {done.differences} 处差异。")
    click.echo("✓ 由事件重算，差异 0 处。")
