"""What a form's field says of a wrong input: Django's checks in sentences that tell how to mend it.

Django's own Chinese is a translator's ("确保该变量包含不超过 60 字符", "不允许是用空字符串").
"""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core import validators

_NO_SUCH: Final = "没有“%(value)s”这个选项，请重新选择。"
_GONE: Final = "选的这一项不存在，或不在您的范围内，请重新选择。"
_FIELDS: Final[dict[type[forms.Field], dict[str, str]]] = {
    forms.Field: {"required": "请填写这一项。"},
    forms.ChoiceField: {"required": "请选择一项。", "invalid_choice": _NO_SUCH},
    forms.MultipleChoiceField: {
        "required": "请至少选择一项。",
        "invalid_choice": _NO_SUCH,
        "invalid_list": "请从列出的各项中选择。",
    },
    forms.ModelChoiceField: {"required": "请选择一项。", "invalid_choice": _GONE},
    forms.ModelMultipleChoiceField: {
        "required": "请至少选择一项。",
        "invalid_choice": _GONE,
        "invalid_list": "请从列出的各项中选择。",
        "invalid_pk_value": _GONE,
    },
    forms.IntegerField: {"invalid": "请填写整数，例如 5。"},
    forms.FloatField: {"invalid": "请填写数字，例如 1.5。"},
    forms.DecimalField: {"invalid": "请填写数字，例如 1.5。"},
    forms.DateField: {"invalid": "没有这一天。日期应写作 2026-05-01。"},
    forms.TimeField: {"invalid": "时间应写作 08:30，从 00:00 到 23:59。"},
    forms.DateTimeField: {"invalid": "没有这个时间。应写作 2026-05-01 08:00。"},
    forms.FileField: {
        "required": "请选择文件。",
        "invalid": "没有收到文件，请重新选择。",
        "missing": "没有收到文件，请重新选择。",
        "empty": "这个文件是空的，请核对后重新选择。",
        "max_length": "文件名最多 %(max)d 个字，现有 %(length)d 个，请改短后重新选择。",
    },
    forms.UUIDField: {"invalid": "编号不对，请刷新页面后重新选择。"},
    forms.URLField: {"invalid": "请填写完整网址，例如 https://example.cn/。"},
    forms.EmailField: {"invalid": "请填写完整的邮箱，例如 name@example.cn。"},
}
_CHECKS: Final[dict[Any, str]] = {
    validators.MinLengthValidator: "至少 %(limit_value)d 个字，现有 %(show_value)d 个。",
    validators.MaxLengthValidator: "最多 %(limit_value)d 个字，现有 %(show_value)d 个，请删减。",
    validators.MinValueValidator: "不能小于 %(limit_value)s。",
    validators.MaxValueValidator: "不能大于 %(limit_value)s。",
    validators.ProhibitNullCharactersValidator: "里面有不能识别的字符（空字符），请删除。",
    validators.RegexValidator: "写法不对，请核对。",
    validators.EmailValidator: "请填写完整的邮箱，例如 name@example.cn。",
    validators.URLValidator: "请填写完整网址，例如 https://example.cn/。",
}


def speak_plainly() -> None:
    """Give every field of Django's these sentences; a form's own `error_messages` still come first."""
    for field, sentences in _FIELDS.items():
        # Each class its own dictionary: one inherited from Field would change all of them.
        field.default_error_messages = {
            **vars(field).get("default_error_messages", {}),
            **sentences,
        }
    for check, sentence in _CHECKS.items():
        check.message = sentence
