"""The duty roster (排班): shifts, rules, what is needed, who is on duty, absences and swaps.

Instants are half-open, `starts_at <= t < ends_at`, made once from the city's local hours. An
assignment is never edited: a correction ends the row and writes another, so that both questions
have an answer, who was on duty then, and who was planned as far as was known then.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from chengguan.accounts.models import Organisation, User
from chengguan.store.fields import CodeField


class Period(models.TextChoices):
    """Day and night plans are kept apart (白天整体查、夜间分组查)."""

    DAY = "day", "白天"
    NIGHT = "night", "夜间"


class Days(models.TextChoices):
    """On which dates of the working calendar something holds."""

    ALL = "all", "每天"
    WORK = "work", "工作日"
    OFF = "off", "休息日和节假日"


class Source(models.TextChoices):
    """Where an assignment came from."""

    RULE = "rule", "规则"
    IMPORT = "import", "导入"
    SWAP = "swap", "换班"
    HAND = "hand", "手工"


class SwapState(models.TextChoices):
    """A swap is asked, accepted by the colleague, then approved by who keeps the roster."""

    ASKED = "asked", "待对方同意"
    ACCEPTED = "accepted", "待批准"
    APPROVED = "approved", "已批准"
    REFUSED = "refused", "未同意"
    WITHDRAWN = "withdrawn", "已撤回"


class AbsenceKind(models.TextChoices):
    """Why somebody is not there."""

    LEAVE = "leave", "年休假"
    SICK = "sick", "病假"
    PERSONAL = "personal", "事假"
    BUSINESS = "business", "公出"
    TRAINING = "training", "培训"
    OTHER = "other", "其他"


class ShiftKind(models.Model):
    """One version of a shift (班次): local hours from a date on; an end not after its start is tomorrow's."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name="单位")
    code = CodeField("班次代码", max_length=20)
    name = models.CharField("班次名称", max_length=20)
    period = models.CharField("昼夜", max_length=5, choices=Period.choices, default=Period.DAY)
    start = models.TimeField("开始")
    end = models.TimeField("结束", help_text="不晚于开始的，为次日")
    rest_minutes = models.PositiveSmallIntegerField("不计工时的休息（分钟）", default=0)
    valid_from = models.DateField("起")

    class Meta:
        verbose_name = verbose_name_plural = "班次"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "code", "valid_from"], name="command_shift_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.start:%H:%M}-{self.end:%H:%M}"


class Rule(models.Model):
    """A rotation: teams take the shifts of a cycle in turn, each `step` days behind the one before.

    `cycle` names shift codes day by day, "" is a day of rest: 四班三运转 is
    `["早","早","中","中","夜","夜","",""]` with four teams and a step of two. Where `days` is not
    every day, the cycle moves on the days that count only.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name="单位")
    name = models.CharField("规则名称", max_length=40)
    post = CodeField("岗位", max_length=40)
    days = models.CharField("适用日期", max_length=4, choices=Days.choices, default=Days.ALL)
    cycle = ArrayField(models.CharField(max_length=20, blank=True), verbose_name="周期")
    step = models.PositiveSmallIntegerField("各班错开天数", default=1)
    valid_from = models.DateField("起", help_text="第一班组从这一天起按周期第一天排")
    valid_to = models.DateField("止", null=True, blank=True)
    revision = models.PositiveIntegerField("修订", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "排班规则"

    def __str__(self) -> str:
        return self.name


class RuleMember(models.Model):
    """A person in a team (班组, counted from 1) of a rule, at the area he looks after."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="members")
    team = models.PositiveSmallIntegerField("班组")
    user = models.ForeignKey(User, models.PROTECT, verbose_name="人员", related_name="+")
    area_code = CodeField("区域", max_length=15)

    class Meta:
        verbose_name = verbose_name_plural = "班组成员"
        ordering = ("team", "id")
        constraints = [
            models.UniqueConstraint(fields=["rule", "user"], name="command_rule_member_once")
        ]

    def __str__(self) -> str:
        return f"{self.team} {self.user_id}"


