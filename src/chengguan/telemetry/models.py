"""Where vehicles are and were; no row names a driver."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from chengguan.registry.models import Vehicle
from chengguan.store.fields import CodeField, PointField


class Latest(models.Model):
    """The newest position of a vehicle, by its own clock; one row a vehicle."""

    vehicle: ClassVar[models.OneToOneField[Vehicle, Vehicle]] = models.OneToOneField(
        Vehicle, models.PROTECT, primary_key=True, related_name="latest", verbose_name="车辆"
    )
    at = models.DateTimeField("时间")
    point = PointField(verbose_name="位置")
    area_code = CodeField("所在区域", max_length=15)
    speed = models.FloatField("速度（千米/时）", null=True)
    heading = models.FloatField("方向（度）", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "车辆当前位置"
        indexes = [models.Index(fields=["area_code"], name="telemetry_latest_area")]

    def __str__(self) -> str:
        return f"{self.vehicle_id} {self.at:%F %T}"


class Position(models.Model):
    """One position that was sent; kept for `domain.pruning.KEPT_DAYS` days."""

    pk = models.CompositePrimaryKey("vehicle_id", "at")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="+", verbose_name="车辆")
    at = models.DateTimeField("时间")
    point = PointField(verbose_name="位置")
    speed = models.FloatField("速度（千米/时）", null=True)
    heading = models.FloatField("方向（度）", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "车辆历史位置"
        indexes = [models.Index(fields=["at"], name="telemetry_position_at")]

    def __str__(self) -> str:
        return f"{self.vehicle_id} {self.at:%F %T}"
