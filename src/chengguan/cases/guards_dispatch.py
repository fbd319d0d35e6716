"""When a case may be given to a unit, disputed, shared among several, or dispatched by the machine.

Part of `guards.GUARDS`, for which the same holds: the row before the step and the form, no more.
"""

from __future__ import annotations

from typing import Final

from chengguan.accounts.enums import Capability
from chengguan.registry.domain.duty import ONE
from chengguan.registry.domain.duty_index import units
from chengguan.workflow.domain import tally
from chengguan.workflow.domain.procedure import Context, Guard, Row

from . import crossing
from .asked import resolved

DISPATCH_GUARDS: dict[str, Guard] = {}
#: How far a ruling reaches, in digits of the area code: one on a hectare would hardly be met again.
REACH: Final = {"community": 12, "street": 9, "district": 6}
NARROWEST: Final = "community"
#: What a machine may follow without asking: each names one unit in so many words.
CERTAIN: Final = frozenset({"precedent", "owner", "duty"})


def _guard(guard: Guard) -> Guard:
    DISPATCH_GUARDS[guard.__name__] = guard
    return guard


@_guard
def unit_known(context: Context) -> str | None:
    unit = units().get(context.data["unit"])
    return None if unit is not None and unit.active else "没有这个单位，或已停用。"


@_guard
def kept_unit(context: Context) -> str | None:
    row = context.row
    if row["returned_from"] == "awaiting_close" and context.data["unit"] != row["unit_id"]:
        return "不予结案的案件须派回原处置单位。"
    return None


@_guard
def unit_as_resolved(context: Context) -> str | None:
    """Dispatch follows the duties; another unit, or any unit in a gap or conflict, has a reason."""
    if "override" in context.data or context.row["returned_from"] == "awaiting_close":
        return None
    found = resolved(context)
    if found.status == ONE:
        if found.organisation_id == context.data["unit"]:
            return None
        return f"{found.reason}；改派其他单位请填写改派理由。"
    return f"{found.reason}；请填写派遣该单位的理由。"


@_guard
def certain_duty(context: Context) -> str | None:
    """The machine dispatches what is new and plain; whatever has a history is for people."""
    why = why_not_automatic(context.row)
    if why:
        return why
    if not context.principal.is_system:
        return "自动派遣只由系统办理。"
    found = resolved(context)
    if found.status != ONE or found.organisation_id != context.data["unit"]:
        return f"权责不能唯一确定到该单位，不能自动派遣：{found.reason}。"
    if not any(line.won and line.source in CERTAIN for line in found.trace):
        return "没有可以说明的依据，不能自动派遣。"
    return None


def why_not_automatic(row: Row) -> str | None:
    """Say what about a case's row keeps it from being dispatched by the machine, None if nothing."""
    if row["returned_from"] or row["returns"] or row["reopened"] or row["unit_id"]:
        return "退回、返工或重开的案件由派遣员办理，不自动派遣。"
    if row["important"] or row["overseen"]:
        return "重点或督办案件由派遣员办理，不自动派遣。"
    if tally.is_pending(row["requests"] or {}, "ruling"):
        return "本案正在等待裁定，不自动派遣。"
    return None


@_guard
def disputed(context: Context) -> str | None:
    """A ruling is asked for where the rules don't answer, or a unit says that they answer wrongly."""
    if context.row["returned_from"] == "awaiting_handling":
        return None
    if resolved(context).status == ONE:
        return "权责明确到一个单位，可直接派遣；单位退回后仍有争议的，再申请裁定。"
    return None


@_guard
def first_return(context: Context) -> str | None:
    if context.row["returns"]:
        return "本案已退回过一次，再次退回须申请回退仲裁。"
    return None


@_guard
def returned_before(context: Context) -> str | None:
    return None if context.row["returns"] else "本案尚未退回过，可直接退回派遣员。"


@_guard
def ruled_another(context: Context) -> str | None:
    if context.data["unit"] == context.row["unit_id"]:
        return "裁定由原单位处置的，请选择“裁定维持”。"
    return None


@_guard
def another_dispatched(context: Context) -> str | None:
    """Four eyes: a unit's objection is not ruled on by who made the dispatch it objects to."""
    if context.principal.user_id is not None and (
        context.row["dispatcher_id"] == context.principal.user_id
    ):
        return "本案是您派遣的，须由另一位负责人裁定。"
    return None


@_guard
def reach_is_ones_own(context: Context) -> str | None:
    """A ruling binds dispatch, by machine too, wherever it reaches: no farther than its maker's post."""
    reach = context.data.get("reach", NARROWEST)
    if reach == NARROWEST or context.principal.can(
        Capability.LEAD, area_code=context.row["area_code"][: REACH[reach]]
    ):
        return None
    return "先例的适用范围超出您的辖区；请缩小范围，或由上级裁定。"


def is_asked_anew(row: Row, unit_id: int) -> bool:
    """Say whether a unit takes on a part: it had none, or has done the one it had."""
    return unit_id not in row["assisting"] or unit_id in row["assisted"]


@_guard
def assist_known(context: Context) -> str | None:
    asked = context.data.get("assist", ())
    known = units()
    wrong = [one for one in asked if one not in known or not known[one].active]
    if wrong:
        return f"协办单位 {wrong[0]} 不存在或已停用。"
    # Not a check of its own in the definition: cases under way on an older version are asked too.
    new = [one for one in asked if is_asked_anew(context.row, one)]
    beyond = crossing.refusal(
        context.principal, Capability.DISPATCH, context.row["area_code"], new, context.at
    )
    if beyond:
        return beyond
    lead = context.data.get("unit", context.row["unit_id"])
    return "主办单位不能同时是协办单位。" if lead in asked else None


@_guard
def has_assist(context: Context) -> str | None:
    return None if context.row["assisting"] else "本案没有协办单位。"


@_guard
def unit_assists(context: Context) -> str | None:
    if context.data["unit"] in context.row["assisting"]:
        return None
    return "该单位不是本案的协办单位。"


@_guard
def assists_here(context: Context) -> str | None:
    """Whoever manages a unit that still has its part to do; the lead's own clerk does not."""
    if not context.row["assisting"]:
        return "本案没有协办单位。"
    return None if pending_of(context) else "本案没有等您单位办理的协办任务。"


@_guard
def assist_done(context: Context) -> str | None:
    row = context.row
    if not row["await_assist"]:
        return None
    known = units()
    left = [known[one].name for one in row["assisting"] if one not in row["assisted"]]
    return f"协办单位尚未完成：{'、'.join(left)}。" if left else None


def pending_of(context: Context) -> list[int]:
    """Give the assisting units that are not done and that who acts may speak for."""
    row, known = context.row, units()
    left = [one for one in row["assisting"] if one not in row["assisted"]]
    if context.principal.is_system:
        return left
    paths = [
        held.organisation_path
        for held in context.principal.holding(Capability.HANDLE_UNIT)
        if held.covers(row["area_code"], None, row["matter_code"] or None)
    ]
    return [one for one in left if any(known[one].path.startswith(path) for path in paths)]
