"""The worker process: procrastinate's jobs, and the loops that packages below declare.

A loop is a step that wants to run all the time (outbox relay, audit linking), faster than
a cron line can say. Each app may hold a module `loops` with `LOOPS`, a list of
(name, step, idle seconds); `step()` gives how many items it has worked, 0 for none.
"""

import asyncio
import importlib
import importlib.util
import logging
import threading
from collections.abc import Callable, Sequence

from django.apps import apps
from django.db import close_old_connections, connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from chengguan.config import jobs, logs

Loop = tuple[str, Callable[[], int], float]

_LONGEST_PAUSE = 30.0

log = logging.getLogger("chengguan.worker")


def run(*, concurrency: int) -> None:
    """Work until SIGTERM or SIGINT; jobs that run are finished first (at most 20 s)."""
    logs.to_stderr()
    stopping = threading.Event()
    threads = [
        threading.Thread(target=keep_running, args=(loop, stopping), name=loop[0], daemon=True)
        for loop in declared_loops()
    ]
    for thread in threads:
        thread.start()
    try:
        connector = app.connector
        assert isinstance(connector, DjangoConnector)
        with app.replace_connector(connector.get_worker_connector()):
            asyncio.run(_work(concurrency))
    finally:
        stopping.set()
        for thread in threads:
            thread.join(timeout=10)


def declared_loops() -> Sequence[Loop]:
    """Collect `LOOPS` of every installed app that has a module `loops`."""
    found: list[Loop] = []
    for config in apps.get_app_configs():
        name = f"{config.name}.loops"
        if config.name.startswith("chengguan.") and importlib.util.find_spec(name):
            found += importlib.import_module(name).LOOPS
    return found


def keep_running(loop: Loop, stopping: threading.Event) -> None:
    """Call the step again and again; after an error wait longer each time, up to 30 s."""
    name, step, idle = loop
    pause = 1.0
    while not stopping.is_set():
        try:
            worked = step()
        except Exception:
            # The loop must outlive a lost database or one bad row; the log has the reason.
            log.exception("loop failed", extra={"loop": name, "retry_seconds": pause})
            close_old_connections()
            stopping.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            continue
        pause = 1.0
        if not worked:
            stopping.wait(idle)
    connection.close()


async def _work(concurrency: int) -> None:
    async with app.open_async():
        await app.run_worker_async(
            concurrency=concurrency,
            delete_jobs="successful",
            fetch_job_polling_interval=5.0,
            shutdown_graceful_timeout=20.0,
            worker_middleware=[jobs.run_marked],
            install_signal_handlers=True,
        )
