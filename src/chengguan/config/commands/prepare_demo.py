"""`chengguan prepare-demo`: tables and the demo district; its own process, to keep `demo` small."""

import time

import click


@click.command("prepare-demo", hidden=True)
@click.option("--life/--no-life", default=True, help="是否装入此前九十天的模拟案件。")
def command(life: bool) -> None:
    """建表并装入演示区数据；已装入的不重复。"""
    from chengguan.config import demo
    from chengguan.config.start import django_ready, migrate

    begun = time.monotonic()

    def progress(text: str) -> None:
        click.echo(f"· {text}（{time.monotonic() - begun:.1f} 秒）")

    with django_ready():
        applied = migrate()
        progress(f"表结构：执行了 {applied} 项更新" if applied else "表结构：已是最新")
        if demo.load(progress, life=life):
            _settle()


def _settle() -> None:
    """Let the planner know what came in, and free what one long transaction wrote over."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
