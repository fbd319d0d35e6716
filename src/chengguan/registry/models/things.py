"""Things with a place: components (部件), cameras, devices, stations."""

from __future__ import annotations

from django.contrib.postgres.indexes import GistIndex
from django.db import models

from chengguan.store.fields import CodeField, PointField

from ..enums import FacilityKind, ThingState


class Component(models.Model):
    """A managed component with the fields of GB/T 47678.5-2026 table 2; 17-digit code."""

    code = CodeField("部件标识码", max_length=17, unique=True)
    name = models.CharField("部件名称", max_length=60)
    matter_code = CodeField("小类代码", max_length=8)
    point = PointField(verbose_name="位置")
    grid_code = CodeField("单元网格", max_length=15, blank=True)
    area_code = CodeField("所在区域", max_length=15, blank=True, help_text="网格外取最小的区域")
    address = models.CharField("位置描述", max_length=200, blank=True)
    competent_code = models.CharField("主管部门代码", max_length=18, blank=True)
    competent = models.CharField("主管部门", max_length=80, blank=True)
    owner_code = models.CharField("权属单位代码", max_length=18, blank=True)
    owner = models.CharField("权属单位", max_length=80, blank=True)
    maintainer_code = models.CharField("养护单位代码", max_length=18, blank=True)
    maintainer = models.CharField("养护单位", max_length=80, blank=True)
    state = models.CharField("状态", max_length=8, choices=ThingState, default=ThingState.NORMAL)
    accuracy = models.CharField("定位精度", max_length=1, blank=True, help_text="A、B 或 C")
    data_source = models.CharField("数据来源", max_length=40, blank=True)
    attributes = models.JSONField("扩展属性", default=dict, blank=True)
    valid_from = models.DateField("初始日期")
    valid_to = models.DateField("变更日期", null=True, blank=True)
    remark = models.CharField("备注", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "部件"
        indexes = [
            models.Index(fields=["area_code", "matter_code"], name="registry_component_area"),
            GistIndex(fields=["point"], name="registry_component_point"),
            models.Index(fields=["matter_code"], name="registry_component_matter"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"


class Camera(models.Model):
    """A camera the platform may look through or receive alarms from."""

    code = CodeField("编号", max_length=40, unique=True)
    name = models.CharField("名称", max_length=120, blank=True)
    point = PointField(verbose_name="位置", null=True, blank=True, help_text="空为位置待核")
    grid_code = CodeField("单元网格", max_length=15, blank=True)
    area_code = CodeField("所在区域", max_length=15, blank=True, help_text="网格外取最小的区域")
    direction = models.FloatField("朝向（度）", null=True, blank=True)
    address = models.CharField("位置描述", max_length=200, blank=True)
    owner = models.CharField("权属单位", max_length=80, blank=True)
    state = models.CharField("状态", max_length=8, choices=ThingState, default=ThingState.NORMAL)
    attributes = models.JSONField("扩展属性", default=dict, blank=True)
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "摄像机"
        indexes = [
            models.Index(fields=["area_code"], name="registry_camera_area"),
            GistIndex(fields=["point"], name="registry_camera_point"),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class Device(models.Model):
    """A sensor or other connected device."""

    code = CodeField("编号", max_length=40, unique=True)
    kind = CodeField("类型代码", max_length=24)
    kind_name = models.CharField("类型", max_length=40)
    name = models.CharField("名称", max_length=120, blank=True)
    point = PointField(verbose_name="位置", null=True, blank=True, help_text="空为位置待核")
    grid_code = CodeField("单元网格", max_length=15, blank=True)
    area_code = CodeField("所在区域", max_length=15, blank=True, help_text="网格外取最小的区域")
    address = models.CharField("位置描述", max_length=200, blank=True)
    state = models.CharField("状态", max_length=8, choices=ThingState, default=ThingState.NORMAL)
    installed_at = models.DateTimeField("安装时间", null=True, blank=True)
    seen_at = models.DateTimeField("最近数据", null=True, blank=True)
    attributes = models.JSONField("扩展属性", default=dict, blank=True)
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "设备"
        indexes = [
            models.Index(fields=["area_code"], name="registry_device_area"),
            GistIndex(fields=["point"], name="registry_device_point"),
            models.Index(fields=["kind"], name="registry_device_kind"),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class Facility(models.Model):
    """A station of city work (设施站点): where waste is brought, people wash, vehicles stand."""

    code = CodeField("编号", max_length=40, unique=True)
    kind = models.CharField("类型", max_length=12, choices=FacilityKind)
    name = models.CharField("名称", max_length=120)
    point = PointField(verbose_name="位置", null=True, blank=True, help_text="空为位置待核")
    grid_code = CodeField("单元网格", max_length=15, blank=True)
    area_code = CodeField("所在区域", max_length=15, blank=True, help_text="网格外取最小的区域")
    address = models.CharField("位置描述", max_length=200, blank=True)
    owner = models.CharField("管理单位", max_length=80, blank=True)
    hours = models.CharField("开放时间", max_length=60, blank=True)
    capacity = models.CharField(
        "规模", max_length=60, blank=True, help_text="如 200 吨/日、12 蹲位"
    )
    state = models.CharField("状态", max_length=8, choices=ThingState, default=ThingState.NORMAL)
    attributes = models.JSONField("扩展属性", default=dict, blank=True)
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "设施站点"
        indexes = [
            models.Index(fields=["area_code"], name="registry_facility_area"),
            GistIndex(fields=["point"], name="registry_facility_point"),
        ]

    def __str__(self) -> str:
        return self.name
