"""The command `chengguan`. A command's module is imported only when it is run or helped with."""

import importlib
import os
import sys

import click

COMMANDS = (
    "demo",
    "serve",
    "worker",
    "migrate",
    "import",
    "registry",
    "cases",
    "simulate",
    "audit",
    "doctor",
    "backup",
    "restore",
    "manage",
    "prepare-demo",
    "drive-demo",
)


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        # `import` is a word of Python, so its module is called bring_in.
        name = {
            "import": "bring_in",
            "prepare-demo": "prepare_demo",
            "drive-demo": "drive_demo",
        }.get(cmd_name, cmd_name)
        module = importlib.import_module(f"chengguan.config.commands.{name}")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Exception as error:
            reason = _database_reason(error)
            if reason is None:
                raise
            sys.exit(f"✗ {reason}")


def _database_reason(error: Exception) -> str | None:
    from chengguan.config.postgres import DatabaseUnavailableError

    if isinstance(error, DatabaseUnavailableError):
        return str(error)
    # Without Django loaded the error can't be Django's.
    if "django.db" in sys.modules:
        from django.db import OperationalError

        if isinstance(error, OperationalError):
            return (
                f"数据库连接失败：{str(error).strip()}\n请检查 DATABASE_URL 与数据库是否在运行，"
                "或执行 chengguan doctor。"
            )
    return None


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="chengguan", message="智慧城管 %(version)s")
def main() -> None:
    """智慧城管：城市运行管理服务平台。

    第一次使用请执行 chengguan demo；每个命令后加 --help 查看用法。
    未设置 DATABASE_URL 时使用 var/ 下的内嵌 PostgreSQL，随命令启动和停止。
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengguan.config.settings")
