"""`chengguan registry`: ask the city registry, and make unit grids."""

import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click

from chengguan.config.commands.bring_in import KINDS


@click.group("registry", short_help="查询台账、划分单元网格、检查职责覆盖。")
def command() -> None:
    """查询区域、职责与覆盖情况，划分单元网格。经纬度均为 CGCS2000。"""


@command.command("locate", short_help="某个点属于哪些区域。")
@click.argument("lon", type=float)
@click.argument("lat", type=float)
def locate(lon: float, lat: float) -> None:
    """列出经度 LON、纬度 LAT 所在的市、区、街道、社区和单元网格。"""
    from chengguan.config.start import django_ready

    with django_ready():
        from chengguan.registry.domain import locate as places

        found = places.locate(lon, lat)
        chain = places.chain(found.code) if found else []
    if not chain:
        sys.exit("✗ 该点不在已登记的区域内；请检查经纬度是否写反、坐标系是否为 CGCS2000。")
    for area in chain:
        click.echo(f"{area.level.label}\t{area.code}\t{area.name}")


@command.command("resolve", short_help="某类问题由谁负责，为什么。")
@click.argument("kind", type=click.Choice(["component", "matter", "service"]))
@click.argument("matter")
@click.option("--area", default="", help="区域代码。")
@click.option("--point", type=(float, float), default=None, help="经度 纬度。")
@click.option(
    "--at", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="时刻，缺省为现在。"
)
def resolve(
    kind: str, matter: str, area: str, point: tuple[float, float] | None, at: datetime | None
) -> None:
    """说明代码为 MATTER 的部件或事项在某处、某时由哪个单位处置，依据哪条职责。"""
    if not area and point is None:
        raise click.UsageError("请用 --area 或 --point 说明地点。")
    from chengguan.config.start import django_ready

    with django_ready():
        from django.utils import timezone

        from chengguan.registry.domain import duty

        moment = timezone.make_aware(at) if at else timezone.now()
        lon, lat = point or (None, None)
        found = duty.resolve(kind, matter, moment, lon=lon, lat=lat, area_code=area)
    for line in found.trace:
        click.echo(f"{'→' if line.won else ' '} {line.organisation}：{line.reason}")
    if found.status != duty.ONE:
        sys.exit(f"✗ {found.reason}")
    click.echo(f"✓ {found.organisation}：{found.reason}")


@command.command("coverage", short_help="哪些事项在哪些区域没人管或多头管。")
@click.option(
    "--level",
    default="community",
    show_default=True,
    type=click.Choice(["city", "district", "street", "community", "grid"]),
    help="按哪一级区域统计。",
)
@click.option("--under", default="", help="只看这个区域代码之下。")
@click.option("--limit", default=20, show_default=True, help="最多列出多少处。")
def coverage(level: str, under: str, limit: int) -> None:
    """统计职责覆盖，列出空白与冲突；有空白或冲突时退出码为 1。"""
    from chengguan.config.start import django_ready

    with django_ready():
        from django.utils import timezone

        from chengguan.registry.domain import coverage as matrix

        found = matrix.coverage(timezone.now(), level, under=under)
    counts = found.counts
    click.echo(f"一家负责 {counts['one']}，空白 {counts['gap']}，冲突 {counts['conflict']}")
    listed = [("空白", *cell) for cell in found.holes(matrix.GAP)]
    listed += [("冲突", *cell) for cell in found.holes(matrix.CONFLICT)]
    for title, matter, area in listed[:limit]:
        click.echo(f"  {title}\t{matter.code} {matter.name}\t{area.code} {area.name}")
    if listed:
        sys.exit(f"✗ 共 {len(listed)} 处需要处理；请在“职责”中补充或修改。")
    click.echo("✓ 每个事项在每个区域都有且只有一个处置单位。")


