"""`chengguan cases`: recompute cases from their events, replay recorded history."""

import sys

import click

_SHOWN = 50


@click.group("cases", short_help="由事件重算案件、回放历史数据。")
def command() -> None:
    """由事件重算案件，回放历史数据。"""


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
