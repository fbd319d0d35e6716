"""`chengguan audit`: is the record of who did what still whole."""

import sys
from datetime import datetime
from pathlib import Path

import click


@click.group("audit", short_help="核验操作审计链。")
def command() -> None:
    """核验操作审计链：谁在什么时候做了什么，是否被改动、删除或插入过。"""


@command.command("verify", short_help="从头核验整条审计链。")
def verify() -> None:
    """从头核验整条审计链，指出第一条被篡改、缺失或插入的记录；发现问题时退出码为 1。"""
    from chengguan.config.start import django_ready

    with django_ready():
        from chengguan.audit.domain.verify import verify as follow

        result = follow()
    for warning in result.warnings:
        click.echo(f"! {warning}")
    click.echo(
        f"· 已核验 {result.rows} 条，待入链 {result.pending} 条，用时 {result.seconds:.1f} 秒"
    )
    if not result.intact:
        sys.exit(f"✗ {result.sentence}")
    click.echo(f"✓ 审计链完整，链尾摘要 {result.head}")


@command.command("anchor", short_help="写下当前链尾摘要作为锚点。")
def anchor() -> None:
    """把当前链尾摘要写到 var/anchors；请定期把该目录另存到本机以外，以便发现整链重写。"""
    from chengguan.config.start import django_ready

    with django_ready():
        from chengguan.audit.domain.anchors import write_anchor
        from chengguan.audit.domain.chain import link_all

        link_all()
        written = write_anchor()
    if written is None:
        sys.exit("✗ 审计链还是空的，没有可写的锚点；有操作发生后再执行。")
    click.echo(f"✓ 已写锚点：第 {written.position} 条")
    click.echo(written.line())


@command.command("export", short_help="把审计记录连同链中位置和摘要导出为 CSV。")
@click.argument("file", type=click.Path(dir_okay=False, writable=True))
@click.option("--since", type=click.DateTime(), help="自（本地时间，含）。")
@click.option("--until", type=click.DateTime(), help="至（本地时间，不含）。")
def export(file: str, since: datetime | None, until: datetime | None) -> None:
    """把审计记录按链中次序导出到 FILE（CSV，UTF-8）；导出本身也记入审计。"""
    from chengguan.config.start import django_ready

    with django_ready(), Path(file).open("w", encoding="utf-8-sig", newline="") as out:
        from django.utils import timezone

        from chengguan.audit.domain.actor import Actor
        from chengguan.audit.domain.export import export_csv

        count = export_csv(
            out,
            actor=Actor.system("命令行"),
            since=timezone.make_aware(since) if since else None,
            until=timezone.make_aware(until) if until else None,
        )
    click.echo(f"✓ 已导出 {count} 条到 {file}")
