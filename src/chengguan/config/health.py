"""Three addresses for machines: `/healthz` (I live), `/readyz` (I can work), `/metrics`."""

import hmac
import ipaddress
import os
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from chengguan.config import schema_state


@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as the process can answer at all; asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database, migrations and the file store are usable, 503 with the reason."""
    checks = {
        "database": _database_fault(),
        "migrations": _migrations_fault(),
        "files": _files_fault(),
    }
    faults = {name: fault for name, fault in checks.items() if fault}
    body = {"ready": not faults, "checks": {name: fault or "ok" for name, fault in checks.items()}}
    status = HTTPStatus.SERVICE_UNAVAILABLE if faults else HTTPStatus.OK
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Give Prometheus' text format to this machine, or to who knows CHENGGUAN_METRICS_TOKEN."""
    if not _may_read_metrics(request):
        return HttpResponse(
            "指标只向本机或持有 CHENGGUAN_METRICS_TOKEN 的采集器开放。\n",
            status=HTTPStatus.FORBIDDEN,
            content_type="text/plain; charset=utf-8",
        )
    counted = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    asked = CollectorRegistry()
    asked.register(_Queue())
    return HttpResponse(
        generate_latest(counted) + generate_latest(asked), content_type=CONTENT_TYPE_LATEST
    )


class _Queue(Collector):
    """What only the database knows: jobs by status and the age of the oldest waiting one."""

    def collect(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily("chengguan_jobs", "Background jobs by status.", labels=["status"])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT status::text, count(*) FROM procrastinate_jobs"
                " WHERE status IN ('todo', 'doing', 'failed') GROUP BY status"
            )
            known = {str(status): int(count) for status, count in cursor.fetchall()}
            cursor.execute(
                "SELECT coalesce(extract(epoch FROM now() - min(at)), 0)"
                " FROM procrastinate_events JOIN procrastinate_jobs j ON j.id = job_id"
                " WHERE j.status = 'todo' AND type = 'deferred'"
                " AND coalesce(j.scheduled_at, now()) <= now()"
            )
            oldest = cursor.fetchone()
            cursor.execute(
                "SELECT count(*) FILTER (WHERE error = ''), count(*) FILTER (WHERE error <> '')"
                " FROM notify_outboxmessage"
            )
            waiting, failed = cursor.fetchone()
            cursor.execute("SELECT pg_database_size(current_database())")
            size = cursor.fetchone()
        for status in ("todo", "doing", "failed"):
            jobs.add_metric([status], known.get(status, 0))
        yield jobs
        messages = GaugeMetricFamily(
            "chengguan_messages", "Messages to be told, by status.", labels=["status"]
        )
        messages.add_metric(["waiting"], waiting)
        messages.add_metric(["failed"], failed)
        yield messages
        yield GaugeMetricFamily(
            "chengguan_oldest_waiting_job_seconds",
            "Age of the oldest job that could run, in seconds.",
            value=float(oldest[0]),
        )
        yield GaugeMetricFamily(
            "chengguan_database_bytes", "Size of the database in bytes.", value=float(size[0])
        )


def _database_fault() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "数据库连接不上，请检查 DATABASE_URL 或运行 chengguan doctor。"
    return ""


def _migrations_fault() -> str:
    try:
        pending = schema_state.pending()
    except DatabaseError:
        return "数据库连接不上，无法核对表结构。"
    return f"有 {pending} 项表结构更新未执行，请运行 chengguan migrate。" if pending else ""


def _files_fault() -> str:
    root = Path(settings.MEDIA_ROOT)
    existing = root if root.exists() else root.parent
    return "" if os.access(existing, os.W_OK) else "文件目录不可写，请检查 CHENGGUAN_FILES 的权限。"


def _may_read_metrics(request: HttpRequest) -> bool:
    token = os.environ.get("CHENGGUAN_METRICS_TOKEN", "")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    # A forwarded request comes from the loopback address too: the proxy's.
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
