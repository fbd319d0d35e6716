"""Roster files in two steps: each fault names row, field and mend; round trip; all or nothing."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import factories
import pytest
import time_machine
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from page_clients import signed_in

from chengguan.command.models import Assignment
from chengguan.command.roster.domain.rules import apply_rule
from chengguan.command.roster.tables import HEADS, Check, apply, check
from chengguan.core.errors import NotAllowed
from chengguan.registry.domain.imports.files import Kept, keep
from command.roster.duty_city import DutyCity, at, duty_city, rotation

pytestmark = pytest.mark.django_db
WEST = f"{factories.STREET}001"
HEAD = ",".join(HEADS)
GOOD = f"2026-06-01,早班,采集员,{WEST},team1,甲一"


@pytest.fixture
def duty(settings: Any, tmp_path: Path) -> DutyCity:
    settings.MEDIA_ROOT = tmp_path
    return duty_city()


@pytest.fixture(autouse=True)
def _now() -> object:
    with time_machine.travel(at(31, 13, month=5), tick=True):
        yield


def kept(*lines: str, encoding: str = "utf-8") -> Kept:
    content = "\n".join((HEAD, *lines)).encode(encoding)
    return keep(io.BytesIO(content), "班表.csv")


def checked(duty: DutyCity, *lines: str, **given: Any) -> Check:
    return check(duty.keeping, duty.city.centre, kept(*lines, **given))


def faults(found: Check) -> list[tuple[int, str]]:
    return [(fault.row, fault.field) for fault in found.faults.kept]


def test_each_fault_names_row_and_field_and_nothing_is_written(duty: DutyCity) -> None:
    found = checked(
        duty,
        GOOD,
        GOOD,
        f"2026-06-01,晚班,采集员,{WEST},team2,乙二",
        f"2026-06-01,早班,采集员,{WEST},nobody,",
        f"2026-06-01,早班,飞行员,{WEST},team2,乙二",
        "2026-06-01,早班,采集员,999999,team3,丙三",
        f"2026-06-01,早班,采集员,{WEST},team4,丁五",
        f"2026-02-30,早班,采集员,{WEST},team4,丁四",
        f"2026-05-01,早班,采集员,{WEST},team4,丁四",
        f'2026-06-02,早班,采集员,{WEST},"=A1",丁四',
    )

    assert sorted(faults(found)) == [
        (3, "整行"), (4, "班次"), (5, "账号"), (6, "岗位"), (7, "区域代码"), (8, "姓名"),
        (9, "日期"), (10, "日期"), (11, "账号"),
    ]  # fmt: skip
    assert all(fault.mend for fault in found.faults.kept)
    assert not apply(duty.keeping, duty.city.centre, kept(GOOD, GOOD)).good
    assert Assignment.objects.count() == 0


def test_gb18030_is_read_and_what_is_no_text_is_told(duty: DutyCity) -> None:
    assert checked(duty, GOOD, encoding="gb18030").good
    wrong = check(
        duty.keeping,
        duty.city.centre,
        keep(io.BytesIO(b"\xff\xfe" + GOOD.encode("utf-16le")), "a.csv"),
    )
    assert "UTF-16" in wrong.faults.kept[0].message
    heads = keep(io.BytesIO("甲,乙\n1,2".encode()), "b.csv")
    assert not check(duty.keeping, duty.city.centre, heads).good


def test_overlaps_with_what_is_planned_are_refused_and_the_same_is_left(duty: DutyCity) -> None:
    assert len(apply(duty.keeping, duty.city.centre, kept(GOOD)).new) == 1
    again = checked(duty, GOOD)
    assert (again.good, again.unchanged, again.new) == (True, 1, [])
    other = checked(duty, f"2026-06-01,早班,采集员,{factories.STREET}002,team1,甲一")
    assert faults(other) == [(2, "整行")]


def test_only_the_units_keeper_imports(duty: DutyCity) -> None:
    with pytest.raises(NotAllowed):
        check(duty.keeping, duty.city.unit, kept(GOOD))
    with pytest.raises(NotAllowed):
        check(duty.city.principal("collector"), duty.city.centre, kept(GOOD))


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_comes_back_as_it_went(duty: DutyCity, form: str) -> None:
    apply_rule(duty.keeping, rotation(duty), date(2026, 6, 1), date(2026, 6, 7))
    columns = ("user_id", "post", "area_code", "starts_at", "ends_at", "shift_code", "period")
    before = list(Assignment.objects.order_by("starts_at").values_list(*columns))
    client = signed_in(duty.keeper)
    sent = client.get(f"/roster/export.{form}?first=2026-06-01")
    assert sent.status_code == 200
    Assignment.objects.all().delete()
    file = SimpleUploadedFile(f"班表.{form}", sent.content)
    page = client.post("/roster/import/", {"organisation": duty.city.centre.pk, "file": file})
    assert page.status_code == 200
    assert Assignment.objects.count() == 0
    sha256 = page.context["kept"].sha256
    done = client.post(
        "/roster/import/apply/",
        {"organisation": duty.city.centre.pk, "sha256": sha256, "name": "班表"},
    )
    assert done.status_code == 302
    assert list(Assignment.objects.order_by("starts_at").values_list(*columns)) == before


def test_a_formula_in_a_workbook_without_its_value_is_told(duty: DutyCity) -> None:
    place = io.BytesIO()
    book = xlsxwriter.Workbook(place)
    sheet = book.add_worksheet()
    for column, (head, cell) in enumerate(zip(HEADS, GOOD.split(","), strict=True)):
        sheet.write_string(0, column, head)
        if column == 4:
            sheet.write_formula(1, column, '="team1"', value="")
        else:
            sheet.write_string(1, column, cell)
    book.close()
    place.seek(0)
    found = check(duty.keeping, duty.city.centre, keep(place, "班表.xlsx"))

    assert faults(found) == [(2, "账号")]


def test_the_template_holds_the_heads(duty: DutyCity) -> None:
    sent = signed_in(duty.keeper).get("/roster/template.csv").content.decode("utf-8-sig")
    assert sent.strip() == HEAD
