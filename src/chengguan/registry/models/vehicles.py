"""Vehicles (作业车辆) that do the city's works. Where one is, is told by `telemetry`, not here."""

from __future__ import annotations

from django.db import models

from chengguan.store.fields import CodeField

from ..enums import VehicleKind, VehicleState


class Vehicle(models.Model):
    """A vehicle of an organisation; its number plate is the organisation's, and names no driver."""

    code = CodeField("编号", max_length=40, unique=True)
    plate = models.CharField("号牌", max_length=12, blank=True)
    kind = models.CharField("类型", max_length=12, choices=VehicleKind)
    owner = models.CharField("使用单位", max_length=80, blank=True)
    area_code = CodeField("作业区域", max_length=15, help_text="区划代码")
    state = models.CharField(
        "状态", max_length=8, choices=VehicleState, default=VehicleState.IN_USE
    )
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "作业车辆"
        indexes = [models.Index(fields=["area_code"], name="registry_vehicle_area")]

    def __str__(self) -> str:
        return self.plate or self.code
