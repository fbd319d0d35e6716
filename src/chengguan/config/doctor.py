"""What can be wrong with a running installation, and the mend of each."""

import ctypes
import os
import shutil
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from chengguan.cases.procedure import other_than_shipped
from chengguan.cases.proposing.sayings import own_sayings
from chengguan.cases.search import index
from chengguan.config import demo, postgres, schema_state
from chengguan.config.paths import VAR
from chengguan.core.errors import Invalid, NotFound
from chengguan.files.domain.verify import verify
from chengguan.registry.domain import catalogue
from chengguan.ui.basemap import SERVED_AT, base_map
from chengguan.workflow.models import WorkCalendar

_OLDEST_SERVER = 140000
_LEAST_FREE = 2 * 1024**3
_LEAST_FREE_SHARE = 0.05
_CALENDAR_AHEAD = timedelta(days=90)
_WAITING_TOO_LONG = timedelta(minutes=5)
_CLOCK_DRIFT = timedelta(seconds=2)
_LOCAL = {"127.0.0.1", "localhost", "[::1]", "testserver"}


class Level(Enum):
    """How bad a finding is."""

    FINE = "fine"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One examined thing: what it is, how it stands, and what to do (empty when nothing)."""

    subject: str
    level: Level
    message: str
    mend: str = ""


def examine(*, contents: bool = False) -> list[Finding]:
    """Examine everything. Without a database only what doesn't need it.

    With `contents` every original is read and its SHA-256 compared, which takes its time.
    """
    found = [_database(), _disk(), _secret_key(), _tls(), _permissions()]
    if found[0].level is Level.FAULT:
        return found
    checks: Sequence[Callable[[], Finding]] = (
        _migrations,
        _calendar,
        _procedure,
        _queue,
        _workers,
        _messages,
        _search,
        _clock,
        _demo_accounts,
        _base_map,
        _sayings,
    )
    found += [_guarded(check) for check in checks]
    return [*found, _guarded(partial(_originals, contents=contents))]


def _base_map() -> Finding:
    found = base_map()
    if found.refusal:
        return Finding("底图", Level.WARNING, found.refusal, "修改环境变量后重新启动。")
    if found.url.startswith(SERVED_AT):
        place = settings.CHENGGUAN_MAPS / found.url.removeprefix(SERVED_AT)
        if not place.is_file():
            return Finding(
                "底图",
                Level.WARNING,
                f"没有文件 {place}。",
                "放入文件，或清空 CHENGGUAN_BASE_MAP。",
            )
    return Finding("底图", Level.FINE, found.url or "不用底图")


def _sayings() -> Finding:
    try:
        found = own_sayings({one.name for one in catalogue.matters()})
    except Invalid as error:
        return Finding("说法表", Level.WARNING, error.message, error.mend or "")
    if found is None:
        return Finding("说法表", Level.FINE, "只用自带的")
    count, unknown = found
    if unknown:
        said = f"目录里没有“{'”“'.join(unknown[:5])}”，这些说法不起作用。"
        return Finding("说法表", Level.WARNING, said, "改用事项目录中的名称。")
    return Finding("说法表", Level.FINE, f"本市补充了 {count} 个事项的说法")


def _guarded(check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except DatabaseError as error:
        # What is missing a table can't be asked; the first line names the table.
        reason = str(error).splitlines()[0]
        return Finding("查询", Level.FAULT, f"失败：{reason}", "先执行 chengguan migrate，再检查。")


def _database() -> Finding:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int, version()")
            number, text = cursor.fetchone()
    except DatabaseError as error:
        return Finding(
            "数据库",
            Level.FAULT,
            f"连接失败：{error}",
            "检查 DATABASE_URL 的主机、端口、用户和密码，以及数据库是否在运行。",
        )
    if number < _OLDEST_SERVER:
        return Finding("数据库", Level.FAULT, text, "请升级到 PostgreSQL 14 以上。")
    kind = "内嵌" if postgres.is_embedded() else "外部"
    return Finding("数据库", Level.FINE, f"{kind} {text.split(' on ')[0]}")


def _migrations() -> Finding:
    pending = schema_state.pending()
    if pending:
        return Finding(
            "表结构", Level.FAULT, f"有 {pending} 项更新未执行", "执行 chengguan migrate。"
        )
    return Finding("表结构", Level.FINE, "已是最新")


def _disk() -> Finding:
    tight = []
    for place in {_existing(Path(settings.MEDIA_ROOT)), _existing(VAR)}:
        usage = shutil.disk_usage(place)
        if usage.free < _LEAST_FREE or usage.free < usage.total * _LEAST_FREE_SHARE:
            tight.append(f"{place} 仅余 {usage.free / 1e9:.1f} GB")
    if tight:
        return Finding(
            "磁盘",
            Level.FAULT,
            "；".join(tight),
            "清理或扩容；照片目录可用 CHENGGUAN_FILES 改到大盘。",
        )
    return Finding("磁盘", Level.FINE, "余量充足")


def _calendar() -> Finding:
    code = settings.CHENGGUAN_CALENDAR
    until = WorkCalendar.objects.filter(code=code).values_list("last_day", flat=True).first()
    mend = "执行 chengguan import calendar 文件 --apply 导入下一年度的节假日与调休安排。"
    if until is None:
        return Finding("工作日历", Level.FAULT, f"没有代码为 {code} 的日历", mend)
    left = until - datetime.now(UTC).date()
    if left < timedelta(0):
        return Finding("工作日历", Level.FAULT, f"只到 {until}，已用完，时限无法计算", mend)
    if left < _CALENDAR_AHEAD:
        return Finding("工作日历", Level.WARNING, f"只到 {until}，还剩 {left.days} 天", mend)
    return Finding("工作日历", Level.FINE, f"覆盖到 {until}")


def _procedure() -> Finding:
    mend = "执行 chengguan cases procedure 查看差异，加 --apply 发布。"
    try:
        other = other_than_shipped()
    except NotFound:
        return Finding("案件流程", Level.FAULT, "还没有发布，不能上报", mend)
    if other is None:
        return Finding("案件流程", Level.FINE, "与本程序所附的一致")
    words = f"现行第 {other.version} 版（{other.published_by}发布）与本程序所附的不同"
    return Finding("案件流程", Level.WARNING, words, f"本市自行修改的可不处理；升级后{mend}")


def _queue() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE status = 'todo'"
            "   AND coalesce(scheduled_at, %(before)s) <= %(before)s AND deferred < %(before)s),"
            " count(*) FILTER (WHERE status = 'failed')"
            " FROM (SELECT j.status, j.scheduled_at, coalesce((SELECT max(at)"
            "   FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'deferred'),"
            "   '-infinity') AS deferred"
            "   FROM procrastinate_jobs j WHERE j.status IN ('todo', 'failed')) AS jobs",
            {"before": datetime.now(UTC) - _WAITING_TOO_LONG},
        )
        waiting, failed = cursor.fetchone()
    if waiting:
        return Finding(
            "任务队列",
            Level.FAULT,
            f"{waiting} 个任务等待超过 5 分钟",
            "确认 chengguan serve 或 chengguan worker 在运行；任务多时再开一个 worker。",
        )
    if failed:
        return Finding(
            "任务队列", Level.WARNING, f"{failed} 个任务失败", "按日志中的 job 编号查看原因。"
        )
    return Finding("任务队列", Level.FINE, "没有积压")


def _workers() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - interval '60 seconds'"
        )
        alive = int(cursor.fetchone()[0])
    if alive:
        return Finding("后台任务进程", Level.FINE, f"{alive} 个在运行")
    return Finding(
        "后台任务进程",
        Level.WARNING,
        "没有在运行的",
        "执行 chengguan serve（自带一个）或 chengguan worker。",
    )


def _messages() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE error <> ''), count(*) FILTER (WHERE error = ''"
            " AND created_at < now() - interval '5 minutes') FROM notify_outboxmessage"
        )
        failed, late = cursor.fetchone()
    if failed:
        return Finding(
            "待发消息",
            Level.WARNING,
            f"{failed} 条无法送达，已搁置，不影响其他消息",
            "按后台日志中的 channel failed 或 message unreadable 排查；"
            "原因见表 notify_outboxmessage 的 error 列，排除后把该列改为空即重新发送。",
        )
    if late:
        return Finding(
            "待发消息", Level.WARNING, f"{late} 条等待超过 5 分钟", "检查后台任务进程是否在运行。"
        )
    return Finding("待发消息", Level.FINE, "没有积压")


def _search() -> Finding:
    standing = index.standing()
    if not standing.ready:
        return Finding(
            "检索索引",
            Level.WARNING,
            f"尚未建成（已建 {standing.entries} 件），查询会慢些",
            "后台任务进程会自动建成；也可执行 chengguan cases reindex 立即重建。",
        )
    if standing.behind > index.MOST_TAIL:
        return Finding(
            "检索索引",
            Level.WARNING,
            f"落后 {standing.behind} 条记录",
            "检查后台任务进程是否在运行。",
        )
    return Finding("检索索引", Level.FINE, f"约 {standing.entries} 件，跟进到最近的变动")


def _demo_accounts() -> Finding:
    count = demo.open_accounts()
    if not count:
        return Finding("演示账号", Level.FINE, "没有可登录的演示账号")
    return Finding(
        "演示账号",
        Level.WARNING,
        f"有 {count} 个演示账号可以登录，口令是公开的",
        "正式使用前请在“账号”中停用所有标有“虚构”的账号。",
    )


def _originals(*, contents: bool) -> Finding:
    found = verify(contents=contents)
    bad = [str(fault) for fault in found.faults if fault.kind != "stray"]
    if bad:
        shown = "；".join(bad[:5]) + (f" 等 {len(bad)} 处" if len(bad) > 5 else "")
        return Finding("证据文件", Level.FAULT, shown, "从备份恢复这些文件，并查明原因。")
    how = "内容" if contents else "大小"
    return Finding("证据文件", Level.FINE, f"{found.checked} 个，{how}与记录一致")


def _clock() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp(), (SELECT max(at) FROM audit_entry)")
        there, newest = cursor.fetchone()
    drift = abs(datetime.now(UTC) - there)
    if drift > _CLOCK_DRIFT:
        return Finding(
            "时钟",
            Level.FAULT,
            f"与数据库服务器相差 {drift.total_seconds():.1f} 秒，时限会算错",
            "在两台机器上启用同一时间源（chrony 或 systemd-timesyncd）。",
        )
    ahead: timedelta = newest - there if newest else timedelta(0)
    if ahead > _CLOCK_DRIFT:
        return Finding(
            "时钟",
            Level.FAULT,
            f"服务器时钟被拨回过：最新的审计记录比现在晚 {_spoken(ahead)}，新案件的时限会算早",
            "校准时钟并启用 chrony 或 systemd-timesyncd；期间的动态口令不能用。",
        )
    if not _is_synchronised():
        return Finding(
            "时钟", Level.WARNING, "系统未报告与时间源同步", "启用 chrony 或 systemd-timesyncd。"
        )
    return Finding("时钟", Level.FINE, "与数据库一致，已与时间源同步")


def _spoken(span: timedelta) -> str:
    seconds = span.total_seconds()
    return f"{seconds / 60:.0f} 分钟" if seconds >= 60 else f"{seconds:.0f} 秒"


def _is_synchronised() -> bool:
    # adjtimex with modes = 0 only reads; 5 is TIME_ERROR, "clock not synchronised".
    buffer = ctypes.create_string_buffer(512)
    state: int = ctypes.CDLL(None).adjtimex(buffer)
    return state not in {-1, 5}


def _tls() -> Finding:
    public = sorted(set(settings.ALLOWED_HOSTS) - _LOCAL)
    if settings.SECURE_TLS or not public:
        return Finding("TLS", Level.FINE, "已启用" if settings.SECURE_TLS else "仅本机访问，不需要")
    return Finding(
        "TLS",
        Level.FAULT,
        f"对外域名 {'、'.join(public)} 未启用 HTTPS，口令会明文传输",
        "在前置代理上配置证书并设置 CHENGGUAN_TLS=1。",
    )


def _secret_key() -> Finding:
    given = os.environ.get("CHENGGUAN_SECRET_KEY")
    if given is not None and len(given) < 50:
        return Finding(
            "密钥",
            Level.FAULT,
            f"CHENGGUAN_SECRET_KEY 只有 {len(given)} 个字符",
            "换成 50 个字符以上的随机串，例如 openssl rand -base64 48 的输出。",
        )
    if settings.DEBUG:
        return Finding(
            "密钥", Level.FAULT, "调试模式已打开，出错页会泄露配置", "去掉 CHENGGUAN_DEBUG 后重启。"
        )
    return Finding("密钥", Level.FINE, "由环境变量给出" if given else "自动生成，保存在 var/")


def _permissions() -> Finding:
    open_ones = [
        path
        for path in (VAR / "secret_key", postgres.directory().with_suffix(".password"))
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if open_ones:
        names = " ".join(str(path) for path in open_ones)
        return Finding("密钥文件", Level.FAULT, f"他人可读：{names}", f"执行 chmod 600 {names}。")
    return Finding("密钥文件", Level.FINE, "仅本用户可读")


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)
