"""The filters of the case list, all fourteen fields: every one of them is in the address, so that a
list can be kept, sent to a colleague and exported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chengguan.accounts.models import User
from chengguan.core.coordinates import CRS
from chengguan.core.errors import Invalid
from chengguan.registry.domain import catalogue
from chengguan.registry.enums import MatterKind
from chengguan.ui.widgets import PlainSelect
from chengguan.workflow.domain.shape import Compiled

from . import area_names
from .drawing import Drawn, circle_of, polygons_of
from .enums import Source
from .filters import FLAGS, PARTS, CaseFilter, Person
from .scores import SCORES, Score, score_of

_LIGHTS: Final = [("red", "已超期"), ("yellow", "将到期"), ("green", "正常"), ("none", "不计时")]
_SORTS: Final = [
    ("due", "剩余时间"),
    ("-opened", "最近上报"),
    ("opened", "最早上报"),
    ("-closed", "最近办结"),
]
_SYSTEMS: Final = [(one.value, one.value) for one in CRS]
_CODES: Final = re.compile(r"-?[0-9]{1,15}")


class Chosen(forms.ChoiceField):
    """A choice written quickly: a list page has nine of them."""

    widget = PlainSelect


class Boxes(forms.SelectMultiple):
    """Several choices as boxes to tick, in a panel that opens without a script."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        chosen = {str(one) for one in value or ()}
        titles = [str(title) for key, title in self.choices if str(key) in chosen]
        boxes = format_html_join(
            "",
            '<label class="check"><input type="checkbox" name="{}" value="{}"{}>{}</label>',
            (
                (name, key, SafeString(" checked") if str(key) in chosen else "", title)
                for key, title in self.choices
            ),
        )
        return format_html(
            '<details class="many" data-popover id="{}"><summary>{}</summary>'
            '<div class="popover many-boxes">{}</div></details>',
            (attrs or {}).get("id", f"filter-{name}"),
            "、".join(titles) or "全部",
            boxes,
        )


class Several(forms.MultipleChoiceField):
    """Alternatives: any of those that are ticked."""

    widget = Boxes


def _within_calendar(value: date) -> None:
    """Refuse dates whose next day no calendar has, and that nobody means."""
    if not 1900 <= value.year <= 2200:
        raise forms.ValidationError("日期应在 1900 年至 2200 年之间。")


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        validators=[_within_calendar],
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "日期应写作 2026-01-31。"},
    )


def _line(label: str, most: int = 60, **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=most, widget=forms.TextInput(attrs=attrs)
    )


