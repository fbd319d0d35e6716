"""Real bad input: each fault names row, field, value and mend, and nothing is written."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
import shapely
import xlsxwriter

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.models import Entry
from chengguan.core.coordinates import CRS, convert
from chengguan.core.errors import Conflict, Invalid, NotAllowed
from chengguan.registry.domain.imports import apply
from chengguan.registry.domain.imports.faults import KEPT
from chengguan.registry.models import Area, Camera, ImportRun

from .town import LEFT, SOUTH, STEP, STREET, WEST, holder, offer, square

pytestmark = pytest.mark.django_db
HEAD = "代码,名称\n"
METRE = 1e-5


def features(*pairs: tuple[str, Any]) -> bytes:
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"code": code, "name": code},
                    "geometry": shape
                    if isinstance(shape, dict)
                    else shapely.geometry.mapping(shape),
                }
                for code, shape in pairs
            ],
        }
    ).encode()


def only(run: ImportRun) -> dict[str, Any]:
    assert (run.status, run.error_count, len(run.errors)) == ("refused", 1, 1)
    found: dict[str, Any] = run.errors[0]
    assert found["mend"]
    return found


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "文件是空的。"),
        (b"\xef\xbb\xbf \r\n", "文件是空的。"),
        (HEAD.encode(), "只有表头，没有数据。"),
        (b"MZ\x90\x00\x03" + bytes(200), "这是程序文件，不是表格。"),
        (b"\xd0\xcf\x11\xe0" + bytes(200), "这是旧版 Excel（.xls）文件。"),
        (b"PK\x03\x04" + bytes(200), "XLSX 文件已损坏。"),
        (HEAD.encode("utf-16"), "文件是 UTF-16 编码。"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "这不是文本或表格文件。"),
        ("甲,乙\n1,2\n".encode(), "没有找到表头。"),
        (
            '代码,名称\n310115100003,"没有\n\n'.encode(),
            "第 2 行无法按 CSV 读取（unexpected end of data）。",
        ),
        (b'{"type":"FeatureCollection","features":[', "GeoJSON 第 1 行第 41 列有语法错误。"),
        (b'{"type":"FeatureCollection","features":[]}', "文件里没有要素。"),
        (b'{"type":"Polygon"}', "不是 GeoJSON 要素集合（FeatureCollection）。"),
    ],
)
def test_files_that_are_no_tables(town: None, keeper: Principal, data: bytes, message: str) -> None:
    run = offer("areas", data, keeper, name="表.xlsx")
    assert run.status == "refused"
    assert only(run)["message"] == message


def test_zip_that_is_no_workbook(town: None, keeper: Principal) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "x")
    assert (
        only(offer("areas", buffer.getvalue(), keeper))["message"] == "这是压缩包，不是 XLSX 表格。"
    )


def test_gb18030_is_found_out(town: None, keeper: Principal) -> None:
    run = offer("areas", (HEAD + "310115100003,三社区\n").encode("gb18030"), keeper)
    assert (run.status, run.encoding) == ("checked", "gb18030")
    assert (apply(run.pk, keeper).added, Area.objects.get(code="310115100003").name) == (
        1,
        "三社区",
    )


def test_utf8_with_mark(town: None, keeper: Principal) -> None:
    run = offer("areas", (HEAD + "310115100003,三社区\n").encode("utf-8-sig"), keeper)
    assert (run.status, run.encoding) == ("checked", "utf-8-sig")


def test_gb18030_with_a_broken_tail_names_the_line(town: None, keeper: Principal) -> None:
    data = (HEAD + "310115100003,三社区\n310115100004,四社").encode("gb18030") + b"\xc7"
    found = only(offer("areas", data, keeper))
    assert found["row"] == 3
    assert "按 GB18030 读到第 3 行" in found["message"]
    assert f"第 {len(data)} 字节" in found["message"]


def test_every_fault_is_said_with_row_field_value_and_mend(town: None, keeper: Principal) -> None:
    text = (
        "代码,名称,上级代码,备注\n"
        "310115100003,三社区,310115100,\n"
        "31011510000,少一位,,\n"
        "310115100004,,,\n"
        "310115100005,五社区,310115101,\n"
        "310115999001,孤儿,,\n"
        "310115100003,又三,,\n"
        f"310115100006,六,,{'长' * 201}\n"
        "3.10115E+11,科学,,\n"
    )
    run = offer("areas", text, keeper)
    said = [(e["row"], e["field"], e["value"][:12]) for e in run.errors]
    assert said == [
        (3, "区划代码", "31011510000"),
        (4, "名称", ""),
        (5, "上级代码", "310115101"),
        (6, "区划代码", "310115999001"),
        (7, "区划代码", "310115100003"),
        (8, "备注", "长" * 12),
        (9, "区划代码", "3.10115E+11"),
    ]
    assert run.errors[4]["message"] == "与第 2 行重复。"
    assert "文本" in run.errors[6]["mend"]
    assert all(error["mend"] for error in run.errors)
    assert (run.status, run.error_count, run.rows) == ("refused", 7, 8)
    with pytest.raises(Conflict):
        apply(run.pk, keeper)
    assert not Area.objects.filter(code="310115100003").exists()


def test_faults_are_counted_beyond_those_kept(town: None, keeper: Principal) -> None:
    text = HEAD + "".join(f"310115999{n % 1000:03d},n\n" for n in range(1_200))
    run = offer("areas", text, keeper)
    # 1,200 orphans and 200 doubles.
    assert (run.error_count, len(run.errors)) == (1_400, KEPT)


def test_columns_unknown_and_missing(town: None, keeper: Principal) -> None:
    run = offer("areas", "代码,颜色\n310115100003,红\n", keeper)
    assert only(run)["message"].startswith("缺少列：名称。")
    run = offer("areas", "代码,名称,颜色\n310115100003,三,红\n", keeper)
    assert run.status == "checked"
    assert run.warnings[0]["message"] == "不认识这些列，已忽略：颜色。"
    assert "两列都是区划代码" in only(offer("areas", "代码,code,名称\n1,1,1\n", keeper))["message"]
    wide = only(offer("areas", HEAD + "310115100003,三,社区\n", keeper))
    assert (wide["row"], wide["field"]) == (2, "整行")


def test_formulas_stay_text(town: None, keeper: Principal) -> None:
    run = offer("areas", HEAD + "310115100003,=1+1\n310115100004,'=1+1\n310115100005,@x\n", keeper)
    apply(run.pk, keeper)
    names = Area.objects.filter(code__gt="310115100002", level="community").order_by("code")
    assert list(names.values_list("name", flat=True)) == ["=1+1", "=1+1", "@x"]


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (
            shapely.Polygon(
                [(121.904, 30.9), (121.906, 30.902), (121.906, 30.9), (121.904, 30.902)]
            ),
            "边界自相交，在经度 121.905000，纬度 30.901000 处。",
        ),
        (
            {
                "type": "Polygon",
                "coordinates": [[[121.904, 30.9], [121.906, 30.9], [121.906, 30.902]]],
            },
            "边界环少于 4 个顶点。",
        ),
        (
            {
                "type": "Polygon",
                "coordinates": [
                    [[121.904, 30.9], [121.906, 30.9], [121.906, 30.902], [121.904, 30.902]]
                ],
            },
            "边界没有闭合，末点在经度 121.904000，纬度 30.902000。",
        ),
        ({"type": "Point", "coordinates": [121.904, 30.9]}, "边界是“Point”，不是面。"),
        (
            shapely.box(30.9, 121.904, 30.902, 121.906),
            "坐标 30.902000, 121.904000 的经纬度颠倒了。",
        ),
        (
            shapely.box(500_000, 3_400_000, 500_100, 3_400_100),
            "坐标 500100.00, 3400000.00 不是经纬度。",
        ),
    ],
)
def test_bad_boundaries(town: None, keeper: Principal, shape: Any, message: str) -> None:
    found = only(offer("areas", features(("310115100003", shape)), keeper, name="a.geojson"))
    assert (found["row"], found["field"], found["message"]) == (1, "边界", message)


def test_overlap_outside_and_gap_are_refused_with_place(town: None, keeper: Principal) -> None:
    over = square(WEST + STEP / 2, SOUTH)
    run = offer("areas", features(("310115100003", over)), keeper)
    assert run.errors[0]["message"].startswith("310115100001 与 310115100003 重叠")
    far = square(WEST + 5 * STEP, SOUTH)
    run = offer("areas", features(("310115100003", far)), keeper)
    assert "在上级 310115100 之外" in only(run)["message"]
    narrow = square(WEST, SOUTH, STEP - 3 * METRE)
    run = offer("grids", features((f"{LEFT}001", narrow)), keeper)
    found = only(run)
    assert found["message"].startswith(f"{LEFT} 内有")
    assert "在经度 121.90" in found["message"]
    fine = square(WEST, SOUTH, STEP - 0.5 * METRE)
    assert offer("grids", features((f"{LEFT}001", fine)), keeper).status == "checked"


def test_repair_on_import_keeps_the_drawing(town: None, keeper: Principal) -> None:
    Area.objects.filter(level="community").delete()
    left, right = square(WEST, SOUTH, STEP + 2 * METRE), square(WEST + STEP, SOUTH)
    data = features((LEFT, left), ("310115100002", right))
    assert offer("areas", data, keeper).error_count == 1
    run = offer("areas", data, keeper, repair=True)
    assert run.errors == []
    apply(run.pk, keeper)
    notes = Area.objects.filter(level="community", original__isnull=False).values_list(
        "repair", flat=True
    )
    assert [note.split("，")[1][:2] for note in notes.order_by("code")] == ["让出", "让出"]


def test_shifted_points_are_suspected(town: None, keeper: Principal) -> None:
    points = [(WEST + STEP * (0.1 + 0.08 * n), SOUTH + STEP / 2) for n in range(10)]
    shifted = [convert(*point, CRS.CGCS2000, CRS.GCJ02) for point in points]
    text = "编号,经度,纬度\n" + "".join(f"c{n},{x},{y}\n" for n, (x, y) in enumerate(shifted))
    run = offer("cameras", text, keeper, crs="WGS84")
    assert run.warnings[-1]["message"] == (
        "坐标系可能选错：按 CGCS2000（或 WGS84） 读，100% 的点不在任何已有区域内；按 GCJ-02（高德、腾讯） 读只有 0%。"
    )
    right = offer("cameras", text, keeper, crs="GCJ-02")
    assert right.warnings == []
    apply(right.pk, keeper)
    stored = Camera.objects.get(code="c0")
    assert stored.point == pytest.approx(points[0], abs=1e-7)
    assert stored.area_code == LEFT
    named = "编号,经度,纬度,单元网格\n" + "".join(
        f"c{n},{x},{y},{LEFT}001\n" for n, (x, y) in enumerate(points)
    )
    assert "网格与坐标不符" in offer("cameras", named, keeper).warnings[0]["message"]


def test_points_turned_round_or_missing(town: None, keeper: Principal) -> None:
    run = offer(
        "cameras", f"编号,经度,纬度\na,{SOUTH},{WEST - 40}\nb,,\nc,一,二\nd,500,30\n", keeper
    )
    assert [(e["row"], e["field"]) for e in run.errors] == [
        (2, "经度"),
        (3, "经度"),
        (4, "纬度"),
        (4, "经度"),
        (5, "经度"),
    ]
    assert "颠倒" in run.errors[0]["message"]


def test_out_of_ones_own_area(town: None) -> None:
    local = holder(Capability.EDIT_REGISTRY, area_code=STREET)
    run = offer("areas", HEAD + "310115100003,三\n310115101,别处\n", local)
    assert [(e["row"], e["message"]) for e in run.errors] == [(3, "不在您维护的区域内。")]
    with pytest.raises(NotAllowed):
        offer("rules", "x", local)


def test_stranger_and_wrong_options(town: None, keeper: Principal, stranger: Principal) -> None:
    with pytest.raises(NotAllowed):
        offer("areas", HEAD, stranger)
    assert Entry.objects.get().result == "refused"
    with pytest.raises(Invalid):
        offer("areas", HEAD, keeper, crs="火星")
    with pytest.raises(Invalid):
        offer("areas", HEAD, keeper, effective="明天")
    with pytest.raises(Invalid):
        offer("nothing", HEAD, keeper)
    run = offer("areas", HEAD + "310115100003,三\n", keeper)
    with pytest.raises(NotAllowed):
        apply(run.pk, stranger)


def test_apply_checks_again_and_only_once(town: None, keeper: Principal) -> None:
    run = offer("areas", HEAD + "310115100003,三\n", keeper)
    Area.objects.filter(code=STREET).delete()
    with pytest.raises(Conflict):
        apply(run.pk, keeper)
    run.refresh_from_db()
    assert (run.status, run.error_count) == ("refused", 1)
    run = offer("areas", HEAD + "310116,金山区\n", keeper)
    apply(run.pk, keeper)
    with pytest.raises(Conflict):
        apply(run.pk, keeper)


def test_excel_numbers_that_lost_digits(town: None, keeper: Principal) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    for column, value in enumerate(["部件标识码", "部件名称", "经度", "纬度"]):
        sheet.write(0, column, value)
    for column, cell in enumerate((31011501001000001, "井盖", WEST, SOUTH)):
        sheet.write(1, column, cell)
    book.close()
    found = only(offer("components", buffer.getvalue(), keeper))
    assert found["message"] == "代码被表格软件存成了数字，末几位已丢失。"
