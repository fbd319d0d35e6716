"""What the machine does by itself: where it is switched on, and what it did, case by case."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from chengguan.registry.enums import MatterKind
from chengguan.store.fields import CodeField


class Verdict(models.TextChoices):
    """What somebody who looked again chose, against what the machine had chosen."""

    NONE = "", "未复核"
    RIGHT = "right", "一致"
    WRONG = "wrong", "不一致"


class Act(models.TextChoices):
    """What a rule lets the machine do."""

    DISPATCH = "dispatch", "自动派遣"
    CLOSE = "close", "自动结案"


class AutomaticRule(models.Model):
    """One matter in one area, switched on from an instant on; switched off it stays as history.

    `seed` and the case's number decide what is looked at again: anybody can draw it anew.
    """

    id = models.BigAutoField(primary_key=True)
    act = models.CharField("动作", max_length=10, choices=Act, default=Act.DISPATCH)
    kind = models.CharField("类别", max_length=10, choices=MatterKind)
    matter_code = CodeField("事项", max_length=8)
    area_code = CodeField("区域", max_length=15)
    share = models.PositiveSmallIntegerField("复核比例（%）", default=5)
    seed = models.BigIntegerField("抽样种子")
    history_right = models.PositiveIntegerField("开启时历史一致件数")
    history_all = models.PositiveIntegerField("开启时历史件数")
    on_at = models.DateTimeField("开启时间")
    on_by = models.CharField("开启人", max_length=40)
    on_by_id = models.BigIntegerField("开启人编号", null=True)
    off_at = models.DateTimeField("关闭时间", null=True)
    off_by = models.CharField("关闭人", max_length=40, blank=True)
    off_reason = models.CharField("关闭理由", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "自动办理规则"
        constraints = [
            models.UniqueConstraint(
                fields=["act", "kind", "matter_code", "area_code"],
                condition=models.Q(off_at__isnull=True),
                name="command_automatic_one_on",
            )
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.kind} {self.matter_code} {self.area_code}"


class AutomaticAct(models.Model):
    """One case that the machine moved: by which rule of what it went by, drawn or not, how judged."""

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(AutomaticRule, models.PROTECT, verbose_name="自动办理规则")
    case_id = models.BigIntegerField("案件")
    event_id = models.BigIntegerField("事件", unique=True)
    kind = models.CharField("类别", max_length=10)
    matter_code = CodeField("事项", max_length=8)
    area_code = CodeField("区域", max_length=15)
    unit_id = models.BigIntegerField("单位")
    basis = CodeField("依据", max_length=60)
    at = models.DateTimeField("时间")
    drawn = models.BooleanField("抽中复核")
    verdict = models.CharField("复核结果", max_length=6, choices=Verdict, blank=True, default="")
    judged_by = models.CharField("复核人", max_length=40, blank=True)
    judged_by_id = models.BigIntegerField("复核人编号", null=True)
    judged_at = models.DateTimeField("复核时间", null=True)
    note = models.CharField("复核说明", max_length=200, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.case_id} {self.unit_id}"


def _indexes(name: str) -> list[models.Index]:
    return [
        models.Index(fields=["rule", "at"], name=f"{name}_of"),
        models.Index(fields=["at"], name=f"{name}_at"),
        models.Index(
            fields=["at"], name=f"{name}_drawn", condition=models.Q(drawn=True, verdict="")
        ),
    ]


class AutomaticDispatch(AutomaticAct):
    """A case that the machine dispatched, and which unit a person would have chosen."""

    judged_unit_id = models.BigIntegerField("复核人选的单位", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "自动派遣"
        indexes = _indexes("command_automatic")


class AutomaticClosing(AutomaticAct):
    """A case that the machine closed; or a decoy, which people refused to close.

    `people` are those who had a hand in the case: they don't look at it again.
    """

    decoy = models.BooleanField("对照件", default=False)
    people = ArrayField(models.BigIntegerField(), verbose_name="经办人", default=list)

    class Meta:
        verbose_name = verbose_name_plural = "自动结案"
        indexes = _indexes("command_closing")
