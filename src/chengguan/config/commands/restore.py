"""`chengguan restore`: put a backup back."""

import sys
from pathlib import Path

import click


@click.command("restore", short_help="从备份文件恢复数据库和文件。")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="覆盖现有数据。")
def command(source: Path, force: bool) -> None:
    """用 SOURCE 恢复数据库、证据文件和审计锚点。

    请先停止服务。现有数据库不为空时拒绝执行，确认覆盖请加 --force。
    """
    from chengguan.config.start import django_ready, migrate

    with django_ready():
        from chengguan.config import backup

        try:
            manifest = backup.restore(
                source, progress=lambda text: click.echo(f"· {text}"), force=force
            )
        except backup.BackupError as error:
            sys.exit(f"✗ {error}")
        applied = migrate()
    click.echo(f"已恢复 {manifest['made_at']} 的备份。")
    if applied:
        click.echo(f"备份来自旧版本，已补做 {applied} 项表结构更新。")
