"""The steps of the load. A step that is done leaves an entry in the audit log, in its own
transaction: no second mark that could disagree with what was written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from django.db import connection, transaction

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import record
from chengguan.audit.models import Entry
from chengguan.store import revisions

_LOADER: Final[Principal] = Principal.system("演示数据装载")
SUBJECT: Final = "demo"
_LOCK: Final = "SELECT pg_advisory_lock(hashtext('chengguan.demo'))"
_UNLOCK: Final = "SELECT pg_advisory_unlock(hashtext('chengguan.demo'))"


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `run` gives in Chinese what was loaded, with counts.

    A long one tells how far it is (`telling`) and cleans up after a rollback what the database
    does not know of (`sweep`). A `late` one comes after the life, for it takes the life's people.
    One that `lacks` what a later release ships is taken again, though it is done.
    """

    code: str
    title: str
    run: Callable[..., str]
    telling: bool = False
    sweep: Callable[[], object] = lambda: None
    late: bool = False
    lacks: Callable[[], bool] = lambda: False


def _lazily(module: str, function: str) -> Callable[..., Any]:
    # A second start finds everything done: it shall not pay for the tools of the first.
    def run(*given: Any) -> Any:
        return getattr(import_module(f"{__package__}.{module}"), function)(*given)

    return run


STEPS: Final = (
    Step("areas", "区划与社区边界", _lazily("ground", "load_areas")),
    Step("grids", "单元网格", _lazily("ground", "load_grids")),
    Step("duty_grids", "责任网格", _lazily("ground", "load_duty_grids")),
    Step("catalogue", "事项目录", _lazily("standards", "load_catalogue")),
    Step("rules", "立案标准", _lazily("standards", "load_rules")),
    Step("organisations", "机构", _lazily("organisations", "load_organisations")),
    Step("people", "人员与授权", _lazily("people", "load"), lacks=_lazily("people", "lacks")),
    Step("duties", "权责", _lazily("organisations", "load_duties")),
    Step("devices", "物联设备", _lazily("things", "load_devices")),
    Step("cameras", "摄像机", _lazily("things", "load_cameras")),
    Step("components", "部件", _lazily("things", "load_components")),
    Step("vehicles", "作业车辆（模拟）", _lazily("vehicles", "load")),
    Step("calendar", "工作日历", _lazily("calendars", "load")),
    Step(
        "procedure",
        "案件流程",
        _lazily("journeys", "publish"),
        lacks=_lazily("journeys", "is_behind"),
    ),
    Step("events", "告警与视频事件", _lazily("events", "load")),
    Step("journeys", "案件办理", _lazily("journeys", "load")),
    Step("duty", "排班", _lazily("duty", "load"), late=True),
    Step("command", "命令、预案与会议", _lazily("command", "load"), late=True),
)
LIFE: Final = Step(
    "life",
    "模拟九十天",
    _lazily("life", "load"),
    telling=True,
    sweep=_lazily("photos", "sweep"),
)


def run(progress: Callable[[str], None], *, life: bool = True) -> bool:
    """Run the steps that are not done or lack something, one loader at a time; says whether any."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
    try:
        done = finished()
        late = [step for step in STEPS if step.late]
        wanted = [step for step in STEPS if not step.late] + [LIFE] * life + late
        left = [step for step in wanted if step.code not in done or step.lacks()]
        if not left:
            progress("演示区：数据已在，未作改动")
        for step in left:
            try:
                words = _take(step, progress)
            except BaseException:
                # Ctrl-C is a SystemExit here.
                step.sweep()
                raise
            revisions.refresh()
            progress(f"{step.title}：{words}")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(_UNLOCK)
    return bool(left)


def _take(step: Step, progress: Callable[[str], None]) -> str:
    with transaction.atomic():
        told = [lambda words: progress(f"{step.title}：{words}")] if step.telling else []
        words = step.run(*told)
        record(
            "demo.load",
            actor=_LOADER.actor(),
            subject_type=SUBJECT,
            subject_id=step.code,
            detail={"loaded": words},
        )
    return words


def finished() -> set[str]:
    """Give the codes of the steps that are done."""
    entries = Entry.objects.filter(subject_type=SUBJECT, action="demo.load")
    return set(entries.values_list("subject_id", flat=True))
