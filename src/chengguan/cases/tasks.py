"""Jobs of the night, and facts that follow a moved organisation."""

from __future__ import annotations

from procrastinate.contrib.django import app

from chengguan.workflow.domain.moving import follow_column

from .domain.timers import prepare_numbers
from .models import Fact
from .proposing.gazetteer import gather
from .proposing.learned import is_due, learn_matters
from .taking import background


@app.periodic(cron="30 14 * * *")
@app.task(name="cases.prepare_numbers", queueing_lock="cases.prepare_numbers")
def prepare_tomorrow(timestamp: int) -> int:
    """Make tomorrow's number sequences at 22:30 in Shanghai; a missing one is made on demand."""
    return prepare_numbers()


@app.periodic(cron="*/10 * * * *")
@app.task(name="cases.learn", queueing_lock="cases.learn")
def learn(timestamp: int) -> bool:
    """Learn how matters are worded and where places are: every six hours, in a new city at once."""
    if not is_due():
        return False
    gather()
    learn_matters()
    return True


@app.task(name="cases.follow_organisation")
def follow_organisation(before: str) -> int:
    """Let the facts of handling units follow an organisation away from the path `before`."""
    return follow_column(Fact, "unit_path", before)


@app.task(name="cases.export", lock="cases.export", pass_context=False)
def export_cases(number: int) -> None:
    """Write one file of cases; one at a time, so that several don't keep desks waiting."""
    background.run(number)


@app.periodic(cron="10 * * * *")
@app.task(name="cases.sweep_exports", queueing_lock="cases.sweep_exports")
def sweep_exports(timestamp: int) -> int:
    """Remove files of cases that are older than seven days."""
    return background.sweep()