@command.command("tessellate", short_help="把社区划分为单元网格。")
@click.argument("area")
@click.option("--target", default=10_000.0, show_default=True, help="每格大约多少平方米。")
@click.option("--most", default=999, show_default=True, help="每个社区最多多少格。")
@click.option("--replace", is_flag=True, help="替换现有网格；责任网格须随后重新绑定。")
def tessellate(area: str, target: float, most: int, replace: bool) -> None:
    """把 AREA 之下每个社区划分为单元网格：不重叠、无缝隙，由西向东、由北向南编号。"""
    from chengguan.config.start import django_ready

    with django_ready():
        from chengguan.accounts.domain.principal import Principal
        from chengguan.core.errors import DomainError
        from chengguan.registry.domain import tessellate as grids

        try:
            made = grids.tessellate(
                area,
                Principal.system("命令行"),
                target_m2=target,
                max_cells=most,
                replace=replace,
                progress=lambda code, done, total: click.echo(f"· {done}/{total} {code}"),
            )
        except DomainError as error:
            sys.exit(f"✗ {error}")
    click.echo(f"✓ {len(made.grids)} 个社区共 {made.total} 个单元网格")


@command.command("repair", short_help="修补画得不准的边界。")
@click.argument("area")
def repair(area: str) -> None:
    """逐级修补 AREA 之下的边界：自交、重叠和 1 米以内的缝隙。原图保留，可重复执行。"""
    from chengguan.config.start import django_ready

    with django_ready():
        from chengguan.accounts.domain.principal import Principal
        from chengguan.core.errors import DomainError
        from chengguan.registry.domain import tessellate as grids

        try:
            done = grids.repair_areas(area, Principal.system("命令行"))
        except DomainError as error:
            sys.exit(f"✗ {error}")
    for code, note in done.notes.items():
        click.echo(f"· {code} {note}")
    click.echo(f"✓ 修补 {len(done.notes)} 个区域，仍有 {len(done.gaps)} 处缝隙")


@command.command("dissolve", short_help="由下级区域合成边界。")
@click.argument("area")
def dissolve(area: str) -> None:
    """把 AREA 的边界设为其下级边界的并集（没有自己边界的上级用）。"""
    from chengguan.config.start import django_ready

    with django_ready():
        from chengguan.accounts.domain.principal import Principal
        from chengguan.core.errors import DomainError
        from chengguan.registry.domain import tessellate as grids

        try:
            grids.dissolve(area, Principal.system("命令行"))
        except DomainError as error:
            sys.exit(f"✗ {error}")
    click.echo(f"✓ 已由下级合成 {area} 的边界")


@command.command("export", short_help="把台账导出为表格或地图。")
@click.argument("kind", type=click.Choice([*KINDS]))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--crs",
    type=click.Choice(["CGCS2000", "WGS84", "GCJ02", "BD09"]),
    default="CGCS2000",
    show_default=True,
    help="导出坐标的坐标系。",
)
def export(kind: str, file: Path, crs: str) -> None:
    """把 KIND 类台账写入 FILE，按扩展名为 CSV、XLSX 或 GeoJSON；改后可再导入。已有文件不覆盖。"""
    if file.exists():
        sys.exit(f"✗ 文件 {file} 已存在，请换一个名称，或先移走它。")
    if not file.absolute().parent.is_dir():
        sys.exit(f"✗ 没有目录 {file.parent}，请先建立。")
    from chengguan.config.start import django_ready

    with django_ready():
        from chengguan.accounts.domain.principal import Principal
        from chengguan.core.coordinates import CRS
        from chengguan.core.errors import DomainError
        from chengguan.registry.domain import exports

        try:
            made = exports.export(
                kind, file.suffix.lower().lstrip("."), Principal.system("命令行"), crs=CRS(crs)
            )
            size = _written(file, made.chunks)
        except DomainError as error:
            sys.exit(f"✗ {error}")
    click.echo(f"✓ 已导出 {KINDS[kind]}：{file}（{size:,} 字节，坐标系 {crs}）")


def _written(file: Path, chunks: Iterable[bytes]) -> int:
    """Write beside the file and rename: half an export is never taken for a whole one."""
    part = file.with_name(f".{file.name}.part")
    try:
        with part.open("xb") as handle:
            size = sum(handle.write(chunk) for chunk in chunks)
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    return size
