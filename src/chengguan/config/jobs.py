"""What every background job gets: the request id of who asked for it, and a count.

procrastinate has a hook around the run of a job but none around its creation, so the one
method that writes jobs is wrapped here. The id lies in the job's arguments under a name no
task uses and is taken out before the task is called.
"""

import functools
from collections.abc import Awaitable, Callable
from typing import Any

from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from procrastinate.manager import JobManager

from chengguan.config import counters
from chengguan.config.logs import request_id, working_for

ARGUMENT = "__request_id"


def install() -> None:
    """Make every job created from now on carry the current request id. Done once."""
    original = JobManager._defer_jobs_query_kwargs
    if hasattr(original, "__wrapped__"):
        return

    @functools.wraps(original)
    def marked(self: JobManager, jobs: list[Job]) -> dict[str, Any]:
        current = request_id.get()
        if current:
            jobs = [job.evolve(task_kwargs=job.task_kwargs | {ARGUMENT: current}) for job in jobs]
        return original(self, jobs=jobs)

    JobManager._defer_jobs_query_kwargs = marked  # type: ignore[method-assign]


async def run_marked(
    call_next: Callable[[], Awaitable[Any]], context: JobContext, worker: Any
) -> Any:
    """Run a job under the request id it carries (worker middleware)."""
    carried = context.job.task_kwargs.pop(ARGUMENT, "") or f"job-{context.job.id}"
    with working_for(str(carried)):
        try:
            result = await call_next()
        except BaseException:
            counters.job_done(context.job.task_name, "failed")
            raise
        counters.job_done(context.job.task_name, "succeeded")
        return result
