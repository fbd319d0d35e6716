"""Find the cases of a caller who rings again: by his number, or its last four digits and his name.

Only who may see reporters' names asks, only in the cases where he may; every question is in the
audit (the last four digits, never the number), and so is everybody it showed, as on the case's
page. Serves 个人信息保护法 art. 6, 51 and 54.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result
from chengguan.audit.models import Entry
from chengguan.core.errors import DomainError, Invalid, NotAllowed

from ..disclosure import note_found
from ..models import Report
from ..queries import CaseRow, cases_visible_to, rows_of

ACTION: Final = "case.reporter_sought"
#: Questions of one person within ten minutes, and within a day.
IN_TEN_MINUTES: Final = 30
IN_A_DAY: Final = 300
#: Reports with the same last four digits that are looked at, the newest first.
LOOKED_AT: Final = 500
SHOWN: Final = 30
_LOCK: Final = 0x63616C6C  # "call"
_NOT_A_DIGIT: Final = re.compile(r"[^0-9]")
_COUNTRY: Final = re.compile(r"^(?:00)?86(?=1[0-9]{10}$|0[0-9]{9,11}$)")
# The condition of the index cases_report_caller; it holds hashes of four digits, no numbers.
_SAME_END: Final = (
    "reporter_phone <> '' AND right(regexp_replace(reporter_phone, '[^0-9]', '', 'g'), 4) = %s"
)


@dataclass(frozen=True, slots=True)
class Made:
    """One case that the caller reported: its line, when he rang and the name he gave."""

    row: CaseRow
    at: datetime
    name: str
    phone: str

    @property
    def masked(self) -> str:
        """The number as a list shows it."""
        return f"尾号 {digits_of(self.phone)[-4:]}"


@dataclass(frozen=True, slots=True)
class Found:
    """The cases, the newest report first; `more` says that there are others."""

    made: list[Made]
    more: bool


def cases_of_caller(principal: Principal, phone: str, name: str = "") -> Found:
    """Give the cases of whoever rang with this number; seven statements, whatever is found.

    `phone` is a whole number in any spelling, or its last four digits with the beginning of a name.

    Raises:
        NotAllowed: one may see no reporter's name anywhere.
        Invalid: neither a whole number, nor four digits and a name.
        DomainError: 429, too many questions lately.
    """
    if not principal.can(Capability.SEE_PERSONAL):
        raise NotAllowed(
            "cases.caller", "您的岗位不能按来电人查找案件。",
            mend="须有“查看举报人信息”权限，请联系安全管理员授权。",
        )  # fmt: skip
    digits, name = digits_of(phone), name.strip()
    if not (7 <= len(digits) <= 15 or (len(digits) == 4 and name)):
        raise Invalid(
            "cases.caller_phone", "请填写完整的电话号码，或号码末四位加姓名。",
            field="reporter_phone", mend="只知道末四位时，同时填写来电人的姓（名）。",
        )  # fmt: skip
    _hold_to_rate(principal, digits)
    looked = _ending(digits[-4:])
    same = [one for one in looked if _is_his(one, digits, name)]
    return _told(principal, same, digits, cut=len(looked) == LOOKED_AT)


def digits_of(phone: str) -> str:
    """Give a number's digits without the country's code."""
    return _COUNTRY.sub("", _NOT_A_DIGIT.sub("", phone))


def _ending(four: str) -> list[Report]:
    # As the index says it, to the letter: the planner wouldn't know it otherwise.
    found = Report.objects.filter(case_id__isnull=False).extra(  # noqa: S610
        where=[_SAME_END], params=[four]
    )
    wanted = found.only("id", "case_id", "at", "reporter_name", "reporter_phone")
    return list(wanted.order_by("-at", "-id")[:LOOKED_AT])


def _is_his(report: Report, digits: str, name: str) -> bool:
    if len(digits) == 4:
        return report.reporter_name.startswith(name)
    return digits_of(report.reporter_phone) == digits


def _told(principal: Principal, same: list[Report], digits: str, *, cut: bool) -> Found:
    latest: dict[int, Report] = {}
    for one in same:
        latest.setdefault(one.case_id or 0, one)
    open_to = scope_q(
        principal, Capability.SEE_PERSONAL, organisation_path="unit_path", matter="matter_code"
    )
    seen = cases_visible_to(principal).filter(open_to, pk__in=list(latest))
    known = set(seen.values_list("pk", flat=True)) if latest else set()
    ids = [case_id for case_id in latest if case_id in known]
    rows = rows_of(ids[:SHOWN], timezone.now())
    with transaction.atomic():
        # Written down before it is shown.
        record(
            ACTION,
            actor=principal.actor(Capability.SEE_PERSONAL),
            subject_type="case",
            detail={"last_four": digits[-4:], "by_name": len(digits) == 4, "found": len(rows)},
        )
        note_found(principal, [(row, latest[row.id].pk) for row in rows])
    made = [
        Made(row, one.at, one.reporter_name, one.reporter_phone)
        for row in rows
        for one in (latest[row.id],)
    ]
    return Found(made, more=len(ids) > SHOWN or cut)


def _hold_to_rate(principal: Principal, digits: str) -> None:
    """Refuse who asks too often: four digits are guessed in ten thousand questions."""
    now = timezone.now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, %s)",
                [_LOCK, (principal.user_id or 0) % 2**31],
            )
        asked = list(
            Entry.objects.filter(
                actor_id=principal.user_id, at__gt=now - timedelta(days=1), action=ACTION
            )
            .order_by("-at")
            .values_list("at", "result")[: IN_A_DAY + 1]
        )
        lately = sum(at > now - timedelta(minutes=10) for at, _ in asked)
        if lately < IN_TEN_MINUTES and len(asked) < IN_A_DAY:
            return
        if asked[0][1] != Result.REFUSED:
            # Once is enough to be seen; the log is not filled by asking on.
            record(
                ACTION,
                actor=principal.actor(Capability.SEE_PERSONAL),
                subject_type="case",
                result=Result.REFUSED,
                detail={"asked_in_ten_minutes": lately, "asked_in_a_day": len(asked)},
            )
    raise DomainError(
        "cases.caller_rate", "按来电人查找得太频繁，暂不再查。", status=429,
        mend=f"十分钟内至多 {IN_TEN_MINUTES} 次、一天至多 {IN_A_DAY} 次；请稍后再试。",
    )  # fmt: skip
