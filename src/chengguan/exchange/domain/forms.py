"""The eight forms between city and district, and how they are read from JSON.

问题登记、问题核实、问题反馈、问题立案、任务分派、任务反馈、结果核查、结果反馈 (two-level modes of
CJJ/T 106). Places are CGCS2000 degrees; times carry their zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Final

from chengguan.core.errors import DomainError

from ..errors import Unreadable

_MOST_TEXT: Final = 4_000
_MOST_FILES: Final = 50


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file by its SHA-256; the bytes travel apart, over the files API."""

    name: str
    sha256: str
    media_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What every form says: the case's number at its sender, when, and who."""

    code: ClassVar[str]
    title: ClassVar[str]
    number: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration(Form):
    """问题登记单: what was reported, where."""

    code = "registration"
    title = "问题登记"
    source: str
    text: str
    matter_code: str = ""
    address: str = ""
    area_code: str = ""
    lon: float | None = None
    lat: float | None = None
    files: tuple[FileRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification(Form):
    """问题核实单: please look whether it is so."""

    code = "verification"
    title = "问题核实"
    text: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback(Form):
    """问题反馈单: it is so, or not."""

    code = "feedback"
    title = "问题反馈"
    is_true: bool
    text: str
    files: tuple[FileRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing(Form):
    """问题立案单: filed under a matter, or refused with the reason."""

    code = "filing"
    title = "问题立案"
    filed: bool
    matter_code: str = ""
    rule: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment(Form):
    """任务分派单: who is to handle it, until when."""

    code = "assignment"
    title = "任务分派"
    unit_code: str
    unit_name: str
    due_at: datetime
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFeedback(Form):
    """任务反馈单: handled, or given back with the reason."""

    code = "task_feedback"
    title = "任务反馈"
    handled: bool
    text: str
    files: tuple[FileRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Form):
    """结果核查单: please look whether it has been handled."""

    code = "check"
    title = "结果核查"
    text: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Form):
    """结果反馈单: the check passed, or not."""

    code = "result"
    title = "结果反馈"
    passed: bool
    text: str
    files: tuple[FileRef, ...] = ()


FORMS: Final[Mapping[str, type[Form]]] = {
    form.code: form
    for form in (
        Registration,
        Verification,
        Feedback,
        Filing,
        Assignment,
        TaskFeedback,
        Check,
        Result,
    )
}


def read_form(code: str, content: Any) -> Form:
    """Read a form from JSON values.

    Raises:
        Unreadable: no such form, or fields missing, unknown or wrong: every one is named.
    """
    kind = FORMS.get(code)
    if kind is None:
        names = "、".join(FORMS)
        raise Unreadable("exchange.form", f"没有“{code}”这种表单。", mend=f"可用的表单：{names}。")
    if not isinstance(content, dict):
        raise Unreadable("exchange.form", "表单内容应为JSON对象。", mend="请按接口说明发送。")
    values: dict[str, Any] = {}
    faults: list[DomainError] = []
    for item in fields(kind):
        given = content.get(item.name)
        if given is None:
            if item.default is MISSING:
                faults.append(_fault(item.name, "缺少"))
            continue
        try:
            values[item.name] = _READERS[str(item.type)](given)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            faults.append(_fault(item.name, str(error) or "格式不对"))
    known = {item.name for item in fields(kind)}
    faults += [_fault(name, "没有这个字段") for name in sorted(set(content) - known)]
    if faults:
        words = "；".join(f"{fault.field} {fault.message}" for fault in faults)
        raise Unreadable(
            "exchange.form",
            f"{kind.title}单有 {len(faults)} 处不符合要求：{words}。",
            mend="请改正这些字段后用同一个编号重发。",
            also=faults,
        )
    return kind(**values)


def write_form(form: Form) -> dict[str, Any]:
    """Give a form as JSON values; what isn't said is left out."""
    content: dict[str, Any] = {}
    for item in fields(form):
        value = getattr(form, item.name)
        if isinstance(value, datetime):
            content[item.name] = value.isoformat()
        elif isinstance(value, tuple):
            content[item.name] = [{f.name: getattr(v, f.name) for f in fields(v)} for v in value]
        elif value is not None:
            content[item.name] = value
    return content


def _fault(name: str, message: str) -> DomainError:
    return DomainError("exchange.field", message, field=name)


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("应为文字")
    if len(value) > _MOST_TEXT:
        raise ValueError(f"最多 {_MOST_TEXT} 字")
    return value


def _time(value: Any) -> datetime:
    try:
        time = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise ValueError("应为RFC 3339时间") from None
    if time.tzinfo is None:
        raise ValueError("时间须带时区")
    return time


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("应为true或false")
    return value


def _degrees(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -180 <= value <= 180:
        raise ValueError("应为CGCS2000度数")
    return float(value)


def _files(value: Any) -> tuple[FileRef, ...]:
    if not isinstance(value, list) or len(value) > _MOST_FILES:
        raise ValueError(f"应为至多 {_MOST_FILES} 项的数组")
    return tuple(_file(item) for item in value)


def _file(value: Any) -> FileRef:
    if not isinstance(value, dict) or not re.fullmatch(r"[0-9a-f]{64}", str(value.get("sha256"))):
        raise ValueError("每项须有name与小写的sha256")
    return FileRef(_text(value["name"]), value["sha256"], _text(value.get("media_type", "")))


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "str": _text,
    "datetime": _time,
    "datetime | None": _time,
    "bool": _truth,
    "float | None": _degrees,
    "tuple[FileRef, ...]": _files,
}
