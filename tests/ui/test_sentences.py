"""Wrong input is told in sentences that say how to mend it, never in a translator's Chinese."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms

from chengguan.command.roster.forms import BoardForm, RiskForm

_ASKED = {
    "words": forms.CharField(max_length=5),
    "kind": forms.ChoiceField(choices=[("a", "甲")]),
    "kinds": forms.MultipleChoiceField(choices=[("a", "甲")]),
    "number": forms.IntegerField(min_value=1, max_value=26),
    "share": forms.FloatField(),
    "day": forms.DateField(),
    "at": forms.DateTimeField(),
    "hour": forms.TimeField(),
    "file": forms.FileField(),
    "key": forms.UUIDField(),
}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("words", "", "请填写这一项。"),
        ("words", "一二三四五六", "最多 5 个字，现有 6 个，请删减。"),
        ("words", "一\x00二", "里面有不能识别的字符（空字符），请删除。"),
        ("kind", "", "请选择一项。"),
        ("kind", "乙", "没有“乙”这个选项，请重新选择。"),
        ("kinds", [], "请至少选择一项。"),
        ("kinds", ["乙"], "没有“乙”这个选项，请重新选择。"),
        ("number", "三", "请填写整数，例如 5。"),
        ("number", "0", "不能小于 1。"),
        ("number", "27", "不能大于 26。"),
        ("share", "三", "请填写数字，例如 1.5。"),
        ("day", "2026-02-30", "没有这一天。日期应写作 2026-05-01。"),
        ("at", "2026-02-30T08:00", "没有这个时间。应写作 2026-05-01 08:00。"),
        ("hour", "24:30", "时间应写作 08:30，从 00:00 到 23:59。"),
        ("file", None, "请选择文件。"),
        ("key", "1", "编号不对，请刷新页面后重新选择。"),
    ],
)
def test_every_wrong_input_has_a_sentence_of_ours(name: str, value: Any, said: str) -> None:
    form = type("Asked", (forms.Form,), {name: _ASKED[name]})({name: value})
    assert form.errors[name] == [said]


@pytest.mark.django_db
def test_a_pages_own_sentence_comes_first() -> None:
    board = BoardForm({"area": "浦东"}, units=[])
    assert board.errors["area"] == ["只能填写数字。"]
    assert RiskForm({"weeks": "27"}).errors["weeks"] == ["不能大于 26。"]
