"""What happens by the clock: each job is registered, and runs."""

from __future__ import annotations

from datetime import timedelta
from inspect import iscoroutinefunction
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from pytest_django import Settings

from chengguan.accounts.tasks import clear_sessions
from chengguan.cases.domain import numbers
from chengguan.cases.tasks import prepare_tomorrow

TASKS = [
    "accounts.clear_sessions",
    "cases.learn",
    "cases.prepare_numbers",
    "cases.sweep_exports",
    "chengguan.audit.tasks.anchor_daily",
    "chengguan.config.tasks.forget_imports",
    "chengguan.config.tasks.forget_old",
    "chengguan.config.tasks.retry_stalled",
    "chengguan.exchange.tasks.prune_nonces",
    "chengguan.exchange.tasks.prune_receipts",
    "chengguan.files.tasks.sweep_uploads",
    "chengguan.telemetry.tasks.prune_positions",
    "command.escalate_orders",
    "command.purge_drafts",
    "command.run_deployments",
    "command.start_scheduled",
    "command.sweep_closing",
    "command.sweep_dispatch",
    "workflow.recalculate_all",
    "workflow.recalculate_recent",
]


def test_these_jobs_run_by_the_clock() -> None:
    assert sorted(name for name, _ in app.periodic_registry.periodic_tasks) == TASKS


@pytest.mark.django_db
@pytest.mark.parametrize("name", TASKS)
def test_a_job_runs_on_an_empty_platform(name: str, tmp_path: Path, settings: Settings) -> None:
    settings.CHENGGUAN_ANCHORS = tmp_path / "anchors"
    settings.MEDIA_ROOT = tmp_path / "files"
    task = app.tasks[name]
    run = async_to_sync(task.func) if iscoroutinefunction(task.func) else task.func
    run(timestamp=0)


@pytest.mark.django_db
def test_only_sessions_past_their_end_are_cleared() -> None:
    now = timezone.now()
    for key, hours in (("old", -1), ("living", 1)):
        Session.objects.create(
            session_key=key, session_data="", expire_date=now + timedelta(hours=hours)
        )
    clear_sessions(timestamp=0)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["living"]


@pytest.mark.django_db
def test_number_sequences_of_long_ago_are_dropped() -> None:
    today = numbers.local_day(timezone.now())
    days = [today - timedelta(days=age) for age in (500, 399)]
    for day in days:
        numbers.ensure_sequence("310117", day)
    prepare_tomorrow(timestamp=0)
    names = [numbers.sequence_name("310117", day) for day in days]
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname = ANY(%s)", [names])
        assert cursor.fetchall() == [(names[1],)]
