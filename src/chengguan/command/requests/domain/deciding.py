"""One word to several requests: each is decided by its own verb, and each has its own result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.domain.acting import act
from chengguan.cases.models import Case
from chengguan.cases.screens.words import request_status
from chengguan.core.errors import DomainError, Invalid
from chengguan.workflow.domain.offering import Offer

from ..queries import ORDER, Line, line_of, seen, to_decide

#: What one press may decide: more can't have been read.
MOST: Final = 100
_WORDS: Final = {True: ("grant", "approve"), False: ("refuse",)}


@dataclass(frozen=True)
class Chosen:
    """A request as it was shown: `seq` is the number of the case's last step then."""

    request_id: int
    seq: int


@dataclass(frozen=True)
class Result:
    """What became of one: done, or the sentence why not; it then stays chosen."""

    request_id: int
    number: str
    title: str
    done: bool
    said: str


def decide_each(
    principal: Principal, chosen: Iterable[Chosen], granted: bool, reason: str
) -> list[Result]:
    """Say yes or no to each request in turn; one that can't be decided doesn't hold up the others.

    A suspension is granted until the day that was asked for. What needs more than a reason (a unit
    to rule for) is left to its own form.

    Raises:
        Invalid: none is chosen or more than a hundred, or a refusal gives no reason.
    """
    every = list(chosen)
    if not every:
        raise Invalid(
            "requests.none", "没有选中申请。", mend="请先勾选要审批的申请。", field="chosen"
        )
    if len(every) > MOST:
        raise Invalid(
            "requests.many", f"一次至多审批 {MOST} 件。", mend="请分次办理。", field="chosen"
        )
    if not granted and not reason.strip():
        raise Invalid("requests.reason", "不同意须写明理由。", mend="请填写理由。", field="reason")
    return [_decide(principal, one, granted, reason.strip()) for one in every]


def _decide(principal: Principal, chosen: Chosen, granted: bool, reason: str) -> Result:
    row = to_decide(principal).filter(pk=chosen.request_id).first()
    if row is None:
        return _gone(principal, chosen)
    line = line_of(principal, row, timezone.now())
    if line is None:
        return _gone(principal, chosen)
    offer = next((one for one in line.offers if one.verb.split("_", 1)[0] in _WORDS[granted]), None)
    if offer is None:
        return _result(line, False, line.why_not or "您现在不能审批这件申请。")
    if row.kind == ORDER and not reason:
        # Who ordered it waits for words; "同意" would be none.
        return _result(line, False, "请写明答复。")
    data = _data(offer, row.data, reason)
    if data is None:
        return _result(line, False, "须逐件办理：还要填写审批内容。")
    case = Case.objects.get(pk=row.instance_id)
    # He decided on what he was shown; what has happened since he hasn't seen.
    case.seq = chosen.seq
    try:
        act(case, offer.verb, principal, data)
    except DomainError as error:
        return _result(line, False, str(error))
    return _result(line, True, f"已{offer.title}")


def _data(offer: Offer, asked: Mapping[str, Any], reason: str) -> dict[str, Any] | None:
    """Give what the verb's form needs, None where only a person can fill it in."""
    data: dict[str, Any] = {}
    for field in offer.form:
        if field.name == "reason":
            data["reason"] = reason
        elif field.name == "until" and asked.get("until"):
            data["until"] = asked["until"]
        elif field.required:
            return None
    if "reason" in data and not data["reason"]:
        needed = any(field.name == "reason" and field.required for field in offer.form)
        data["reason"] = "同意" if needed else ""
    return data


def _gone(principal: Principal, chosen: Chosen) -> Result:
    # Of a case that isn't his to see he is told nothing: not even who decided.
    row = seen(principal).filter(pk=chosen.request_id).first()
    said = "没有等您审批的这件申请。"
    if row is not None and row.decisions:
        last = row.decisions[-1]
        said = f"{last.get('name', '他人')}已先审批：{request_status(row)}。"
    return Result(chosen.request_id, "", "", False, said)


def _result(line: Line, done: bool, said: str) -> Result:
    return Result(line.row.pk, line.case.number, line.title, done, said)
