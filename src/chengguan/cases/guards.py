"""When a step of a case may be taken: each guard gives None, or the sentence why not.

Guards see the row before the step and the checked form, nothing else; catalogue, duties and
organisations come from process caches. The names are those of `definitions/case.toml`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from chengguan.accounts.enums import Capability
from chengguan.core.clock import is_overdue
from chengguan.core.errors import DomainError
from chengguan.registry.domain import catalogue
from chengguan.workflow.domain.procedure import Context, Guard

from .asked import asked_place, matter_of, proved
from .enums import Source
from .guards_dispatch import DISPATCH_GUARDS

DISPUTE_DAYS: Final = 15
SUSPENSION_DAYS: Final = 366
PUBLIC_SOURCES: Final = frozenset({Source.HOTLINE, Source.PUBLIC, Source.MEDIA})

GUARDS: dict[str, Guard] = dict(DISPATCH_GUARDS)


def _guard(guard: Guard) -> Guard:
    GUARDS[guard.__name__] = guard
    return guard


@_guard
def current(context: Context) -> str | None:
    """The case is its own (not a duplicate) and its suspension, once over, has been ended.

    A step between the end of a suspension and the event that resumes the clock would stand
    before it in time; `acting.act` writes that event first.
    """
    until = context.row["suspended_until"]
    if context.row["main_case_id"] is not None:
        return "本案已并入主案件，请办理主案件，或先撤销并案。"
    if until is not None and until <= context.at and context.verb.name != "resume":
        return "挂账已到期，系统正在恢复计时，请稍候再办。"
    return None


@_guard
def merged(context: Context) -> str | None:
    return "本案没有并入其他案件。" if context.row["main_case_id"] is None else None


@_guard
def not_main(context: Context) -> str | None:
    if context.row["duplicates"]:
        return "已有案件并入本案，请先撤销那些并案。"
    return None


@_guard
def other_case(context: Context) -> str | None:
    return "不能并入自身。" if context.data["main"] == context.row["id"] else None


@_guard
def not_suspended(context: Context) -> str | None:
    until = context.row["suspended_until"]
    if until is None:
        return None
    return f"挂账至 {_local(until)}，期间不能处置。"


@_guard
def suspension_over(context: Context) -> str | None:
    until = context.row["suspended_until"]
    if until is None:
        return "本案没有挂账。"
    return "挂账尚未到期。" if context.at < until else None


@_guard
def was_filed(context: Context) -> str | None:
    return "本案未曾立案派遣，请重新上报。" if context.row["filed_at"] is None else None


@_guard
def within_dispute_term(context: Context) -> str | None:
    closed = context.row["closed_at"]
    if closed is not None and context.at > closed + timedelta(days=DISPUTE_DAYS):
        return f"结案已超过 {DISPUTE_DAYS} 日，异议期已过，请作为新问题上报。"
    return None


@_guard
def not_after_return(context: Context) -> str | None:
    if context.row["returned_from"]:
        return "案件刚被退回，须先由退回环节重新办理，不能直接转下一步。"
    return None


@_guard
def matter_known(context: Context) -> str | None:
    code = context.data.get("matter")
    if code is None:
        return "已选类别，请同时选择事项。" if "kind" in context.data else None
    kind = matter_of(context)[0]
    if catalogue.matter(kind, code, on=_day(context)) is None:
        return f"目录中没有现行的事项 {code}，请重新选择。"
    return None


@_guard
def has_matter(context: Context) -> str | None:
    return None if matter_of(context)[1] else "请先确定事项，再立案。"


@_guard
def place_known(context: Context) -> str | None:
    try:
        asked_place(context)
    except DomainError as error:
        return str(error)
    return None


@_guard
def in_grid(context: Context) -> str | None:
    place = asked_place(context)
    code = place.area_code if place else context.row["area_code"]
    if len(code) == 15:
        return None
    return "请先标定位置（须落在单元网格内），再立案。"


@_guard
def rule_of_matter(context: Context) -> str | None:
    rule_id = context.data.get("rule")
    if rule_id is None:
        return None
    try:
        rule = catalogue.rule(rule_id)
    except DomainError as error:
        return str(error)
    if (str(rule.matter.kind), rule.matter.code) != matter_of(context):
        return f"立案标准“{rule.condition[:20]}”不属于所选事项，请重新选择。"
    if not rule.in_force(_day(context)):
        return "该立案标准现已不适用，请选择现行标准。"
    return None


@_guard
def has_limit(context: Context) -> str | None:
    if "rule" in context.data or "limit" in context.data:
        return None
    return "请选择立案标准（立案条件及其时限）；没有对应标准的，请另定时限。"


@_guard
def enough_photos(context: Context) -> str | None:
    rule_id = context.data.get("rule")
    if rule_id is None:
        return None
    needed = catalogue.rule(rule_id).photos_required
    have = context.row["photos"] + len(context.data.get("photos", ()))
    return f"该立案标准要求至少 {needed} 张照片，现有 {have} 张。" if have < needed else None


@_guard
def verified_where_needed(context: Context) -> str | None:
    """A collector's report and an order may be filed at once; what the public says is verified."""
    row = context.row
    if row["source"] not in PUBLIC_SOURCES or row["finding"] or "unverified" in context.data:
        return None
    return "公众举报须先核实再立案；情况明确无须核实的，请填写未核实立案的理由。"


