"""`chengguan backup`: one file with database, evidence and audit anchors."""

import sys
from datetime import datetime
from pathlib import Path

import click


@click.command("backup", short_help="备份数据库和文件到一个文件。")
@click.argument("target", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="目标文件已存在时覆盖。")
def command(target: Path | None, force: bool) -> None:
    """把数据库、证据文件和审计锚点备份到 TARGET（缺省为 var/backup/ 下按时间命名的文件）。

    服务运行时也可以备份。备份里没有密钥；请另行妥善保管 CHENGGUAN_SECRET_KEY。
    """
    from chengguan.config.paths import VAR
    from chengguan.config.start import django_ready

    stamp = f"{datetime.now():%Y%m%d-%H%M%S}"  # noqa: DTZ005 - a file name in the operator's time
    place = target or VAR / "backup" / f"chengguan-{stamp}.tar"
    with django_ready():
        from chengguan.config import backup

        try:
            size = backup.backup(place, progress=lambda text: click.echo(f"· {text}"), force=force)
        except backup.BackupError as error:
            sys.exit(f"✗ {error}")
    click.echo(f"已备份到 {place}（{size / 1e6:.1f} MB）。")
