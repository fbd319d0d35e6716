"""`chengguan serve`: pages, API, live stream and a worker, until told to stop."""

import click


@click.command("serve", short_help="启动页面、接口、实时推送和后台任务。")
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址。")
@click.option(
    "--port", default=8000, show_default=True, help="页面与接口的端口，实时推送用其后一个。"
)
@click.option("--workers", default=2, show_default=True, help="网页进程数，一般等于 CPU 核数。")
@click.option("--threads", default=4, show_default=True, help="每个网页进程的线程数。")
def command(host: str, port: int, workers: int, threads: int) -> None:
    """启动全部服务，按 Ctrl-C 停止。

    端口被占用时自动换一个空闲端口并说明。表结构不是最新时不启动，请先执行 chengguan migrate。
    """
    from chengguan.config import serving, start

    with start.database():
        serving.refuse_old_schema()
        serving.serve(serving.Plan.at(host, port, workers=workers, threads=threads))
