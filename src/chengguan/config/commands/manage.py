"""`chengguan manage`: Django's own commands, for developers, with the database running."""

import click


@click.command(
    "manage",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    short_help="执行 Django 管理命令（开发用）。",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """执行 Django 管理命令，例如 chengguan manage shell、chengguan manage makemigrations。"""
    from django.core.management import execute_from_command_line

    from chengguan.config.start import database

    with database():
        execute_from_command_line(["chengguan manage", *arguments])
