"""What goes out comes back unchanged, harmless to spreadsheets, seen by those who may."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.models import Entry
from chengguan.core.coordinates import CRS, convert
from chengguan.core.errors import Invalid, NotAllowed
from chengguan.registry import queries
from chengguan.registry.domain.exports import export
from chengguan.registry.models import Area, Camera, Duty

from .town import LEFT, RIGHT, SOUTH, START, STEP, STREET, WEST, add_unit, bring_in, holder, offer

pytestmark = pytest.mark.django_db
SEE = Capability.SEE_REGISTRY


def out(kind: str, fmt: str, who: Principal, **more: Any) -> bytes:
    return b"".join(export(kind, fmt, who, **more).chunks)


def fill(keeper: Principal) -> None:
    add_unit("a", name="环卫所")
    bring_in(
        "rules",
        "小类代码,立案条件,处置时限\n06001,-已建成,15天\n06002,堆积,2紧急工作时\n",
        keeper,
        effective=START,
    )
    bring_in(
        "duties",
        f"权责代码,单位,事项代码,区域代码,星期,开始,结束\nd1,a,06,{STREET},12345,08:30,17:00\n",
        keeper,
        effective=START,
    )
    bring_in(
        "cameras",
        f"编号,名称,经度,纬度,朝向\nc1,=HYPERLINK(1),{WEST + STEP / 2},{SOUTH + STEP / 2},-0\nc2,'=甲,{WEST + STEP * 1.5},{SOUTH + STEP / 2},90\n",
        keeper,
    )
    bring_in(
        "components",
        f"部件标识码,部件名称,经度,纬度\n31011501001000001,@井,{WEST + STEP / 2},{SOUTH + STEP / 2}\n",
        keeper,
    )
    bring_in(
        "facilities",
        f"编号,类型,名称,经度,纬度,规模\nf1,公厕,环湖路公厕,{WEST + STEP / 2},{SOUTH + STEP / 2},12 蹲位\n",
        keeper,
    )
    bring_in(
        "devices",
        f"编号,类型代码,类型,经度,纬度,安装时间\ne1,4,门,{WEST + STEP / 2},{SOUTH + STEP / 2},2019-02-14 09:41:10\n",
        keeper,
    )


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "kind",
    [
        "areas",
        "catalogue",
        "rules",
        "organisations",
        "duties",
        "cameras",
        "components",
        "devices",
        "facilities",
    ],
)
def test_round_trip(town: None, catalogue: None, keeper: Principal, kind: str, fmt: str) -> None:
    fill(keeper)
    run = offer(kind, out(kind, fmt, keeper), keeper, name=f"表.{fmt}")
    assert (run.errors, run.added, run.changed) == ([], 0, 0)
    assert run.unchanged > 0


@pytest.mark.parametrize("crs", list(CRS))
def test_round_trip_of_places(town: None, catalogue: None, keeper: Principal, crs: CRS) -> None:
    fill(keeper)
    run = offer("cameras", out("cameras", "geojson", keeper, crs=crs), keeper, crs=crs)
    assert run.errors == []
    assert (run.unchanged, run.changed) == (2, 0)
    areas = offer("areas", out("areas", "geojson", keeper), keeper)
    assert (areas.errors, areas.added, areas.changed, areas.unchanged) == ([], 0, 0, 3)


def test_formulas_are_neutralised_in_csv(town: None, catalogue: None, keeper: Principal) -> None:
    fill(keeper)
    rows = list(csv.DictReader(io.StringIO(out("cameras", "csv", keeper).decode("utf-8-sig"))))
    assert [row["名称"] for row in rows] == ["'=HYPERLINK(1)", "'=甲"]
    assert [row["朝向"] for row in rows] == ["-0.0", "90.0"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(out("cameras", "xlsx", keeper)))
    assert book.get_sheet_by_index(0).to_python()[1][1] == "=HYPERLINK(1)"


def test_another_coordinate_system(town: None, catalogue: None, keeper: Principal) -> None:
    fill(keeper)
    whole = json.loads(out("cameras", "geojson", keeper, crs=CRS.GCJ02))
    stored = Camera.objects.get(code="c1").point
    assert whole["features"][0]["geometry"]["coordinates"] == list(
        convert(stored[0], stored[1], CRS.CGCS2000, CRS.GCJ02)
    )


def test_only_the_last_version_goes_out(town: None, catalogue: None, keeper: Principal) -> None:
    fill(keeper)
    Duty.objects.create(
        code="d1",
        version=2,
        organisation_id=Duty.objects.get().organisation_id,
        area_code=LEFT,
        valid_from=START,
    )
    assert out("duties", "csv", keeper).decode().count("d1,") == 1


def test_export_is_audited_and_scoped(town: None, keeper: Principal, stranger: Principal) -> None:
    with pytest.raises(NotAllowed):
        export("areas", "csv", stranger)
    local = holder(SEE, area_code=LEFT)
    lines = out("areas", "csv", local).decode().splitlines()
    assert len(lines) == 2
    entry = Entry.objects.get(action="registry.export")
    assert (entry.subject_type, entry.detail) == (
        "registry.area",
        {"kind": "areas", "format": "csv", "rows": 1, "crs": "CGCS2000"},
    )
    for kind, fmt in (("areas", "pdf"), ("people", "csv"), ("rules", "geojson")):
        with pytest.raises(Invalid):
            export(kind, fmt, keeper)


def test_empty_export_is_a_head_or_an_empty_collection(db: None, keeper: Principal) -> None:
    assert len(out("cameras", "csv", keeper).decode().splitlines()) == 1
    assert json.loads(out("cameras", "geojson", keeper))["features"] == []


ALL = [getattr(queries, name) for name in dir(queries) if name.endswith("_visible_to")]


@pytest.mark.parametrize("visible", ALL)
def test_a_stranger_sees_nothing(
    town: None, catalogue: None, keeper: Principal, stranger: Principal, visible: Any
) -> None:
    fill(keeper)
    assert list(visible(stranger)) == []
    assert list(visible(Principal.nobody())) == []


def test_scope_by_area(town: None, catalogue: None, keeper: Principal) -> None:
    fill(keeper)
    local = holder(SEE, area_code=RIGHT)
    assert [area.code for area in queries.areas_visible_to(local)] == [RIGHT]
    assert [camera.code for camera in queries.cameras_visible_to(local)] == ["c2"]
    # The street's duty holds in its communities too; the catalogue is for all.
    assert [duty.code for duty in queries.duties_visible_to(local)] == ["d1"]
    assert queries.matters_visible_to(local).count() == 4
    assert list(queries.imports_visible_to(local)) == []
    assert queries.imports_visible_to(keeper).count() == 6
    both = holder(SEE, area_code="")
    assert queries.areas_visible_to(both).count() == Area.objects.count()


@pytest.mark.parametrize("names", [("c1",), ("c1", "c2", "c3")])
def test_an_export_asks_the_same_for_one_and_three(
    town: None, keeper: Principal, names: tuple[str, ...]
) -> None:
    text = "编号,经度,纬度\n" + "".join(f"{name},{WEST},{SOUTH}\n" for name in names)
    bring_in("cameras", text, keeper)
    with CaptureQueriesContext(connection) as asked:
        out("cameras", "csv", keeper)
    # Count, audit entry, rows; now and then a block of ids.
    assert len([q for q in asked if "nextval" not in q["sql"]]) == 3
