"""A small trade of the tests' own: a table, its functions and a definition that uses everything."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from django.db import models

from chengguan.accounts.domain.principal import Held, Principal
from chengguan.core.worktime import Calendar, DayKind, Limit, LimitUnit
from chengguan.store.ids import next_id
from chengguan.workflow.domain import Applied, Context, Outcome, Procedure, begin
from chengguan.workflow.domain.calendars import Calendars
from chengguan.workflow.domain.definition import compile_definition
from chengguan.workflow.models import Instance

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday, 09:00 in Shanghai

SOURCE = """
code = "trial"
title = "试办"

[stages]
open = "受理"
work = "办理"
done = "办结"

[clocks.accept]
title = "受理"
limit = "15分钟"

[clocks.check]
title = "核实"
limit = "30分钟"

[clocks.work]
title = "办理"
limit_from = "by_matter"
total = true

[states.waiting]
title = "待受理"
stage = "open"
queue = {capability = "cases.accept", to = "area", clock = "accept"}

[states.verifying]
title = "核实中"
stage = "open"
queue = {capability = "cases.verify", to = "person", clock = "check", column = "checker_id"}

[states.working]
title = "办理中"
stage = "work"
queue = {capability = "cases.handle_unit", to = "unit", clock = "work"}

[states.done]
title = "已办结"
stage = "done"
end = true

[states.void]
title = "作废"
stage = "done"
end = true

[[verbs]]
name = "report"
title = "上报"
new = true
to = "waiting"
capability = "cases.report"
scope = "any"
clocks = ["start accept"]

[[verbs]]
name = "verify"
title = "要求核实"
from = ["waiting"]
to = "verifying"
capability = "cases.accept"
form = [{name = "checker", title = "核实人", type = "person", required = true}]
clocks = ["pause accept", "start check"]
set = {checker_id = "$data.checker"}

[[verbs]]
name = "verified"
title = "核实完成"
from = ["verifying"]
to = "waiting"
capability = "cases.verify"
scope = "assignee"
form = [{name = "finding", title = "情况", required = true, max = 20}]
clocks = ["end check", "resume accept"]

[[verbs]]
name = "accept"
title = "受理"
from = ["waiting"]
to = "working"
capability = "cases.accept"
primary = true
form = [
    {name = "unit", title = "单位", type = "organisation", required = true},
    {name = "photos", title = "照片", type = "photos", min = 1},
]
clocks = ["end accept", "start work"]
effects = ["to_unit"]
set = {accepted_at = "$at", acceptor_id = "$actor"}

[[verbs]]
name = "refuse"
title = "不予受理"
from = ["waiting", "verifying"]
to = "void"
capability = "cases.accept"
form = [{name = "reason", title = "理由", type = "choice", choices = [["dup", "重复"], ["far", "不属辖区"]], required = true}]
clocks = ["end? *"]

[[verbs]]
name = "send_back"
title = "退回"
from = ["working"]
to = "waiting"
capability = "cases.handle_unit"
scope = "unit"
form = [{name = "reason", title = "理由", required = true}]
clocks = ["end work", "start accept"]
set = {returns = "+1", unit_id = "$null", unit_path = ""}

[[verbs]]
name = "finish"
title = "办结"
from = ["working"]
to = "done"
capability = "cases.handle_unit"
scope = "unit"
guards = ["not_held"]
clocks = ["end work"]
bulk = true

[[verbs]]
name = "reopen"
title = "重开"
from = ["done"]
to = "waiting"
reopens = true
capability = "cases.oversee"
clocks = ["start accept"]

[[verbs]]
name = "urge"
title = "催办"
from = "*"
to = "="
capability = "cases.oversee"
set = {urged = "+1"}

[[verbs]]
name = "route"
title = "分流"
from = ["waiting"]
to = ["void", "done"]
capability = "cases.oversee"
clocks = ["end accept"]
effects = ["by_length"]
form = [{name = "note", title = "说明"}]

[requests.extension]
title = "延期"
from = ["working"]
capability = "cases.approve"
max_granted = 2
term = "1工作日"
void_on = ["send_back", "finish"]

[requests.extension.ask]
capability = "cases.handle_unit"

[requests.extension.grant]
effects = ["extend"]
set = {extensions = "+1"}

[requests.hold]
title = "挂起"
from = ["working"]
capability = ["cases.approve", "cases.lead"]
steps = 2
max_asked = 1
void_on = ["send_back", "finish"]

[requests.hold.ask]
capability = "cases.handle_unit"

