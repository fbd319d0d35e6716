"""The case: the fold of its events, with what lists filter and sort by.

`limits` pins what the filing condition said on the day of filing: one `{name, seconds, mode}` for
each stage, seconds of the mode's own time; `limit_stage` is the one that runs.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db import models
from django.db.models import F
from django.db.models.functions import Left

from chengguan.store.fields import CodeField, PointField
from chengguan.workflow.models import Definition, Instance

from ..enums import Source

# What lists filter by rides in the indexes: a page is found by index-only scans. Every step of a
# case writes all indexes that hold it, since `stage_due_at` moves; so open cases, of which there
# are few, stand in four, and the four over all that ever was take a case once, when it closes.
_FILTERS = ["state", "source", "kind", "matter_code", "area_code", "unit_path"]
_OF_OPEN = [*_FILTERS, "opened_at", "stage_due_at", "stage_warn_at"]
_OF_CLOSED = [*_FILTERS, "closed_at", "reporter_id", "handler_id", "collector_id", "on_time"]
_OPEN = models.Q(closed_at__isnull=True)
#: Joint orders: few among all cases, and the only ones the index of assisting units holds.
JOINT = ~models.Q(assisting=[])


def _closed(name: str, *first: Any) -> models.Index:
    """Index closed cases, newest first, under `first`."""
    return models.Index(
        *first,
        F("opened_at").desc(),
        F("id").desc(),
        name=f"cases_case_closed_{name}",
        include=[one for one in _OF_CLOSED if F(one) not in first],
        condition=models.Q(closed_at__isnull=False),
    )


def _open(name: str, *columns: str, newest: bool = False) -> models.Index:
    """Index open cases in the order of these columns, or the other way round."""
    return models.Index(
        *(F(column).desc() if newest else F(column) for column in columns),
        name=f"cases_case_open_{name}",
        include=[one for one in _OF_OPEN if one not in columns],
        condition=_OPEN,
    )


# What a case begins with is left to the database: of seventy columns a report fills twenty.
# A default stands for ever, for events leave it out as well (`Procedure.defaults`).


def count(title: str) -> models.Field[Any, Any]:
    return models.PositiveSmallIntegerField(title, default=0, db_default=0)


def flag(title: str) -> models.Field[Any, Any]:
    return models.BooleanField(title, default=False, db_default=False)


def code(title: str, length: int) -> models.Field[Any, Any]:
    return CodeField(title, max_length=length, blank=True, default="", db_default="")


def array(title: str) -> models.Field[Any, Any]:
    return models.JSONField(title, default=list, db_default=[])


class Case(Instance):
    """案件. Every column but `text` and place is recomputed by `chengguan cases rebuild`."""

    # Versions are few: an index on them would cost every step and serve nobody. Published ones are
    # never deleted (a trigger refuses it), so each case need not ask for its version, and lock it.
    definition = models.ForeignKey(
        Definition, models.PROTECT, verbose_name="流程版本", db_index=False, db_constraint=False
    )
    number = CodeField("案件编号", max_length=19)
    source = models.CharField("来源", max_length=12, choices=Source)
    source_ref = code("来源编号", 120)
    kind = models.CharField("类别", max_length=10, blank=True, default="", db_default="")
    matter_code = code("事项", 8)
    rule_id = models.BigIntegerField("立案标准", null=True)
    text = models.TextField("描述", blank=True)
    address = models.CharField("地点", max_length=200, blank=True)
    point = PointField(verbose_name="位置", null=True)
    area_code = CodeField("区域", max_length=15)
    component_code = code("部件", 17)
    reporter_id = models.BigIntegerField("上报人", null=True)
    acceptor_id = models.BigIntegerField("受理人", null=True)
    dispatcher_id = models.BigIntegerField("派遣人", null=True)
    unit_id = models.BigIntegerField("处置单位", null=True)
    unit_path = code("处置单位路径", 200)
    handler_id = models.BigIntegerField("处置人", null=True)
    collector_id = models.BigIntegerField("核实核查人", null=True)
    finding = code("核实核查结果", 12)
    returned_from = code("退回自", 24)
    photos = count("照片数")
    limits = array("立案时限")
    limit_stage = count("分段序号")
    main_case_id = models.BigIntegerField("主案件", null=True)
    duplicates = count("并入案件数")
    held = array("并案时停下的计时")
    reports = models.PositiveIntegerField("上报次数", default=1, db_default=1)
    urged = count("催办次数")
    returns = count("回退次数")
    reworks = count("返工次数")
    extensions = count("延期次数")
    reopened = count("重开次数")
    suspended_until = models.DateTimeField("挂账至", null=True)
    overseen = flag("督办")
    oversight_level = count("督办级别")
    oversight_due_at = models.DateTimeField("督办答复期限", null=True)
    appealed = flag("已申诉")
    forced = flag("强制结案")
    self_handled = flag("自处置")
    exempt = flag("免计超期")
    important = flag("重点")
    filed_at = models.DateTimeField("立案时间", null=True)
    dispatched_at = models.DateTimeField("派遣时间", null=True)
    handled_at = models.DateTimeField("处置完成", null=True)
    on_time = models.BooleanField("按期", null=True)
    # Units beside the lead, by id, so that nothing follows when one moves; those that are done.
    assisting = array("协办单位")
    assisted = array("已完成的协办单位")
    await_assist = flag("协办完成才能结案")

    class Meta:
        verbose_name = verbose_name_plural = "案件"
        constraints = [models.UniqueConstraint(fields=["number"], name="cases_case_number")]
        indexes = [
            _closed("list"),
            _closed("community", Left("area_code", 12)),
            _closed("unit", F("unit_path")),
            _closed("matter", F("matter_code")),
            # What closed since an instant; a case takes it once, when it closes.
            models.Index(
                fields=["closed_at"],
                name="cases_case_closed_since",
                condition=models.Q(closed_at__isnull=False),
            ),
            _open("list", "opened_at", "id", newest=True),
            _open("due", "stage_due_at", "id"),
            _open("area", "area_code", "stage_due_at", "id"),
            _open("unit", "unit_path", "stage_due_at", "id"),
            models.Index(
                F("reporter_id"),
                F("opened_at").desc(),
                name="cases_case_reporter",
                condition=models.Q(reporter_id__isnull=False),
            ),
            # What somebody is busy with himself: few rows at any time.
            models.Index(
                fields=["handler_id"],
                name="cases_case_handler",
                condition=_OPEN & models.Q(handler_id__isnull=False),
            ),
            models.Index(
                fields=["collector_id"],
                name="cases_case_collector",
                condition=models.Q(collector_id__isnull=False),
            ),
            GistIndex(fields=["point"], name="cases_case_point"),
            GinIndex(
                fields=["assisting"],
                opclasses=["jsonb_path_ops"],
                name="cases_case_assisting",
                condition=JOINT,
            ),
            models.Index(
                fields=["main_case_id"],
                name="cases_case_main",
                condition=models.Q(main_case_id__isnull=False),
            ),
            models.Index(
                fields=["suspended_until"],
                name="cases_case_suspended",
                condition=models.Q(suspended_until__isnull=False),
            ),
            models.Index(
                fields=["oversight_due_at"],
                name="cases_case_oversight",
                condition=models.Q(oversight_due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)