class CaseFilterForm(forms.Form):
    """What the page asks; `wanted` gives it as a `CaseFilter`."""

    words = _line("编号、描述、地点", type="search", placeholder="词之间用空格，-词 为不含")
    stage = Chosen(label="阶段", required=False)
    state = Several(label="状态", required=False)
    state_not = forms.BooleanField(label="排除所选状态", required=False)
    light = Several(label="时限", required=False, choices=_LIGHTS)
    open = Chosen(
        label="办结", required=False, choices=[("", "全部"), ("1", "在办"), ("0", "已办结")]
    )
    mine = Chosen(label="范围", required=False, choices=[("", "全部可见"), ("1", "待我办理")])
    kind = Chosen(label="类别", required=False, choices=[("", "全部"), *MatterKind.choices])
    matter = _line("事项代码开头", placeholder="可多个，前加 - 为排除")
    rule = forms.IntegerField(
        label="立案条件", required=False, min_value=1, max_value=2**53, widget=PlainSelect
    )
    area = _line("区域", 200, list="area-names", placeholder="代码或名称，可多个")
    unit = Chosen(label="处置单位", required=False)
    source = Several(label="来源", required=False, choices=Source.choices)
    source_not = forms.BooleanField(label="排除所选来源", required=False)
    flag = Several(
        label="标记",
        required=False,
        choices=[(name, title) for name, (title, _) in FLAGS.items()],
    )
    flag_not = forms.BooleanField(label="不带所选标记", required=False)
    person = _line("经办人姓名", placeholder="姓名，可多个")
    part = Chosen(label="经办角色", required=False, choices=list(PARTS.items()))
    component = forms.RegexField(
        r"^[0-9]*$",
        label="部件标识码",
        required=False,
        max_length=17,
        error_messages={"invalid": "只能填写数字。"},
    )
    score = Chosen(label="计分项", required=False, choices=[("", "不限"), *SCORES.items()])
    score_from = forms.IntegerField(label="不低于", required=False, min_value=0, max_value=9999)
    score_to = forms.IntegerField(label="不高于", required=False, min_value=0, max_value=9999)
    opened_from, opened_to = _day("上报自"), _day("上报至")
    closed_from, closed_to = _day("办结自"), _day("办结至")
    due_from, due_to = _day("阶段到期自"), _day("阶段到期至")
    circle = _line("圆形范围", placeholder="经度,纬度,半径米")
    shape = forms.CharField(
        label="多边形范围（GeoJSON）",
        required=False,
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 1}),
    )
    crs = Chosen(label="坐标系", required=False, choices=_SYSTEMS)
    sort = Chosen(label="排序", required=False, choices=_SORTS)

    def __init__(self, data: Any, *, definition: Compiled, units: list[tuple[str, str]]) -> None:
        super().__init__(data, auto_id="filter-%s")
        self._choose("stage", list(definition.stages.items()))
        self._choose("unit", units)
        states = self.fields["state"]
        assert isinstance(states, Several)
        states.choices = [(name, one.title) for name, one in definition.states.items()]
        self._offer_conditions()

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, Chosen)
        field.choices = [("", "全部"), *choices]

    def _offer_conditions(self) -> None:
        """Offer the filing conditions of the one matter that is asked for; one asked for stays."""
        matter, asked = str(self.data.get("matter") or "").strip(), str(self.data.get("rule") or "")
        kind = str(self.data.get("kind") or "matter")
        rules = catalogue.rules_on(kind, matter, timezone.localdate()) if matter else []
        choices = [(str(one.id), one.condition[:40]) for one in rules]
        if asked.isdigit() and asked not in dict(choices):
            choices.append((asked, f"条件 {asked}"))
        first = "全部" if rules else "先填一个完整的事项代码"
        self.fields["rule"].widget.choices = [("", first), *choices]

    def clean_area(self) -> tuple[str, ...]:
        """Read codes and names of areas; a name may belong to several."""
        found: list[str] = []
        for one in _split(self.cleaned_data["area"]):
            minus = "-" if one.startswith("-") else ""
            name = one.removeprefix("-")
            codes = (name,) if _CODES.fullmatch(name) else area_names.codes_of(name)
            if not codes:
                raise ValidationError(f"没有名为“{name}”的区域；请填区划代码或区域全名。")
            found += [minus + code for code in codes]
        return tuple(found)

    def clean_matter(self) -> tuple[str, ...]:
        """Read codes of matters or their beginnings."""
        found = tuple(_split(self.cleaned_data["matter"]))
        for one in found:
            if not re.fullmatch(r"-?[0-9]{1,8}", one):
                raise ValidationError(f"“{one[:20]}”不是事项代码；只能填写数字，多个用空格分开。")
        return found

    def clean_person(self) -> tuple[int, ...]:
        """Read names of people; all who have a name are meant."""
        found: list[int] = []
        for name in _split(self.cleaned_data["person"]):
            ids = list(User.objects.filter(name=name).values_list("pk", flat=True)[:50])
            if not ids:
                raise ValidationError(f"没有名为“{name[:20]}”的人员；请填全名。")
            found += ids
        return tuple(found)

    def clean(self) -> dict[str, Any]:
        """Read the drawn place and the score, each error at its field."""
        data = super().clean() or self.cleaned_data
        data["place"], data["scored"] = None, ()
        for name, read in (("circle", circle_of), ("shape", polygons_of)):
            if data.get(name):
                try:
                    data["place"] = read(data[name], data.get("crs") or "CGCS2000")
                except Invalid as error:
                    self.add_error(name, f"{error.message}{error.mend}")
        if data.get("circle") and data.get("shape"):
            self.add_error("shape", "圆形与多边形范围只能填一种。")
        if data.get("score"):
            data["scored"] = self._scored(data)
        elif data.get("score_from") is not None or data.get("score_to") is not None:
            self.add_error("score", "请选择要计的是哪一项。")
        self._spans(data)
        return data

    def _spans(self, data: dict[str, Any]) -> None:
        """A span that ends before it begins holds nothing, which would be read as an answer."""
        for name in ("opened", "closed", "due"):
            first, last = data.get(f"{name}_from"), data.get(f"{name}_to")
            if first and last and last < first:
                self.add_error(f"{name}_to", "止日早于起日，请改正。")

    def _scored(self, data: dict[str, Any]) -> tuple[Score, ...]:
        least, most = data.get("score_from"), data.get("score_to")
        try:
            return (
                score_of(
                    f"{data['score']}:{'' if least is None else least}-{'' if most is None else most}"
                ),
            )
        except Invalid:
            self.add_error("score", "请填写计分项的下限或上限，下限不能大于上限。")
            return ()

    def wanted(self) -> CaseFilter:
        """Return the filter asked for; days are whole local days, the last one included."""
        data = self.cleaned_data
        words = data["words"].strip()
        number = words if words.isascii() and words.isdigit() and len(words) >= 6 else ""
        area, areas = _one_or_several(data["area"])
        matter, matters = _one_or_several(data["matter"])
        place: Drawn | None = data["place"]
        people = (Person(data["person"], data["part"]),) if data["person"] else ()
        return CaseFilter(
            number=number,
            words="" if number else words,
            kind=data["kind"],
            matter=matter,
            matters=matters,
            rule=data["rule"],
            source=_signed(data["source"], data["source_not"]),
            area=area,
            areas=areas,
            unit=int(data["unit"]) if data["unit"] else None,
            states=_signed(data["state"], data["state_not"]),
            stage=data["stage"],
            lights=tuple(data["light"]),
            open={"1": True, "0": False}.get(data["open"]),
            opened_from=_midnight(data["opened_from"]),
            opened_to=_midnight(data["opened_to"], days=1),
            closed_from=_midnight(data["closed_from"]),
            closed_to=_midnight(data["closed_to"], days=1),
            due_from=_midnight(data["due_from"]),
            due_before=_midnight(data["due_to"], days=1),
            flags=_signed(data["flag"], data["flag_not"]),
            component=data["component"],
            people=people,
            place=place,
            scores=data["scored"],
        )

    @property
    def order(self) -> str:
        """Return the order asked for: by time left, or for closed cases the latest first."""
        closed = self.cleaned_data["open"] == "0" or bool(
            self.cleaned_data["closed_from"] or self.cleaned_data["closed_to"]
        )
        asked: str = self.cleaned_data["sort"] or ("-opened" if closed else "due")
        # Of closed cases there is no time left, and of open ones no end.
        if (closed and asked == "due") or (self.cleaned_data["open"] == "1" and asked == "-closed"):
            return "-opened"
        return asked

    @property
    def more(self) -> bool:
        """Say whether a field beyond the first row is filled, so that the rest is shown open."""
        first = {"words", "mine", "open", "state", "light", "unit", "sort", "crs", "part"}
        return any(self.data.get(name) for name in self.fields if name not in first)

    @property
    def areas_offered(self) -> list[tuple[str, str]]:
        """Return (code, name of the chain) of the areas to choose from."""
        return area_names.offered()


def _split(text: str) -> list[str]:
    return re.split(r"[\s,，、;；]+", text.strip()) if text.strip() else []


def _signed(values: Iterable[str], left_out: bool) -> tuple[str, ...]:
    return tuple(f"-{one}" for one in values) if left_out else tuple(values)


def _one_or_several(codes: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    # One code alone is what the indexes in order of time are made for.
    return (codes[0], ()) if len(codes) == 1 and not codes[0].startswith("-") else ("", codes)


def _midnight(day: date | None, days: int = 0) -> datetime | None:
    if day is None:
        return None
    return timezone.make_aware(datetime.combine(day + timedelta(days=days), time.min))
