"""Every registry keeps the contract of the recipe."""

from __future__ import annotations

from typing import Any

import factories
import pytest
from ui.recipe_contract import PlacedContract, RecipeContract

from chengguan.registry.models import Camera, Component, Device, DutyGrid, Matter

pytestmark = pytest.mark.django_db


class TestAreas(PlacedContract):
    resource_name, words = "AREAS", "爱丽丝里1"

    def make(self, number: int) -> Any:
        shape = factories.square(121.93, 30.90 + number / 1000, 0.001, 0.001)
        code = f"{factories.STREET}90{number}"
        return factories.area(code, f"爱丽丝里{number}", "community", shape)


class TestDutyGrids(RecipeContract):
    resource_name, words = "DUTY_GRIDS", "责一"

    def make(self, number: int) -> Any:
        return DutyGrid.objects.create(
            code=f"G{number}",
            name=("责一", "责二", "责三")[number - 1],
            grids=[f"{factories.STREET}001001"],
            area_code=f"{factories.STREET}001",
            valid_from=factories.SINCE,
        )


class TestMatters(RecipeContract):
    resource_name, words = "MATTERS", "乱堆1"

    def make(self, number: int) -> Any:
        return factories.matter(f"0190{number}", f"乱堆{number}")


class TestRules(RecipeContract):
    resource_name, words = "RULES", "条件一"

    def make(self, number: int) -> Any:
        of = Matter.objects.get(code="01001")
        words = ("条件一", "条件二", "条件三")[number - 1]
        return factories.rule(of, code=f"Z{number}", condition=words)


class TestComponents(PlacedContract):
    resource_name, words = "COMPONENTS", "井盖1"

    def make(self, number: int) -> Any:
        lon, lat = factories.inside(1, 0.2, number / 10)
        return Component.objects.create(
            code=f"3101150100100000{number}",
            name=f"井盖{number}",
            matter_code="01001",
            point=(lon, lat),
            area_code=f"{factories.STREET}001001",
            valid_from=factories.SINCE,
        )


class TestCameras(PlacedContract):
    resource_name, words = "CAMERAS", "球机1"

    def make(self, number: int) -> Any:
        return Camera.objects.create(
            code=f"CAM{number}",
            name=f"球机{number}",
            point=factories.inside(1, 0.2, number / 10),
            area_code=f"{factories.STREET}001001",
            valid_from=factories.SINCE,
        )


class TestDevices(PlacedContract):
    resource_name, words = "DEVICES", "水位计1"

    def make(self, number: int) -> Any:
        return Device.objects.create(
            code=f"DEV{number}",
            kind="water",
            kind_name="水位",
            name=f"水位计{number}",
            point=factories.inside(1, 0.2, number / 10),
            area_code=f"{factories.STREET}001001",
            valid_from=factories.SINCE,
        )


class TestOrganisations(RecipeContract):
    resource_name, words = "ORGANISATIONS", "市政所1"

    def make(self, number: int) -> Any:
        return factories.organisation(f"市政所{number}", code=f"Z{number}")


class TestDuties(RecipeContract):
    resource_name, words = "DUTIES", "单位一"

    def make(self, number: int) -> Any:
        unit = factories.organisation(("单位一", "单位二", "单位三")[number - 1])
        return factories.duty(unit, code=f"Z{number}")
