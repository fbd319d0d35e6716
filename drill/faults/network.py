"""A slow, wavering network that cuts answers in the middle: before the web, and behind it."""

from __future__ import annotations

import signal
import subprocess
import time
from urllib.parse import quote

from ..drilling import Drill, Fault, Struck
from ..house import until
from ..proxy import Proxy


def before_web(drill: Drill) -> Struck:
    """Let people come over a line of 150 to 450 ms each way, one answer in twenty cut."""
    proxy = Proxy(("127.0.0.1", drill.house.port), delay=0.15, jitter=0.3, cut=0.05)
    proxy.start()
    begun = time.monotonic()
    drill.load.move(proxy.port)
    time.sleep(drill.hold)
    drill.load.move(drill.house.port)
    struck = Struck(begun, mended=time.monotonic())
    time.sleep(1)
    proxy.stop()
    struck.notes = [f"掐断 {proxy.cuts} 个应答"]
    if proxy.cuts == 0:
        struck.wrong.append("没有掐断任何应答：什么也没有考验")
    return struck


def before_database(drill: Drill) -> Struck:
    """Serve with a database of its own address (`DATABASE_URL`), 5 to 20 ms away, cut now and then."""
    drill.load.pause()
    # The embedded server goes with its last holder; serve is none while it has an address.
    holder = drill.house.start_command("-m", "drill.inside", "hold")
    assert holder.stdout is not None
    holder.stdout.readline()
    drill.house.stop()
    host, port = str(drill.house.database()["host"]), drill.house.database()["port"]
    target: tuple[str, int] | str = (host, int(port))
    if host.startswith("/"):
        target = f"{host}/.s.PGSQL.{port}"
    proxy = Proxy(target)
    proxy.start()
    secret = quote(str(drill.house.database()["password"]), safe="")
    address = f"postgresql://chengguan:{secret}@127.0.0.1:{proxy.port}/chengguan"
    drill.undo.append(lambda: _embedded_again(drill, holder, proxy))
    drill.house.serve({"DATABASE_URL": address})
    drill.load.resume()
    time.sleep(3)
    begun = time.monotonic()
    proxy.delay, proxy.jitter, proxy.cut = 0.005, 0.015, 0.005
    time.sleep(drill.hold)
    proxy.delay = proxy.jitter = proxy.cut = 0.0
    struck = Struck(begun, mended=time.monotonic(), notes=[f"掐断 {proxy.cuts} 条数据库连接"])
    if proxy.cuts == 0:
        struck.wrong.append("没有掐断任何连接：什么也没有考验")
    return struck


def _embedded_again(drill: Drill, holder: subprocess.Popen[str], proxy: Proxy) -> None:
    drill.house.stop()
    proxy.stop()
    holder.send_signal(signal.SIGTERM)
    until(lambda: holder.poll() is not None, "the holder of the database ends", 40)
    drill.house.serve()


FAULTS = [
    Fault(
        "network_web",
        "用户侧网络缓慢、抖动、中断",
        "代理：每段延迟 150 至 450 毫秒，应答的 5% 传到一半掐断",
        "无需操作；客户端用同一幂等键重发。",
        before_web,
    ),
    Fault(
        "network_database",
        "应用与数据库之间网络缓慢、中断",
        "代理：每段延迟 5 至 20 毫秒，0.5% 的数据段传到一半掐断；服务以 DATABASE_URL 连接",
        "检查两台服务器之间的网络；连接自动重建。",
        before_database,
    ),
]
