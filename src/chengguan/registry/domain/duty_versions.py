"""Duties change by new versions only: what was valid on a date stays found for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.store import revisions

from ..enums import DutyRole
from ..errors import conflict, invalid, unknown_code
from ..models import Duty
from .rights import require


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyContent:
    """What a version of a duty says."""

    organisation_id: int
    area_code: str
    role: str = DutyRole.RESPONSIBLE
    kind: str = ""
    matter_prefix: str = ""
    weekdays: tuple[int, ...] = ()
    start: time | None = None
    end: time | None = None
    basis: str = ""


def add_duty(
    code: str, content: DutyContent, principal: Principal, *, effective: date | None = None
) -> Duty:
    """Add the first version of a duty.

    Raises:
        NotAllowed, Conflict: no right over the area; the code is taken.
    """
    require(principal, Capability.EDIT_DUTIES, "duties.add", area_code=content.area_code)
    _check(content)
    with transaction.atomic():
        _lock(code)
        if Duty.objects.filter(code=code).exists():
            raise conflict(
                "duty_exists", f"权责代码 {code} 已存在。", "请改用“变更权责”，或换一个代码。"
            )
        duty = _write(code, 1, content, effective or timezone.localdate())
        _record("duties.add", principal, code, None, content, duty.valid_from)
    return duty


def replace_duty(code: str, principal: Principal, *, effective: date, **changes: Any) -> Duty:
    """Make a new version of a duty from `effective` on; the version before ends the day before.

    `changes` are fields of `DutyContent`.

    Raises:
        NotAllowed, NotFound: no right over the area; no such duty.
        Invalid: the date lies before today or before the last version began.
    """
    _require(code, principal, "duties.replace", changes.get("area_code"))
    with transaction.atomic():
        last = _last(code)
        before = content_of(last)
        after = replace(before, **changes)
        _check(after)
        _check_date(effective, last.valid_from)
        if last.valid_to is None or last.valid_to >= effective:
            Duty.objects.filter(pk=last.pk).update(valid_to=effective - timedelta(days=1))
        duty = _write(code, last.version + 1, after, effective)
        _record("duties.replace", principal, code, before, after, effective)
    return duty


def end_duty(code: str, last_day: date, principal: Principal) -> Duty:
    """End a duty; `last_day` is included and not before yesterday.

    Raises:
        NotAllowed, NotFound: as `replace_duty`.
        Invalid: the day lies in the past, or before the version began.
    """
    _require(code, principal, "duties.end")
    with transaction.atomic():
        last = _last(code)
        content = content_of(last)
        _check_date(last_day + timedelta(days=1), last.valid_from)
        if last.valid_to is not None and last.valid_to <= last_day:
            raise conflict(
                "duty_ended", f"权责 {code} 已于 {last.valid_to} 终止。", "无需再次终止。"
            )
        Duty.objects.filter(pk=last.pk).update(valid_to=last_day)
        _record("duties.end", principal, code, content, None, last_day)
    last.refresh_from_db()
    return last


def content_of(duty: Duty) -> DutyContent:
    """Give what a version says, by value."""
    values = {field.name: getattr(duty, field.name) for field in fields(DutyContent)}
    return DutyContent(**{**values, "weekdays": tuple(duty.weekdays)})


def _require(code: str, principal: Principal, action: str, also: str | None = None) -> None:
    """Ask before the transaction, so that a refusal stays in the audit log."""
    held = Duty.objects.filter(code=code).values_list("area_code", flat=True)
    for area_code in sorted({*held, *([] if also is None else [also])}):
        require(principal, Capability.EDIT_DUTIES, action, area_code=area_code)


def _last(code: str) -> Duty:
    _lock(code)
    last = Duty.objects.filter(code=code).order_by("-version").first()
    if last is None:
        raise unknown_code("权责", code)
    return last


def _lock(code: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('registry.duty'), hashtext(%s))", [code]
        )


def _write(code: str, version: int, content: DutyContent, day: date) -> Duty:
    values = {**asdict(content), "weekdays": list(content.weekdays)}
    duty = Duty.objects.create(code=code, version=version, valid_from=day, **values)
    revisions.bump("duties")
    return duty


def _check(content: DutyContent) -> None:
    if not set(content.weekdays) <= set(range(1, 8)):
        raise invalid(
            "weekdays", "星期应为 1（周一）至 7（周日）。", "请改正星期。", field="weekdays"
        )
    if (content.start is None) != (content.end is None):
        raise invalid(
            "hours", "开始与结束时间须同时填写。", "请补全时段，或两者都留空。", field="start"
        )


def _check_date(effective: date, begun: date) -> None:
    if effective <= begun:
        raise invalid(
            "effective",
            f"生效日期须晚于现行版本的起始日期 {begun}。",
            "请选择更晚的日期。",
            field="effective",
        )
    if effective < timezone.localdate():
        raise invalid(
            "effective", "变更不能追溯到今天以前。", "请选择今天或以后的日期。", field="effective"
        )


def _record(
    action: str,
    principal: Principal,
    code: str,
    before: DutyContent | None,
    after: DutyContent | None,
    day: date,
) -> None:
    detail: dict[str, Any] = {"day": day.isoformat()}
    for name, content in (("before", before), ("after", after)):
        if content is not None:
            detail[name] = {key: _plain(value) for key, value in asdict(content).items()}
    record(
        action,
        actor=principal.actor(Capability.EDIT_DUTIES),
        subject_type="registry.duty",
        subject_id=code,
        detail=detail,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, time):
        return value.isoformat()
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
