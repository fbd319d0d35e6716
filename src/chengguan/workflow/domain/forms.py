"""Checks what a person filled in against a verb's form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from chengguan.core.errors import DomainError, Invalid
from chengguan.core.instants import FIRST_YEAR, LAST_YEAR, usable

from .shape import FieldSpec, VerbSpec, limit_of

Check = Callable[[FieldSpec, Any], Any]


def clean(verb: VerbSpec, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the checked values, JSON-able, empty optional ones left out.

    Raises:
        Invalid: with the field that is missing, unknown or wrong.
    """
    cleaned: dict[str, Any] = {}
    known = 0
    for field in verb.form:
        name = field.name
        value = data.get(name)
        if name in data:
            known += 1
        if value is None or value == "" or value == []:
            if field.required:
                raise Invalid(
                    "workflow.required", f"请填写“{field.title}”。", field=name, verb=verb.name
                )
            continue
        cleaned[name] = _CHECKS[field.type](field, value)
    if known != len(data):
        names = {field.name for field in verb.form}
        extra = sorted(name for name in data if name not in names)
        raise Invalid(
            "workflow.unknown_field",
            f"“{verb.title}”没有字段 {'、'.join(extra)}。",
            field=extra[0],
            verb=verb.name,
        )
    return cleaned


def _wrong(field: FieldSpec, what: str) -> Invalid:
    return Invalid("workflow.value", f"“{field.title}”{what}。", field=field.name)


def _bounded(field: FieldSpec, count: int, unit: str) -> None:
    if field.min is not None and count < field.min:
        raise _wrong(field, f"至少 {field.min} {unit}")
    if field.max is not None and count > field.max:
        raise _wrong(field, f"至多 {field.max} {unit}")


def _text(field: FieldSpec, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(field, "应为文字")
    if "\x00" in value:
        raise _wrong(field, "含有不可用的字符")
    text = value.strip()
    if not text and field.required:
        raise _wrong(field, "不能为空")
    _bounded(field, len(text), "个字")
    return text


def _choice(field: FieldSpec, value: Any) -> str:
    for one, _title in field.choices:
        if one == value:
            return one
    raise _wrong(field, "不在可选项中")


def _choices(field: FieldSpec, value: Any) -> list[str]:
    if not isinstance(value, list | tuple):
        raise _wrong(field, "应为列表")
    _bounded(field, len(value), "项")
    return [_choice(field, one) for one in value]


def _identity(field: FieldSpec, value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 17:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**53:
        raise _wrong(field, "应为编号")
    return value


def _identities(field: FieldSpec, value: Any) -> list[int]:
    given = value if isinstance(value, list | tuple) else [value]
    found = list(dict.fromkeys(_identity(field, one) for one in given))
    _bounded(field, len(found), "项")
    return found


def _integer(field: FieldSpec, value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 17:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(field, "应为整数")
    if field.min is not None and value < field.min:
        raise _wrong(field, f"不能小于 {field.min}")
    if field.max is not None and value > field.max:
        raise _wrong(field, f"不能大于 {field.max}")
    return value


def _bool(field: FieldSpec, value: Any) -> bool:
    if value in (True, "true", "on", "1"):
        return True
    if value in (False, "false", "off", "0"):
        if field.required:
            raise _wrong(field, "须确认")
        return False
    raise _wrong(field, "应为是或否")


def _limit(field: FieldSpec, value: Any) -> str:
    try:
        limit_of(_text(field, value))
    except DomainError as error:
        raise _wrong(field, f"无法识别（{value}），请写成“4工作时”“3工作日”等") from error
    return str(value)


def _date(field: FieldSpec, value: Any) -> str:
    try:
        day = value if isinstance(value, date) else date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _wrong(field, "应为日期，如 2026-05-01") from error
    _in_range(field, day)
    return day.isoformat()


def _datetime(field: FieldSpec, value: Any) -> str:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _wrong(field, "应为时间，如 2026-05-01T08:00:00+08:00") from error
    if moment.tzinfo is None:
        raise _wrong(field, "缺少时区")
    _in_range(field, moment)
    return usable(moment).isoformat()


def _in_range(field: FieldSpec, day: date) -> None:
    # At the ends of the calendar local time overflows, and no page could show the row again.
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise _wrong(field, f"应在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间")


def _files(field: FieldSpec, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise _wrong(field, "应为文件列表")
    if not all(isinstance(one, int | str) for one in value):
        raise _wrong(field, "应为文件编号")
    _bounded(field, len(value), "个文件")
    return list(value)


def _json(field: FieldSpec, value: Any) -> Any:
    if not isinstance(value, dict | list | str | int | float | bool):
        raise _wrong(field, "格式不对")
    return value


_CHECKS: Final[dict[str, Check]] = {
    "text": _text,
    "choice": _choice,
    "choices": _choices,
    "person": _identity,
    "organisation": _identity,
    "organisations": _identities,
    "rule": _identity,
    "matter": _text,
    "area": _text,
    "instance": _identity,
    "integer": _integer,
    "bool": _bool,
    "limit": _limit,
    "date": _date,
    "datetime": _datetime,
    "photos": _files,
    "files": _files,
    "json": _json,
}