@_guard
def not_refuted(context: Context) -> str | None:
    if context.row["finding"] == "false":
        return "核实结果为情况不属实，不能立案；如有异议请重新发起核实。"
    return None


@_guard
def not_others_task(context: Context) -> str | None:
    named = context.row["collector_id"]
    if context.principal.is_system or named in (None, context.principal.user_id):
        return None
    return "核实任务已交他人，请由该采集员办理。"


@_guard
def handler_of_unit(context: Context) -> str | None:
    from chengguan.accounts.domain import loading

    found = loading.by_id(context.data["handler"])
    if found is None:
        return "处置人不存在或账号已停用。"
    if not found.principal.organisation_path.startswith(context.row["unit_path"]):
        return "处置人不是本单位人员。"
    if not _may(context, context.data["handler"], Capability.HANDLE):
        return "所选人员没有此处的处置权限，请另选处置人。"
    return None


@_guard
def another_handler(context: Context) -> str | None:
    same = context.data["handler"] == context.row["handler_id"]
    return "本案已由此人处置，请另选处置人。" if same else None


@_guard
def stage_left(context: Context) -> str | None:
    if context.row["limit_stage"] + 1 < len(context.row["limits"]):
        return None
    return (
        "已是最后阶段，请提交处置结果。" if len(context.row["limits"]) > 1 else "本案时限不分阶段。"
    )


@_guard
def last_stage(context: Context) -> str | None:
    left = context.row["limits"][context.row["limit_stage"] + 1 :]
    return f"尚有阶段未完成：{'、'.join(one['name'] for one in left)}。" if left else None


@_guard
def not_overdue(context: Context) -> str | None:
    clock = context.clocks.get("handle")
    if clock is not None and is_overdue(clock, int(context.at.timestamp())):
        return "已经超期，不能申请延期。"
    return None


@_guard
def at_most_a_year(context: Context) -> str | None:
    until = datetime.fromisoformat(context.data["until"])
    if until <= context.at:
        return "挂账截止时间须晚于现在。"
    if until > context.at + timedelta(days=SUSPENSION_DAYS) or until > _a_year_after(context.at):
        return "挂账最长一年。"
    return None


@_guard
def handled_late(context: Context) -> str | None:
    if context.row["on_time"] is not False:
        return "只有超期案件可以申诉。"
    return "本案已免计超期。" if context.row["exempt"] else None


@_guard
def another_collector(context: Context) -> str | None:
    person = context.data.get("person")
    if person is not None and person == context.row["reporter_id"]:
        return "核查人不能是本案上报人，请另选采集员。"
    return None


@_guard
def verifier_here(context: Context) -> str | None:
    """Who is sent must be able to answer: being named also lets a person see the case."""
    person = context.data.get("person")
    if person is None or _may(context, person, Capability.VERIFY):
        return None
    return "所选人员没有此处的核实核查权限，请另选采集员。"


@_guard
def not_own_report(context: Context) -> str | None:
    who = context.principal.user_id
    if who is not None and who == context.row["reporter_id"]:
        return "核查人不能是本案上报人。"
    return None


@_guard
def not_found_unsolved(context: Context) -> str | None:
    if context.row["finding"] == "unsolved":
        return "核查结果为未解决，不能结案；请不予结案，或重新核查。"
    return None


@_guard
def proved_on_site(context: Context) -> str | None:
    """The machine closes by an independent check alone; the only guard that reads more than the row."""
    if not context.principal.is_system:
        return "自动结案只由系统办理。"
    why = proved(context).reason
    return f"依据不足，不能自动结案：{why}。" if why else None


@_guard
def condition_confirmed(context: Context) -> str | None:
    return None if context.data.get("confirmed") else "请确认符合结案条件。"


@_guard
def oversight_ground(context: Context) -> str | None:
    """Oversight is for the overdue, for what a leader asks for, and for key cases."""
    ground, row = context.data["ground"], context.row
    due = row["stage_due_at"] or row["due_at"]
    if ground == "overdue" and (due is None or context.at <= due):
        return "本案尚未超期，不能以超期督办。"
    if ground == "key" and not row["important"]:
        return "本案不是重点案件。"
    return None


@_guard
def answer_in_future(context: Context) -> str | None:
    if datetime.fromisoformat(context.data["answer_by"]) <= context.at:
        return "答复期限须晚于现在。"
    return None


@_guard
def oversight_late(context: Context) -> str | None:
    due = context.row["oversight_due_at"]
    if due is None:
        return "没有待答复的督办。"
    return "督办答复期限未到。" if context.at <= due else None


def _may(context: Context, user_id: int, capability: Capability) -> bool:
    from chengguan.accounts.domain import loading

    if context.principal.is_system:
        # Replayed history names whom it knows, whatever posts he holds today.
        return True
    found = loading.by_id(user_id)
    return found is not None and found.principal.can(
        capability,
        area_code=context.row["area_code"],
        matter_code=context.row["matter_code"] or None,
    )


def _day(context: Context) -> Any:
    return timezone.localtime(context.at).date()


def _local(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def _a_year_after(at: datetime) -> datetime:
    local = timezone.localtime(at)
    try:
        return local.replace(year=local.year + 1)
    except ValueError:  # 29 February
        return local.replace(year=local.year + 1, month=3, day=1)
