"""`chengguan doctor`: is everything in order, and if not, what mends it."""

import sys

import click


@click.command("doctor", short_help="检查数据库、磁盘、日历、队列、时钟、密钥等并给出处理办法。")
@click.option("--files", is_flag=True, help="逐个读取证据文件并核对 SHA-256（较慢）。")
def command(files: bool) -> None:
    """逐项检查并说明处理办法；有未通过的项目时退出码为 1。"""
    from chengguan.config.start import django_ready

    with django_ready():
        from chengguan.config import doctor

        findings = doctor.examine(contents=files)
    marks = {doctor.Level.FINE: "✓", doctor.Level.WARNING: "!", doctor.Level.FAULT: "✗"}
    for finding in findings:
        click.echo(f"{marks[finding.level]} {finding.subject}：{finding.message}")
        if finding.mend:
            click.echo(f"    处理：{finding.mend}")
    if any(finding.level is doctor.Level.FAULT for finding in findings):
        sys.exit(1)
