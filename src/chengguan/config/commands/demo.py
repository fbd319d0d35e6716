"""`chengguan demo`: a working district on this machine, from nothing."""

import subprocess
import sys
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

import click

if TYPE_CHECKING:
    from chengguan.config.processes import Child
    from chengguan.config.serving import Plan

_PUTTING_AWAY = 60.0


@click.command("demo", short_help="一条命令启动演示区（首次会建库、装数据）。")
@click.option("--check", is_flag=True, help="启动后自检并退出：成功退出码为 0，否则说明原因。")
@click.option("--port", default=8000, show_default=True, help="页面与接口的端口。")
@click.option(
    "--life/--no-life",
    default=True,
    help="是否装入此前九十天的模拟案件与图（均标“模拟”，多用一两分钟、约 0.6 GB）；缺省装入。",
)
def command(check: bool, port: int, life: bool) -> None:
    """启动一个能用的演示区：上海临港的公开数据，人员与电话均为虚构。

    再次启动会保留上次的数据。按 Ctrl-C 停止全部进程，包括内嵌数据库。
    """
    from chengguan.config import serving, start
    from chengguan.config.paths import VAR

    with start.database() as server:
        if server.directory is not None:
            click.echo(f"· 内嵌 PostgreSQL：{'已启动' if server.started else '已在运行'}")
        _prepare(life=life)
        plan = serving.Plan.at("127.0.0.1", port, log=VAR / "log" / "demo.log")
        if check:
            sys.exit(_check(plan, life=life))
        serving.serve(plan, greeting=_greeting(), more=[_vehicles(plan)])


def _prepare(*, life: bool) -> None:
    from chengguan.config import prepared

    if prepared.is_prepared(life=life):
        click.echo("· 演示区：数据已在，未作改动")
        return
    command = [sys.executable, "-m", "chengguan.config", "prepare-demo"]
    command += [] if life else ["--no-life"]
    if _finished(subprocess.Popen(command)):
        sys.exit("✗ 演示数据没有准备好，请按上面的提示处理后重试。")
    prepared.mark(life=life)


def _finished(process: subprocess.Popen[bytes]) -> int:
    """Wait for a child; one that is interrupted gets the time to put away what it began."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        # Ctrl-C has reached it as well.
        process.wait(timeout=_PUTTING_AWAY)
        raise
    except SystemExit:
        process.terminate()
        process.wait(timeout=_PUTTING_AWAY)
        raise


def _check(plan: "Plan", *, life: bool) -> int:
    from chengguan.config import demo, selfcheck, serving
    from chengguan.config.processes import ChildFailedError, Family

    family = Family(serving.children(plan), log=plan.log)
    try:
        family.start()
        serving.wait_ready(plan, family)
        accounts = [(account.username, account.password) for account in demo.accounts()]
        _drive_once(plan)
        selfcheck.run(plan.address, plan.stream_address, accounts, life=life, progress=click.echo)
    except (ChildFailedError, selfcheck.CheckFailedError) as error:
        click.echo(f"✗ 自检未通过：{error}", err=True)
        return 1
    finally:
        family.stop()
    click.echo("✓ 自检通过。")
    return 0


def _vehicles(plan: "Plan") -> "Child":
    from chengguan.config.processes import Child

    return Child("演示车辆（模拟）", _driving(plan), needs_database=True)


def _drive_once(plan: "Plan") -> None:
    from chengguan.config.selfcheck import CheckFailedError

    if subprocess.run(_driving(plan, "--once"), check=False).returncode:
        raise CheckFailedError("演示车辆的位置没有收下")
    click.echo("· 演示车辆（模拟）：报了一次位置")


def _driving(plan: "Plan", *more: str) -> list[str]:
    command = [sys.executable, "-m", "chengguan.config", "drive-demo"]
    return [*command, "--address", plan.address, *more]


def _greeting() -> str:
    from chengguan.config import demo

    lines = [
        f"  {_padded(account.post, 22)}{_padded(account.username, 20)}{account.password}"
        for account in demo.accounts()
    ]
    return "\n演示账号（岗位、用户名、口令；均为虚构）：\n" + "\n".join(lines)


def _padded(text: str, width: int) -> str:
    # A Chinese character takes two columns of a terminal.
    taken = sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * max(1, width - taken)
