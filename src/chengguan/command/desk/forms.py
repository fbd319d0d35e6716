"""The filters of the desk; all of them are in the address, and the last ones are remembered."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.http import QueryDict

from chengguan.cases.enums import Source
from chengguan.cases.filter_form import Chosen
from chengguan.cases.filters import FLAGS, CaseFilter
from chengguan.workflow.domain import current

from .queries import BESIDE

_LIGHTS: Final = [("", "全部"), ("red", "已超期"), ("yellow", "将到期"), ("green", "正常")]
_ANY: Final = ("", "全部")


class DeskFilterForm(forms.Form):
    """What a person narrows his own queues by."""

    words = forms.CharField(
        label="编号、描述、地点",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "编号、描述、地点"}),
    )
    state = forms.CharField(required=False, max_length=24, widget=forms.HiddenInput)
    light = Chosen(label="时限", required=False, choices=_LIGHTS)
    source = Chosen(label="来源", required=False, choices=[_ANY, *Source.choices])
    flag = Chosen(
        label="标记",
        required=False,
        choices=[_ANY, *((name, title) for name, (title, _) in FLAGS.items())],
    )
    matter = forms.RegexField(
        r"^[0-9]*$",
        label="事项代码开头",
        required=False,
        max_length=8,
        error_messages={"invalid": "只能填写数字。"},
    )
    area = forms.RegexField(
        r"^[0-9]*$",
        label="区划代码开头",
        required=False,
        max_length=15,
        error_messages={"invalid": "只能填写数字。"},
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="desk-%s")

    def clean_state(self) -> str:
        """Take a queue that exists; one of an older procedure is no fault of who remembered it."""
        state: str = self.cleaned_data["state"]
        return state if state in BESIDE or state in current("case").states else ""

    def wanted(self) -> CaseFilter:
        """Return the filter asked for."""
        data = self.cleaned_data
        words = data["words"].strip()
        number = words if words.isascii() and words.isdigit() and len(words) >= 6 else ""
        return CaseFilter(
            number=number,
            words="" if number else words,
            states=(data["state"],) if data["state"] else (),
            light=data["light"],
            source=(data["source"],) if data["source"] else (),
            flags=(data["flag"],) if data["flag"] else (),
            matter=data["matter"],
            area=data["area"],
        )

    @property
    def narrowed(self) -> bool:
        """Say whether anything but a queue is asked for."""
        return any(value for name, value in self.cleaned_data.items() if name != "state")


NAMES: Final = tuple(DeskFilterForm.base_fields)


def query_of(data: QueryDict, **changed: str) -> str:
    """Return the filters as the query of an address, without what asks nothing."""
    asked = QueryDict(mutable=True)
    for name in NAMES:
        value = changed.get(name, data.get(name, "")).strip()
        if value:
            asked[name] = value
    return asked.urlencode()
