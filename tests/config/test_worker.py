"""The worker: its loops go on after errors; jobs of dead workers are put back."""

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django import app

from chengguan.config import postgres, tasks, worker


def test_loops_of_the_packages_are_found() -> None:
    names = [name for name, _, _ in worker.declared_loops()]

    assert len(names) == len(set(names))
    assert {"audit.link", "notify.relay"} <= set(names)


def test_loop_is_called_at_once_while_there_is_work() -> None:
    stopping = threading.Event()
    results = iter([3, 2, 0])
    called: list[int] = []

    def step() -> int:
        called.append(next(results))
        if not called[-1]:
            stopping.set()
        return called[-1]

    worker.keep_running(("test", step, 60.0), stopping)

    assert called == [3, 2, 0]


def test_loop_outlives_an_error_and_logs_it(caplog: pytest.LogCaptureFixture) -> None:
    stopping = threading.Event()
    calls: list[int] = []

    def step() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("bad row")
        stopping.set()
        return 0

    with caplog.at_level(logging.ERROR, "chengguan.worker"):
        worker.keep_running(("test", step, 0.0), stopping)

    assert len(calls) == 2
    assert [record.message for record in caplog.records] == ["loop failed"]
    assert "bad row" in caplog.text


@pytest.mark.django_db
@pytest.mark.parametrize(("silent_seconds", "status"), [(20, "doing"), (40, "todo")])
def test_job_of_a_dead_worker_is_put_back(silent_seconds: int, status: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - make_interval(secs => %s)) RETURNING id",
            [silent_seconds],
        )
        dead = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id)"
            " VALUES ('default', 't', '{}', 'doing', %s) RETURNING id",
            [dead],
        )
        job = cursor.fetchone()[0]

    async_to_sync(tasks.retry_stalled.func)(timestamp=0)

    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE id = %s", [job])
        assert cursor.fetchone() == (status,)


def test_periodic_tasks_are_registered() -> None:
    registered = {task for task, _ in app.periodic_registry.periodic_tasks}

    assert {
        "chengguan.config.tasks.retry_stalled",
        "chengguan.config.tasks.forget_old",
    } <= registered


def test_worker_runs_a_job_and_stops_on_sigterm(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    with psycopg.connect(postgres.database_url(), autocommit=True) as database:
        database.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
            " VALUES ('default', 'chengguan.config.tasks.forget_old', %s)",
            ['{"timestamp": 1, "__request_id": "request-9"}'],
        )
        with (tmp_path / "log").open("w") as log:
            command = [sys.executable, "-m", "chengguan.config", "worker"]
            with subprocess.Popen(command, stderr=log) as process:
                deadline = time.monotonic() + 40
                while _jobs(database) and time.monotonic() < deadline:
                    time.sleep(0.1)
                process.send_signal(signal.SIGTERM)
                code = process.wait(timeout=30)

        assert _jobs(database) == 0
    assert code == 0, (tmp_path / "log").read_text()


def _jobs(database: psycopg.Connection) -> int:
    row = database.execute(
        "SELECT count(*) FROM procrastinate_jobs"
        " WHERE task_name = 'chengguan.config.tasks.forget_old'"
    ).fetchone()
    assert row is not None
    return int(row[0])
