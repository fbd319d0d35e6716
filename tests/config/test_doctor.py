"""`doctor`: each thing that can be wrong, and that the mend is said."""

import io
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from PIL import Image

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import Organisation, User
from chengguan.audit.domain.actor import Actor
from chengguan.audit.domain.record import record
from chengguan.cases.procedure import publish_shipped, shipped_source
from chengguan.config import doctor, schema_state
from chengguan.config.doctor import Level
from chengguan.files.domain.store import keep
from chengguan.notify.domain import tell
from chengguan.notify.models import OutboxMessage
from chengguan.workflow.domain import publish
from chengguan.workflow.models import WorkCalendar


def _finding(subject: str) -> doctor.Finding:
    (finding,) = [found for found in doctor.examine() if found.subject == subject]
    return finding


def _calendar(last_day: date) -> None:
    WorkCalendar.objects.all().delete()
    WorkCalendar.objects.create(
        code="city", name="城市", first_day=date(2025, 1, 1), last_day=last_day
    )


@pytest.mark.django_db
def test_subjects_in_order() -> None:
    assert [found.subject for found in doctor.examine()] == [
        "数据库",
        "磁盘",
        "密钥",
        "TLS",
        "密钥文件",
        "表结构",
        "工作日历",
        "案件流程",
        "任务队列",
        "后台任务进程",
        "待发消息",
        "检索索引",
        "时钟",
        "演示账号",
        "底图",
        "说法表",
        "证据文件",
    ]


@pytest.mark.django_db
def test_every_fault_and_warning_has_a_mend() -> None:
    bad = [found for found in doctor.examine() if found.level is not Level.FINE]

    assert [found for found in bad if not found.mend] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("days", "level"),
    [(-1, Level.FAULT), (0, Level.WARNING), (89, Level.WARNING), (90, Level.FINE)],
)
def test_calendar_coverage(days: int, level: Level) -> None:
    _calendar(datetime.now(UTC).date() + timedelta(days=days))

    assert _finding("工作日历").level is level


@pytest.mark.django_db
def test_no_calendar(settings: Any) -> None:
    settings.CHENGGUAN_CALENDAR = "nowhere"

    assert _finding("工作日历").message == "没有代码为 nowhere 的日历"


@pytest.mark.django_db
def test_job_waiting_too_long() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)"
            " VALUES ('default', 't', '{}', 'todo') RETURNING id"
        )
        job = cursor.fetchone()[0]
    assert _finding("任务队列").level is Level.FINE

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - interval '6 minutes' WHERE job_id = %s",
            [job],
        )

    assert _finding("任务队列").message == "1 个任务等待超过 5 分钟"


@pytest.mark.django_db
def test_failed_job() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)"
            " VALUES ('default', 't', '{}', 'failed')"
        )

    assert _finding("任务队列").level is Level.WARNING


@pytest.mark.django_db
def test_worker_heartbeat() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
        assert _finding("后台任务进程").level is Level.WARNING
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")

    assert _finding("后台任务进程").message == "1 个在运行"


@pytest.mark.django_db
def test_a_clock_that_was_set_back() -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1)):
        record("test.later", actor=Actor.system("测试"))
    found = _finding("时钟")
    assert (found.level, "比现在晚 60 分钟" in found.message) == (Level.FAULT, True)


@pytest.mark.django_db
def test_messages_set_aside_and_late() -> None:
    number = tell("x")
    OutboxMessage.objects.update(created_at=datetime.now(UTC) - timedelta(minutes=6))
    assert "1 条等待超过 5 分钟" in _finding("待发消息").message
    OutboxMessage.objects.filter(id=number).update(error="in_app: ValueError")
    assert "1 条无法送达" in _finding("待发消息").message
    OutboxMessage.objects.all().delete()
    assert _finding("待发消息").level is Level.FINE


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("made_up", "active", "level"),
    [(True, True, Level.WARNING), (True, False, Level.FINE), (False, True, Level.FINE)],
)
def test_demo_accounts(made_up: bool, active: bool, level: Level) -> None:
    bureau = Organisation.objects.create(code="1", name="局", kind="centre", path="1/")
    User.objects.create(
        username="yanshi",
        password="hash",
        organisation=bureau,
        made_up=made_up,
        is_active=active,
    )

    assert _finding("演示账号").level is level


@pytest.mark.django_db
def test_pending_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_state, "pending", lambda: 2)

    assert _finding("表结构") == doctor.Finding(
        "表结构", Level.FAULT, "有 2 项更新未执行", "执行 chengguan migrate。"
    )


@pytest.mark.django_db
def test_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage("/"))(100 * 10**9, 99 * 10**9, 10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    assert _finding("磁盘").level is Level.FAULT


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hosts", "tls", "level"),
    [
        (["127.0.0.1", "localhost"], False, Level.FINE),
        (["cg.example.gov.cn"], True, Level.FINE),
        (["cg.example.gov.cn"], False, Level.FAULT),
    ],
)
def test_tls(settings: Any, hosts: list[str], tls: bool, level: Level) -> None:
    settings.ALLOWED_HOSTS = hosts
    settings.SECURE_TLS = tls

    assert _finding("TLS").level is level


@pytest.mark.django_db
def test_short_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHENGGUAN_SECRET_KEY", "password")

    assert _finding("密钥").message == "CHENGGUAN_SECRET_KEY 只有 8 个字符"


@pytest.mark.django_db
def test_readable_secret_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("x" * 50)
    (tmp_path / "secret_key").chmod(0o644)
    monkeypatch.setattr(doctor, "VAR", tmp_path)

    assert _finding("密钥文件").mend == f"执行 chmod 600 {tmp_path / 'secret_key'}。"


def test_unreachable_database_ends_the_examination(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)

    found = doctor.examine()

    assert [each.subject for each in found] == ["数据库", "磁盘", "密钥", "TLS", "密钥文件"]
    assert (found[0].level, found[0].message) == (Level.FAULT, "连接失败：connection refused")


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "grey").save(file, "PNG")
    return file.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("damage", "quick", "thorough"),
    [
        ("none", Level.FINE, Level.FINE),
        ("one byte", Level.FINE, Level.FAULT),
        ("shorter", Level.FAULT, Level.FAULT),
        ("gone", Level.FAULT, Level.FAULT),
    ],
)
def test_originals(
    settings: Any, tmp_path: Path, damage: str, quick: Level, thorough: Level
) -> None:
    settings.MEDIA_ROOT = tmp_path
    picture = _picture()
    kept = keep(picture, name="a.png", max_bytes=10_000)
    (original,) = [path for path in tmp_path.rglob(f"*{kept.sha256}*") if path.is_file()]
    original.chmod(0o600)
    if damage == "one byte":
        original.write_bytes(picture[:-1] + b"x")
    if damage == "shorter":
        original.write_bytes(picture[:-1])
    if damage == "gone":
        original.unlink()

    assert [
        found.level
        for contents in (False, True)
        for found in doctor.examine(contents=contents)
        if found.subject == "证据文件"
    ] == [quick, thorough]


@pytest.mark.django_db
def test_a_procedure_that_is_not_the_shipped_one() -> None:
    assert _finding("案件流程").level is Level.FAULT
    publish_shipped()
    assert _finding("案件流程").level is Level.FINE
    publish("case", shipped_source() + "\n# 本市\n", Principal.system("本市"))
    found = _finding("案件流程")
    assert (found.level, "第 2 版（本市发布）" in found.message) == (Level.WARNING, True)