class Requirement(models.Model):
    """How many of a post an area needs between two local hours; also 定街定段: one for each section."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name="单位")
    post = CodeField("岗位", max_length=40)
    area_code = CodeField("区域", max_length=15)
    days = models.CharField("适用日期", max_length=4, choices=Days.choices, default=Days.ALL)
    start = models.TimeField("开始")
    end = models.TimeField("结束", help_text="不晚于开始的，为次日")
    people = models.PositiveSmallIntegerField("人数", default=1)
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "在岗要求"

    def __str__(self) -> str:
        return f"{self.post} {self.area_code} {self.people}"


class Swap(models.Model):
    """One gives his duty to a colleague, who gives one of his in return or takes it over."""

    given = models.ForeignKey("Assignment", models.PROTECT, related_name="+", verbose_name="让出")
    taken = models.ForeignKey(
        "Assignment", models.PROTECT, related_name="+", verbose_name="换入", null=True, blank=True
    )
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="申请人")
    colleague = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="对方")
    reason = models.CharField("理由", max_length=200)
    state = models.CharField(
        "状态", max_length=10, choices=SwapState.choices, default=SwapState.ASKED
    )
    refusal = models.CharField("未同意的理由", max_length=200, blank=True)
    asked_at = models.DateTimeField("申请时间", default=timezone.now)
    accepted_at = models.DateTimeField("对方同意时间", null=True)
    decided_at = models.DateTimeField("办结时间", null=True)
    decided_by = models.CharField("办结人", max_length=40, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "换班申请"
        constraints = [
            models.UniqueConstraint(
                fields=["given"],
                condition=models.Q(state__in=["asked", "accepted"]),
                name="command_swap_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.asked_by_id}→{self.colleague_id} {self.state}"


class Assignment(models.Model):
    """One person on duty in one post at one area between two instants (排班)."""

    user = models.ForeignKey(User, models.PROTECT, verbose_name="人员", related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name="单位")
    post = CodeField("岗位", max_length=40)
    area_code = CodeField("区域", max_length=15)
    shift_code = CodeField("班次代码", max_length=20)
    shift_name = models.CharField("班次", max_length=20)
    period = models.CharField("昼夜", max_length=5, choices=Period.choices)
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    rest_minutes = models.PositiveSmallIntegerField("不计工时的休息（分钟）", default=0)
    source = models.CharField("来源", max_length=6, choices=Source.choices)
    rule = models.ForeignKey(Rule, models.SET_NULL, verbose_name="规则", null=True, blank=True)
    swap = models.ForeignKey(Swap, models.PROTECT, null=True, blank=True, related_name="made")
    made_at = models.DateTimeField("排定时间", default=timezone.now)
    made_by = models.CharField("排定人", max_length=40)
    ended_at = models.DateTimeField("改动时间", null=True)
    ended_by = models.CharField("改动人", max_length=40, blank=True)
    ended_why = models.CharField("改动原因", max_length=100, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "排班"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="command_duty_instants"
            ),
            models.UniqueConstraint(
                fields=["user", "post", "area_code", "starts_at"],
                condition=models.Q(ended_at__isnull=True),
                name="command_duty_once",
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at"], name="command_duty_start"),
            models.Index(fields=["user", "starts_at"], name="command_duty_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.post} {self.starts_at:%m-%d %H:%M}"

    @property
    def work_seconds(self) -> int:
        """Seconds of working time, the unpaid rest taken off."""
        return max(0, int((self.ends_at - self.starts_at).total_seconds()) - self.rest_minutes * 60)


class Pairing(models.Model):
    """AB 角: who stands in for whom while the first is away; both days included."""

    user = models.ForeignKey(User, models.PROTECT, verbose_name="A 角", related_name="+")
    stand_in = models.ForeignKey(User, models.PROTECT, verbose_name="B 角", related_name="+")
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "AB 角"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(user=models.F("stand_in")), name="command_pairing_two"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id}→{self.stand_in_id}"


class Absence(models.Model):
    """Somebody away between two instants; `stand_in` for this time goes before the AB pairing."""

    user = models.ForeignKey(User, models.PROTECT, verbose_name="人员", related_name="+")
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    kind = models.CharField("类别", max_length=10, choices=AbsenceKind.choices)
    stand_in = models.ForeignKey(
        User, models.PROTECT, verbose_name="B 角", related_name="+", null=True, blank=True
    )
    made_at = models.DateTimeField("登记时间", default=timezone.now)
    made_by = models.CharField("登记人", max_length=40)
    withdrawn_at = models.DateTimeField("撤销时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "请假公出"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="command_absence_instants",
            ),
            models.CheckConstraint(
                condition=models.Q(stand_in__isnull=True) | ~models.Q(user=models.F("stand_in")),
                name="command_absence_two",
            ),
        ]
        indexes = [models.Index(fields=["ends_at"], name="command_absence_end")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.starts_at:%m-%d}"


class JointZone(models.Model):
    """联勤片区: areas that several units look after together; each sees the others' people there."""

    name = models.CharField("片区名称", max_length=40)
    area_codes = ArrayField(CodeField(max_length=15), verbose_name="区域")
    organisations = models.ManyToManyField(Organisation, verbose_name="联勤单位", related_name="+")
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "联勤片区"

    def __str__(self) -> str:
        return self.name
