"""Areas from province to unit grid, and duty grids made of unit grids."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from chengguan.store.fields import CodeField, PointField

from ..enums import AreaLevel


class Area(models.Model):
    """One node of the area tree; the code carries the tree (2, 4, 6, 9, 12, 15 digits).

    `geometry` is a GeoJSON Polygon or MultiPolygon in CGCS2000 degrees, closed, without overlaps
    among siblings. `original` keeps the geometry as it came where a repair changed it.
    """

    code = CodeField("区划代码", max_length=15, unique=True)
    name = models.CharField("名称", max_length=60)
    level = models.CharField("级别", max_length=10, choices=AreaLevel)
    parent_code = CodeField("上级代码", max_length=15, blank=True)
    geometry = models.JSONField("边界", null=True, blank=True)
    original = models.JSONField("原始边界", null=True, blank=True)
    repair = models.CharField("修复说明", max_length=200, blank=True)
    bbox = ArrayField(models.FloatField(), size=4, verbose_name="外接矩形", null=True, blank=True)
    centre = PointField(verbose_name="中心点", null=True, blank=True)
    area_m2 = models.FloatField("面积（平方米）", null=True, blank=True)
    reserved = models.BooleanField("保留码段", default=False, help_text="没有公布代码，用保留码")
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)
    remark = models.CharField("备注", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "区域"
        indexes = [
            models.Index(fields=["parent_code"], name="registry_area_parent"),
            models.Index(fields=["level", "code"], name="registry_area_level"),
        ]

    def __str__(self) -> str:
        return self.name


class DutyGrid(models.Model):
    """责任网格: a set of unit grids with one name, for collectors, chiefs or evaluation."""

    code = CodeField("代码", max_length=24, unique=True)
    name = models.CharField("名称", max_length=60)
    kind = models.CharField("用途", max_length=20, default="duty")
    grids = ArrayField(models.CharField(max_length=15), verbose_name="单元网格", default=list)
    area_code = CodeField("所在区域", max_length=15, blank=True, help_text="各单元网格共同的区域")
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "责任网格"

    def __str__(self) -> str:
        return self.name
