"""The eight forms: there and back, and every fault by its field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from chengguan.exchange.domain import forms
from chengguan.exchange.domain.forms import FORMS, FileRef, Form, read_form, write_form
from chengguan.exchange.errors import Unreadable

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
BASE: dict[str, Any] = {"number": "3101152026112300001", "at": AT, "by": "值班长"}
PHOTO = FileRef("现场.jpg", "ab" * 32, "image/jpeg")

EXAMPLES: list[Form] = [
    forms.Registration(
        **BASE, source="12345", text="井盖破损", lon=121.9, lat=30.9, files=(PHOTO, PHOTO)
    ),
    forms.Verification(**BASE, text="请核实", due_at=AT),
    forms.Feedback(**BASE, is_true=False, text="现场无此问题"),
    forms.Filing(**BASE, filed=True, matter_code="01001", rule="7"),
    forms.Assignment(**BASE, unit_code="u1", unit_name="市政所", due_at=AT),
    forms.TaskFeedback(**BASE, handled=True, text="已更换", files=(PHOTO,)),
    forms.Check(**BASE, text="请核查"),
    forms.Result(**BASE, passed=True, text="已恢复"),
]


def test_there_are_eight() -> None:
    assert [form.title for form in FORMS.values()] == [
        "问题登记",
        "问题核实",
        "问题反馈",
        "问题立案",
        "任务分派",
        "任务反馈",
        "结果核查",
        "结果反馈",
    ]
    assert [form.code for form in EXAMPLES] == list(FORMS)


@pytest.mark.parametrize("form", EXAMPLES, ids=lambda form: form.code)
def test_there_and_back(form: Form) -> None:
    assert read_form(form.code, orjson.loads(orjson.dumps(write_form(form)))) == form


def test_every_fault_is_named() -> None:
    with pytest.raises(Unreadable) as refused:
        read_form(
            "registration",
            {
                "number": 7,
                "at": "2026-11-23T08:00:00",
                "source": "x" * 4001,
                "text": "a\x00",
                "lon": 200,
                "lat": True,
                "files": [{"name": "a", "sha256": "AB"}],
                "colour": "red",
            },
        )
    assert [(fault.field, fault.message) for fault in refused.value.also] == [
        ("number", "应为文字"),
        ("at", "时间须带时区"),
        ("by", "缺少"),
        ("source", "最多 4000 字"),
        ("text", "应为文字"),
        ("lon", "应为CGCS2000度数"),
        ("lat", "应为CGCS2000度数"),
        ("files", "每项须有name与小写的sha256"),
        ("colour", "没有这个字段"),
    ]


@pytest.mark.parametrize(("code", "content"), [("nothing", {}), ("check", []), ("check", None)])
def test_what_is_no_form(code: str, content: object) -> None:
    with pytest.raises(Unreadable):
        read_form(code, content)
