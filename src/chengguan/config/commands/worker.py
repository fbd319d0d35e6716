"""`chengguan worker`: the process for background work."""

import click


@click.command("worker", short_help="运行后台任务进程。")
@click.option("--concurrency", default=4, show_default=True, help="同时执行的任务数。")
def command(concurrency: int) -> None:
    """运行后台任务：消息分发、审计链、定时事项、导入等。serve 已自带一个；任务多时可再开。"""
    from chengguan.config.start import django_ready

    with django_ready():
        from chengguan.config import worker

        worker.run(concurrency=concurrency)
