"""Jobs of the house itself: give jobs of dead workers to living ones, forget old ones."""

import logging

from procrastinate.contrib.django import app

from chengguan.registry.domain.imports import expire_runs

log = logging.getLogger("chengguan.worker")

_KEEP_HOURS = 24 * 14


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="config.retry_stalled", pass_context=False)
async def retry_stalled(timestamp: int) -> None:
    """Put jobs back whose worker has been silent for 30 s: it was killed while working."""
    for job in await app.job_manager.get_stalled_jobs():
        log.warning("job of a dead worker put back", extra={"job": job.id, "task": job.task_name})
        await app.job_manager.retry_job(job)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="config.forget_old", pass_context=False)
async def forget_old(timestamp: int) -> None:
    """Delete ended jobs after a fortnight, failed ones included."""
    await app.job_manager.delete_old_jobs(
        nb_hours=_KEEP_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


@app.periodic(cron="27 3 * * *")
@app.task(queueing_lock="config.forget_imports", pass_context=False)
def forget_imports(timestamp: int) -> None:
    """Drop the files of imports that were checked a week ago and never applied."""
    log.info("imports expired", extra={"runs": expire_runs()})
