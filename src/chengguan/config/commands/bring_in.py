"""`chengguan import`: bring tables and maps into the registry, checked first, applied after."""

import sys
from datetime import datetime
from pathlib import Path

import click

#: As `registry.domain.imports.KINDS`, in the order in which a new city brings them in.
KINDS = {
    "areas": "区域",
    "grids": "单元网格",
    "duty_grids": "责任网格",
    "organisations": "机构",
    "catalogue": "部件与事项目录",
    "rules": "立案结案规则",
    "duties": "职责",
    "components": "部件",
    "cameras": "摄像机",
    "devices": "设备",
    "facilities": "设施站点",
    "vehicles": "作业车辆",
}


@click.command("import", short_help="导入台账表格、地图或工作日历（先校验，后写入）。")
@click.argument("kind", type=click.Choice([*KINDS, "calendar"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--crs",
    type=click.Choice(["CGCS2000", "WGS84", "GCJ02", "BD09"]),
    default="CGCS2000",
    show_default=True,
    help="文件中坐标的坐标系。",
)
@click.option(
    "--encoding",
    type=click.Choice(["utf-8", "gb18030"]),
    help="CSV 的编码；缺省自动识别。",
)
@click.option("--effective", type=click.DateTime(["%Y-%m-%d"]), help="生效日期；缺省为今天。")
@click.option("--repair", is_flag=True, help="边界有小缝隙、小重叠时先修补。")
@click.option("--allow-gaps", is_flag=True, help="允许区域之间有缝隙（例如水面）。")
@click.option("--apply", "apply_it", is_flag=True, help="校验通过后写入；不加则只校验。")
def command(
    kind: str,
    file: Path,
    crs: str,
    encoding: str | None,
    effective: datetime | None,
    repair: bool,
    allow_gaps: bool,
    apply_it: bool,
) -> None:
    """校验 FILE（CSV、XLSX 或 GeoJSON）并逐行列出错误；加 --apply 时整表写入，有错则一行不写。

    \b
    KIND 依次为：
      areas 区域            grids 单元网格      duty_grids 责任网格
      organisations 机构    catalogue 目录      rules 立案结案规则
      duties 职责           components 部件     cameras 摄像机
      devices 设备          facilities 设施站点
      vehicles 作业车辆     calendar 工作日历（TOML）
    """
    from chengguan.config.start import django_ready

    options = {
        "crs": crs,
        "encoding": encoding or "",
        "effective": f"{effective:%Y-%m-%d}" if effective else "",
        "repair": repair,
        "allow_gaps": allow_gaps,
    }
    with django_ready():
        from chengguan.config import bringing
        from chengguan.core.errors import DomainError

        try:
            if kind == "calendar":
                sound = bringing.bring_in_calendar(file, apply_it=apply_it, echo=click.echo)
            else:
                sound = bringing.bring_in(kind, file, options, apply_it=apply_it, echo=click.echo)
        except DomainError as error:
            sys.exit(f"✗ {error}")
    if not sound:
        sys.exit("✗ 有错误，没有写入；请按上面的提示修改后重试。")
