"""What the pages of the roster are asked, and what people fill in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from django import forms
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import Organisation, Post, User
from chengguan.command.models.roster import AbsenceKind, Days, Period

from .queries import kept_q, people_kept_by

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100


class _Person(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}（{obj.organisation.name}）"


def _in_reach(value: date) -> None:
    """Refuse dates whose neighbours no calendar has, and that nobody means."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise forms.ValidationError(f"日期应在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间。")


def _date(label: str, *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        validators=[_in_reach],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def _moment(label: str, *, required: bool = True) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=required,
        validators=[_in_reach],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


def posts() -> list[tuple[str, str]]:
    """Give every post as a choice."""
    return list(Post.objects.order_by("name").values_list("code", "name"))


class BoardForm(forms.Form):
    """Which days, which unit, post, area and half of the day."""

    first = _date("自", required=False)
    days = forms.ChoiceField(
        label="显示",
        required=False,
        choices=[("7", "一周"), ("1", "一天"), ("14", "两周"), ("28", "四周")],
    )
    unit = forms.ChoiceField(label="单位", required=False)
    post = forms.ChoiceField(label="岗位", required=False)
    area = forms.RegexField(
        r"^\d*$", label="区域代码开头", required=False, max_length=15,
        error_messages={"invalid": "只能填写数字。"},
    )  # fmt: skip
    period = forms.ChoiceField(
        label="昼夜", required=False, choices=[("", "昼夜"), *Period.choices]
    )
    person = forms.IntegerField(
        required=False, min_value=1, max_value=2**31, widget=forms.HiddenInput
    )

    def __init__(self, data: Any, *, units: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["unit"].choices = [("", "全部"), *units]  # type: ignore[attr-defined]
        self.fields["post"].choices = [("", "全部"), *posts()]  # type: ignore[attr-defined]


class NowForm(forms.Form):
    """A place and an instant."""

    at = _moment("时刻", required=False)
    area = forms.RegexField(
        r"^\d*$", label="区划或网格代码", required=False, max_length=15,
        error_messages={"invalid": "只能填写数字。"},
    )  # fmt: skip
    then = forms.BooleanField(label="按当时所知（不含事后更正）", required=False)


class AbsenceForm(forms.Form):
    """Who is away, when, and who stands in."""

    user = _Person(User.objects.none(), label="谁（A 角）")
    kind = forms.ChoiceField(label="类别", choices=AbsenceKind.choices)
    starts_at = _moment("自")
    ends_at = _moment("至")
    stand_in = _Person(
        User.objects.none(), label="B 角", required=False, help_text="不填则按固定的 AB 角"
    )

    def __init__(self, data: Any, principal: Principal) -> None:
        super().__init__(data)
        people = people_kept_by(principal).select_related("organisation").order_by("name", "pk")
        for one in ("user", "stand_in"):
            self.fields[one].queryset = people  # type: ignore[attr-defined]


class PairForm(forms.Form):
    """A lasting AB pair."""

    a = _Person(User.objects.none(), label="A 角")
    b = _Person(User.objects.none(), label="B 角")
    valid_from = _date("自")

    def __init__(self, data: Any, principal: Principal) -> None:
        super().__init__(data)
        people = people_kept_by(principal).select_related("organisation").order_by("name", "pk")
        for one in ("a", "b"):
            self.fields[one].queryset = people  # type: ignore[attr-defined]


class RuleForm(forms.Form):
    """A rule as text: the cycle day by day, one line for each team."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label="单位")
    name = forms.CharField(label="规则名称", max_length=40)
    post = forms.ChoiceField(label="岗位")
    days = forms.ChoiceField(label="适用日期", choices=Days.choices)
    cycle = forms.CharField(
        label="周期",
        help_text="按天写班次代码，空格分开，休息写“休”。四班三运转：早 早 中 中 夜 夜 休 休",
    )
    step = forms.IntegerField(label="各班组错开天数", min_value=0, max_value=31, initial=1)
    teams = forms.CharField(
        label="班组",
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="一行一个班组：账号@区域代码，空格分开。例：caiji1@310115145 caiji2@310115145",
    )
    valid_from = _date("自")
    valid_to = _date("至", required=False)

    def __init__(self, data: Any, principal: Principal, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        kept = Organisation.objects.filter(kept_q(principal, "path"), active=True)
        self.fields["organisation"].queryset = kept.order_by("path")  # type: ignore[attr-defined]
        self.fields["post"].choices = posts()  # type: ignore[attr-defined]
        self._people = people_kept_by(principal)

    def clean_cycle(self) -> list[str]:
        words = self.cleaned_data["cycle"].replace("，", " ").replace("、", " ").split()
        return ["" if word == "休" else word for word in words]

    def clean_teams(self) -> list[tuple[int, User, str]]:
        asked: list[tuple[int, str, str]] = []
        lines = [line for line in self.cleaned_data["teams"].splitlines() if line.strip()]
        for team, line in enumerate(lines, 1):
            for word in line.replace("，", " ").split():
                username, _, area = word.partition("@")
                if not (area.isascii() and area.isdigit()):
                    raise forms.ValidationError(f"第 {team} 班组的“{word}”应写作 账号@区域代码。")
                asked.append((team, username, area))
        known = {
            user.username: user
            for user in self._people.filter(username__in={name for _, name, _ in asked})
        }
        missing = sorted({name for _, name, _ in asked} - set(known))
        if missing:
            raise forms.ValidationError(
                f"没有这些账号，或不在您的排班范围：{'、'.join(missing)}。请核对账号。"
            )
        return [(team, known[name], area) for team, name, area in asked]


class PlanForm(forms.Form):
    """Which days a rule is applied to."""

    first = _date("自")
    last = _date("至")
    accept_doubles = forms.BooleanField(label="重叠的班次确需排定", required=False)


class ShiftForm(forms.Form):
    """A shift's hours from a date on."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label="单位")
    code = forms.CharField(label="代码", max_length=20)
    name = forms.CharField(label="名称", max_length=20)
    period = forms.ChoiceField(label="昼夜", choices=Period.choices)
    start = forms.TimeField(label="开始", widget=forms.TimeInput(attrs={"type": "time"}))
    end = forms.TimeField(
        label="结束", widget=forms.TimeInput(attrs={"type": "time"}), help_text="不晚于开始的为次日"
    )
    rest_minutes = forms.IntegerField(
        label="不计工时的休息（分钟）", min_value=0, max_value=600, initial=0
    )
    valid_from = _date("自")

    def __init__(self, data: Any, principal: Principal) -> None:
        super().__init__(data)
        kept = Organisation.objects.filter(kept_q(principal, "path"), active=True)
        self.fields["organisation"].queryset = kept.order_by("path")  # type: ignore[attr-defined]


class NeedForm(forms.Form):
    """How many of a post an area needs, when."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label="单位")
    post = forms.ChoiceField(label="岗位")
    area_code = forms.RegexField(
        r"^\d{2,15}$", label="区域代码", error_messages={"invalid": "只能填写数字。"}
    )
    days = forms.ChoiceField(label="适用日期", choices=Days.choices)
    start = forms.TimeField(label="开始", widget=forms.TimeInput(attrs={"type": "time"}))
    end = forms.TimeField(label="结束", widget=forms.TimeInput(attrs={"type": "time"}))
    people = forms.IntegerField(label="人数", min_value=1, max_value=500, initial=1)
    valid_from = _date("自")

    def __init__(self, data: Any, principal: Principal) -> None:
        super().__init__(data)
        kept = Organisation.objects.filter(kept_q(principal, "path"), active=True)
        self.fields["organisation"].queryset = kept.order_by("path")  # type: ignore[attr-defined]
        self.fields["post"].choices = posts()  # type: ignore[attr-defined]


class FileForm(forms.Form):
    """A roster file for one unit."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label="单位")
    file = forms.FileField(label="文件", help_text="CSV 或 XLSX，列见模板")

    def __init__(self, data: Any, files: Any, principal: Principal) -> None:
        super().__init__(data, files)
        kept = Organisation.objects.filter(kept_q(principal, "path"), active=True)
        self.fields["organisation"].queryset = kept.order_by("path")  # type: ignore[attr-defined]


class RiskForm(forms.Form):
    """What the proposal of hours is worked out from."""

    area = forms.RegexField(
        r"^\d*$", label="区域代码", required=False, max_length=15,
        error_messages={"invalid": "只能填写数字。"},
    )  # fmt: skip
    post = forms.ChoiceField(label="岗位")
    weeks = forms.IntegerField(label="近几周", min_value=1, max_value=26)
    people = forms.IntegerField(
        label="每日人数", min_value=1, max_value=500, required=False, help_text="不填则按近期平均"
    )
    length = forms.IntegerField(label="一班几小时", min_value=1, max_value=12)
    per_hour = forms.FloatField(label="每人每小时可办件数", min_value=0.1, max_value=60)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["post"].choices = posts()  # type: ignore[attr-defined]


def aware(at: datetime | None) -> datetime:
    """Give the instant asked about, now when unsaid."""
    return at or timezone.now()


def monday_of(day: date) -> date:
    """Give the Monday of a date's week."""
    from datetime import timedelta

    return day - timedelta(day.weekday())
