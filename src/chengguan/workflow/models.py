"""Procedures as data, their instances, events, work items and requests.

`Instance` is abstract: a trade's own row carries its state, so that a list of cases is one table.
Events, work items and requests are shared by all procedures and name their instance by value;
instance ids come from one sequence and are unique over all procedures.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from chengguan.store.fields import CodeField

from .enums import DayKind, DefinitionStatus, RequestStatus


class Definition(models.Model):
    """One version of one procedure: its TOML source and what that compiles to."""

    code = CodeField("流程代码", max_length=40)
    version = models.PositiveIntegerField("版本")
    title = models.CharField("名称", max_length=80)
    source = models.TextField("定义（TOML）")
    compiled = models.JSONField("编译结果")
    digest = models.CharField("摘要", max_length=64)
    status = models.CharField(
        "状态", max_length=10, choices=DefinitionStatus, default=DefinitionStatus.DRAFT
    )
    published_at = models.DateTimeField("发布时间", null=True)
    published_by = models.CharField("发布人", max_length=40, blank=True)
    created_at = models.DateTimeField("建立时间", db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = "流程定义"
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="workflow_definition_version")
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.version}"


class Instance(models.Model):
    """What the engine keeps on the row of a trade: the fold of its events, nothing else.

    `clocks` maps clock name → compact state of `core.clock`; the four instants are read off it
    so that lists can sort and lights can be compared in SQL. `seq` is the last event's number
    and the guard of every write. `requests` is the tally of requests, see `domain.tally`.
    """

    id = models.BigIntegerField(primary_key=True)
    definition = models.ForeignKey(Definition, models.PROTECT, verbose_name="流程版本")
    state = CodeField("状态", max_length=24)
    stage = CodeField("阶段", max_length=16)
    seq = models.PositiveIntegerField("事件数", default=0)
    clocks = models.JSONField("计时", default=dict)
    requests = models.JSONField("申请情况", default=dict, db_default={})
    stage_due_at = models.DateTimeField("阶段到期", null=True)
    stage_warn_at = models.DateTimeField("阶段预警", null=True)
    due_at = models.DateTimeField("处置到期", null=True)
    warn_at = models.DateTimeField("处置预警", null=True)
    opened_at = models.DateTimeField("开始时间")
    changed_at = models.DateTimeField("最近变动")
    closed_at = models.DateTimeField("结束时间", null=True)

    class Meta:
        abstract = True


class Event(models.Model):
    """One step of one instance; append-only, the truth from which the row is folded."""

    id = models.BigIntegerField(primary_key=True)
    procedure = CodeField("流程", max_length=40)
    instance_id = models.BigIntegerField("实例编号")
    seq = models.PositiveIntegerField("序号")
    verb = CodeField("动作", max_length=40)
    from_state = CodeField("原状态", max_length=24, blank=True)
    to_state = CodeField("新状态", max_length=24)
    at = models.DateTimeField("时间")
    recorded_at = models.DateTimeField("记录时间", db_default=Now())
    actor_id = models.BigIntegerField("操作人", null=True)
    actor = models.CharField("操作人姓名", max_length=80, blank=True)
    post = CodeField("岗位", max_length=40, blank=True)
    organisation_id = models.BigIntegerField("机构", null=True)
    data = models.JSONField("内容", default=dict)
    effects = models.JSONField("计时与字段变化", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "事件"
        constraints = [
            models.UniqueConstraint(fields=["instance_id", "seq"], name="workflow_event_seq")
        ]

    def __str__(self) -> str:
        return f"{self.instance_id}#{self.seq} {self.verb}"


class WorkItem(models.Model):
    """What waits for whom: one row for each stay in a state that somebody has to act on."""

    id = models.BigIntegerField(primary_key=True)
    procedure = CodeField("流程", max_length=40)
    instance_id = models.BigIntegerField("实例编号")
    state = CodeField("状态", max_length=24)
    capability = CodeField("所需权限", max_length=40)
    organisation_id = models.BigIntegerField("机构", null=True)
    organisation_path = CodeField("机构路径", max_length=200, blank=True)
    user_id = models.BigIntegerField("指定人", null=True)
    claimed_by = models.BigIntegerField("认领人", null=True)
    claimed_at = models.DateTimeField("认领时间", null=True)
    area_code = CodeField("区划", max_length=15, blank=True)
    matter_code = CodeField("事项", max_length=8, blank=True)
    opened_at = models.DateTimeField("开始")
    due_at = models.DateTimeField("到期", null=True)
    closed_at = models.DateTimeField("完成", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "待办"
        indexes = [
            models.Index(
                fields=["capability", "due_at"],
                name="workflow_item_queue",
                condition=models.Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=["organisation_path"],
                name="workflow_item_org",
                condition=models.Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=["user_id"],
                name="workflow_item_user",
                condition=models.Q(closed_at__isnull=True),
            ),
            # Closed items are counted nowhere, and found by no one. Not unique: one statement closes
            # an item and opens the next, in either order.
            models.Index(
                fields=["instance_id"],
                name="workflow_item_instance",
                condition=models.Q(closed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.instance_id}"


class Request(models.Model):
    """A request that needs approval: extension, suspension, return, appeal, oversight."""

    id = models.BigIntegerField(primary_key=True)
    procedure = CodeField("流程", max_length=40)
    instance_id = models.BigIntegerField("实例编号")
    kind = CodeField("种类", max_length=24)
    reason = models.TextField("理由")
    data = models.JSONField("内容", default=dict)
    status = models.CharField(
        "状态", max_length=10, choices=RequestStatus, default=RequestStatus.PENDING
    )
    asked_by = models.BigIntegerField("申请人", null=True)
    organisation_id = models.BigIntegerField("申请单位", null=True)
    asked_at = models.DateTimeField("申请时间")
    steps = models.PositiveSmallIntegerField("须审次数", default=1)
    decisions = models.JSONField("审批记录", default=list)
    decided_at = models.DateTimeField("审结时间", null=True)
    capability = CodeField("审批权限", max_length=40)
    due_at = models.DateTimeField("答复期限", null=True)
    area_code = CodeField("区划", max_length=15, blank=True)
    organisation_path = CodeField("机构路径", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "申请"
        constraints = [
            models.UniqueConstraint(
                fields=["instance_id", "kind"],
                condition=models.Q(status="pending"),
                name="workflow_request_one_pending",
            )
        ]
        indexes = [
            models.Index(fields=["instance_id"], name="workflow_request_instance"),
            models.Index(
                fields=["capability", "asked_at"],
                name="workflow_request_pending",
                condition=models.Q(status="pending"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.instance_id}"


class WorkCalendar(models.Model):
    """A calendar of working time: the city's, or one organisation's shifts."""

    code = CodeField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=60)
    timezone = models.CharField("时区", max_length=40, default="Asia/Shanghai")
    first_day = models.DateField("起")
    last_day = models.DateField("止")
    workday_seconds = models.PositiveIntegerField("一个工作日的秒数", default=8 * 3600)
    revision = models.PositiveIntegerField("修订", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "工作日历"

    def __str__(self) -> str:
        return self.name


class CalendarRevision(models.Model):
    """One revision of a calendar as clocks refer to it ("city@3"); frozen once written."""

    calendar = models.ForeignKey(
        WorkCalendar, models.PROTECT, verbose_name="日历", related_name="revisions"
    )
    number = models.PositiveIntegerField("修订")
    content = models.JSONField("内容")
    note = models.CharField("说明", max_length=200, blank=True)
    made_by = models.CharField("修订人", max_length=80, blank=True)
    made_at = models.DateTimeField("修订时间", db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = "日历修订"
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "number"], name="workflow_calendar_revision"
            )
        ]

    def __str__(self) -> str:
        return f"{self.calendar_id}@{self.number}"


class CalendarHours(models.Model):
    """One stretch of working hours on some weekdays, valid between two dates."""

    calendar = models.ForeignKey(WorkCalendar, models.CASCADE, related_name="hours")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), verbose_name="星期（1=周一）")
    start = models.TimeField("开始")
    end = models.TimeField("结束", help_text="00:00 表示当日24时")
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "工作时段"

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


class CalendarDay(models.Model):
    """A date that differs from its weekday: a holiday, or a make-up working day."""

    calendar = models.ForeignKey(WorkCalendar, models.CASCADE, related_name="days")
    date = models.DateField("日期")
    kind = models.CharField("性质", max_length=10, choices=DayKind)
    name = models.CharField("名称", max_length=40, blank=True)
    provisional = models.BooleanField("待官方公布", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "特殊日期"
        constraints = [
            models.UniqueConstraint(fields=["calendar", "date"], name="workflow_calendar_day")
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
