"""`chengguan drive-demo`: the demo's made-up vehicles on their rounds; a process of `demo`."""

import sys
import threading

import click


@click.command("drive-demo", hidden=True)
@click.option("--address", required=True, help="页面与接口的地址。")
@click.option("--once", is_flag=True, help="只报一次位置；没有收下则以 1 退出。")
def command(address: str, once: bool) -> None:
    """让演示区的车辆（模拟）沿各自的路线行驶，经公开接口上报位置。"""
    from chengguan.config.start import django_ready

    stopped = threading.Event()
    with django_ready():
        from chengguan.config.demo import fleet

        sent, taken = fleet.drive(address, stopped.wait, times=1 if once else None)
    if once and taken < sent:
        sys.exit("✗ 演示车辆的位置没有收下，原因见上。")