[requests.hold.grant]
clocks = ["pause? work"]
set = {held = true}

[[verbs]]
name = "release"
title = "解除挂起"
from = ["working"]
to = "="
capability = "cases.approve"
guards = ["held"]
clocks = ["resume? work"]
set = {held = false}
"""


CITY = """
code = "city"
name = "测试日历"
timezone = "Asia/Shanghai"
first = 2025-01-01
last = 2027-12-31
hours = [{start = 08:00:00, end = 12:00:00}, {start = 14:00:00, end = 18:00:00}]
"""


class Trial(Instance):
    area_code = models.CharField(max_length=15, default="")
    matter_code = models.CharField(max_length=8, default="")
    unit_id = models.BigIntegerField(null=True)
    unit_path = models.CharField(max_length=80, default="")
    handler_id = models.BigIntegerField(null=True)
    checker_id = models.BigIntegerField(null=True)
    acceptor_id = models.BigIntegerField(null=True)
    accepted_at = models.DateTimeField(null=True)
    returns = models.IntegerField(default=0)
    extensions = models.IntegerField(default=0)
    urged = models.IntegerField(default=0)
    held = models.BooleanField(default=False)
    text = models.TextField(default="")

    objects: ClassVar[models.Manager[Trial]] = models.Manager()

    class Meta:
        app_label = "workflow_trial"

    def __str__(self) -> str:
        return str(self.pk)


def _by_matter(context: Context) -> Limit | None:
    if context.row["matter_code"] == "urgent":
        return Limit(2, LimitUnit.URGENT_HOUR)
    return Limit(4, LimitUnit.WORK_HOUR)


def _to_unit(context: Context) -> Outcome:
    unit = context.data["unit"]
    return Outcome(set={"unit_id": unit, "unit_path": f"/1/{unit}/"}, data={"why": "按职责"})


def _extend(context: Context) -> Outcome:
    return Outcome(clocks=[("extend", "work", {"seconds": context.clocks["work"].limit})])


def _by_length(context: Context) -> Outcome:
    return Outcome(to="done" if len(context.data.get("note", "")) > 3 else "void")


TRIAL = Procedure(
    code="trial",
    title="试办",
    model=Trial,
    guards={
        "held": lambda context: None if context.row["held"] else "没有挂起。",
        "not_held": lambda context: "挂起期间不能办结。" if context.row["held"] else None,
    },
    effects={"to_unit": _to_unit, "extend": _extend, "by_length": _by_length},
    limits={"by_matter": _by_matter},
    outside=frozenset({"text"}),
)


def compiled(source: str = SOURCE) -> Any:
    return compile_definition(
        source, guards=TRIAL.guards, effects=TRIAL.effects, limits=TRIAL.limits
    )


def calendar(revision: int = 1, holidays: tuple[date, ...] = ()) -> Calendar:
    return Calendar.build(
        name=f"city@{revision}",
        tz="Asia/Shanghai",
        first=date(2025, 1, 1),
        last=date(2027, 12, 31),
        days=dict.fromkeys(holidays, DayKind.HOLIDAY),
    )


def calendars(*built: Calendar) -> Calendars:
    found = Calendars.of(city=built[-1] if built else calendar())
    for one in built:
        found.add(one)
    return found


SYSTEM = Principal.system("测试")


def person(
    user_id: int,
    *capabilities: str,
    path: str = "/1/",
    area: str = "",
    by_unit: bool = False,
    matters: tuple[str, ...] = (),
) -> Principal:
    held = Held(
        post="post",
        post_name="岗位",
        capabilities=frozenset(capabilities),
        organisation_id=user_id * 10,
        organisation_path=path,
        area_code=area,
        matters=matters,
        valid_from=date(2020, 1, 1),
        valid_to=None,
        by_unit=by_unit,
    )
    return Principal(user_id, f"u{user_id}", f"人{user_id}", user_id * 10, path, (held,))


def blank(**columns: Any) -> dict[str, Any]:
    """A row as `begin` would see it, for the pure functions."""
    return TRIAL.whole_row({"id": 1, "area_code": "310115001", "state": "", "seq": 0, **columns})


def begun(**columns: Any) -> Applied:
    """A stored instance, just reported at `START`."""
    row = {"id": next_id(), "area_code": "310115001", **columns}
    return begin(TRIAL, row, "report", SYSTEM, at=START)


def stored(applied: Applied) -> Trial:
    return Trial.objects.get(pk=applied.row["id"])


def minutes(count: float) -> datetime:
    return START + timedelta(minutes=count)
