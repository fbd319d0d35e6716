"""`chengguan migrate`: bring the tables up to date."""

import click


@click.command("migrate", short_help="更新数据库表结构。")
def command() -> None:
    """把数据库表结构更新到当前版本。升级程序后、启动服务前执行；可重复执行。"""
    from chengguan.config.start import django_ready, migrate

    with django_ready():
        applied = migrate()
    click.echo(f"已执行 {applied} 项表结构更新。" if applied else "表结构已是最新。")
