"""Each kind of table, as cities hand it over."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
import xlsxwriter
from django.db import connection
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import Organisation
from chengguan.audit.models import Entry
from chengguan.core.worktime import Limit, LimitUnit
from chengguan.registry.domain.catalogue import matter, rule, rules_on, search
from chengguan.registry.domain.imports import apply, expire_runs
from chengguan.registry.domain.imports.faults import Unreadable
from chengguan.registry.domain.imports.files import reopen
from chengguan.registry.models import (
    Area,
    Component,
    Device,
    Duty,
    DutyGrid,
    FilingRule,
    ImportRun,
    Matter,
)

from .town import (
    LEFT,
    SOUTH,
    START,
    STEP,
    STREET,
    WEST,
    add_area,
    add_unit,
    bring_in,
    offer,
    square,
)

pytestmark = pytest.mark.django_db
NINE = [
    "大类代码",
    "大类名称",
    "小类代码",
    "小类名称",
    "处置单位",
    "主管部门",
    "立案条件",
    "结案条件",
    "处置时限",
]


def nine_columns() -> bytes:
    """A sheet as cities have it: a title, two merged classes, codes that lost their zeros."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet("事件")
    sheet.merge_range(0, 0, 0, 8, "某市立案、处置和结案标准")
    for column, head in enumerate(NINE):
        sheet.write(1, column, head)
    sheet.merge_range(2, 0, 5, 0, 6)
    sheet.merge_range(2, 1, 5, 1, "市容环境类")
    sheet.merge_range(2, 2, 4, 2, "001")
    sheet.merge_range(2, 3, 4, 3, "私搭乱建")
    sheet.merge_range(2, 4, 5, 4, "街道办事处")
    sheet.merge_range(2, 5, 5, 5, "城管局")
    for row, (condition, limit) in enumerate(
        [("正在搭建", "2紧急工作日"), ("已建成", "15天"), ("影响安全", "4小时")], start=2
    ):
        sheet.write(row, 6, condition)
        sheet.write(row, 7, "拆除")
        sheet.write(row, 8, limit)
    sheet.write(5, 2, 2)
    sheet.write(5, 3, "暴露垃圾")
    for column, value in ((6, "垃圾外露"), (7, "清除"), (8, "2工作时")):
        sheet.write(5, column, value)
    book.close()
    return buffer.getvalue()


def test_nine_columns_with_merged_cells(catalogue: None, keeper: Principal) -> None:
    run = offer("rules", nine_columns(), keeper, name="标准.xlsx", kind="事项", effective=START)
    assert (run.errors, run.rows, run.added) == ([], 4, 4)
    apply(run.pk, keeper)
    found = rules_on("matter", "06001", START)
    assert [(r.code, r.condition, r.limit) for r in found] == [
        ("M06001-01", "正在搭建", Limit(2, LimitUnit.URGENT_DAY)),
        ("M06001-02", "已建成", Limit(15, LimitUnit.WORK_DAY)),
        ("M06001-03", "影响安全", Limit(4, LimitUnit.WORK_HOUR)),
    ]
    assert {(r.responsible, r.competent) for r in found} == {("街道办事处", "城管局")}
    assert [r.condition for r in rules_on("matter", "06002", START)] == ["垃圾外露"]
    again = offer("rules", nine_columns(), keeper, kind="事项")
    assert (again.errors, again.added, again.changed, again.unchanged) == ([], 0, 0, 4)


def test_csv_with_empty_cells_filled_down(catalogue: None, keeper: Principal) -> None:
    text = ",".join(NINE) + "\n06,市容,001,私搭,街道,城管,一,拆,1天\n,,,,,,二,拆,2天\n"
    assert offer("rules", text, keeper, kind="matter").error_count == 1
    assert offer("rules", text, keeper, kind="matter", fill_down=True).added == 2


def test_a_changed_rule_is_a_new_version(catalogue: None, keeper: Principal) -> None:
    head = "小类代码,立案条件,处置时限,生效日期\n"
    bring_in("rules", head + "06001,已建成,15天,2020-01-01\n", keeper)
    old = FilingRule.objects.get()
    stale = offer("rules", head + "06001,已建成,10天,2020-01-01\n", keeper)
    assert "不晚于现行版本的起始日期 2020-01-01" in stale.errors[0]["message"]
    change = timezone.localdate() + timedelta(days=3)
    bring_in("rules", head + f"06001,已建成,10天,{change}\n", keeper)

    def limits(on: date) -> list[tuple[int, int]]:
        return [(r.version, int(r.limit.value)) for r in rules_on("matter", "06001", on)]

    assert [limits(d) for d in (START, change - timedelta(days=1), change, date(2999, 1, 1))] == [
        [(1, 15)],
        [(1, 15)],
        [(2, 10)],
        [(2, 10)],
    ]
    assert limits(START - timedelta(days=1)) == []
    assert rule(old.pk).valid_to == change - timedelta(days=1)
    entry = Entry.objects.get(action="registry.change", subject_type="registry.filingrule")
    assert (entry.subject_id, entry.detail["before"]["limit_text"]) == ("M06001-01", "15天")


def test_rule_faults(catalogue: None, keeper: Principal) -> None:
    head = "大类代码,小类代码,立案条件,处置时限\n"
    run = offer("rules", head + "06,001,甲,很快\n09,099,乙,1天\n01,001,丙,1天\n", keeper)
    assert [(e["row"], e["field"]) for e in run.errors] == [
        (2, "处置时限"),
        (3, "小类代码"),
        (4, "类别"),
    ]


def test_catalogue_of_both_standards_and_search(catalogue: None, keeper: Principal) -> None:
    bring_in(
        "catalogue",
        "类别,大类代码,大类名称,小类编码,小类名称\n事件,01,市容环境,01,私搭乱建（旧）\n部件,1,公用设施,2,污水井盖（旧）\n",
        keeper,
        effective=START,
    )
    legacy = matter("matter", "0101", on=START)
    assert legacy is not None
    assert (legacy.name, legacy.standard, legacy.major_code) == (
        "私搭乱建（旧）",
        "GB/T 30428.2-2013",
        "01",
    )
    modern = matter("matter", "01001", on=START)
    assert modern is not None
    assert modern.name == "供水井盖异常"
    assert matter("component", "0102", on=START) is not None
    assert matter("matter", "0101", on=START - timedelta(days=1)) is None
    bring_in(
        "rules", "小类代码,立案条件,处置时限\n06002,生活垃圾堆积,1天\n", keeper, effective=START
    )
    assert [m.name for m in search("私搭")] == ["私搭乱建", "私搭乱建（旧）"]
    assert [m.code for m in search("堆积 垃圾")] == ["06002"]
    assert [m.code for m in search("06001")] == ["06001"]
    assert search("不存在的词") == []
    assert [(m.kind, m.code) for m in search("供水井盖")] == [
        ("component", "01001"),
        ("matter", "01001"),
    ]


def test_components_are_put_into_their_grids(
    town: None, catalogue: None, keeper: Principal
) -> None:
    add_area(f"{LEFT}001", "一号", square(WEST, SOUTH))
    text = (
        "GLBJBSM,GLBJMC,X坐标,Y坐标,GLBJZT,CSRQ,QSDWMC\n"
        f"31011501001000001,供水井盖,{WEST + STEP / 2},{SOUTH + STEP / 2},完好,20260701,水务公司\n"
        f"31011501001000002,供水井盖,{WEST + STEP * 1.5},{SOUTH + STEP / 2},丢失,20260701,\n"
        f"31011501001000003,供水井盖,{WEST - 1},{SOUTH},完好,20260701,\n"
    )
    run = bring_in("components", text, keeper)
    assert [w["message"] for w in run.warnings] == ["有 1 个点不在任何已有区域内。"]
    found = Component.objects.order_by("code").values_list(
        "grid_code", "area_code", "state", "matter_code"
    )
    assert list(found) == [
        (f"{LEFT}001", f"{LEFT}001", "normal", "01001"),
        ("", "310115100002", "lost", "01001"),
        ("", "310115", "normal", "01001"),
    ]
    bad = offer("components", text.replace("01001000001", "99999000001"), keeper)
    assert bad.errors[0]["message"] == "目录中没有部件小类 99999。"


def test_devices_and_geojson_points(town: None, keeper: Principal) -> None:
    data = (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":2432,'
        '"sensorType":4,"sensorName":"微信开门","installationTime":"2019-02-14 09:41:10.098"},'
        f'"geometry":{{"type":"Point","coordinates":[{WEST + STEP / 2},{SOUTH + STEP / 2}]}}}}]}}'
    )
    bring_in("devices", data, keeper)
    device = Device.objects.get()
    assert (device.code, device.kind, device.kind_name, device.area_code) == (
        "2432",
        "4",
        "微信开门",
        LEFT,
    )
    assert device.installed_at is not None
    assert timezone.localtime(device.installed_at).hour == 9


def test_organisations_make_a_tree(db: None, keeper: Principal) -> None:
    head = "机构代码,机构名称,类别,层级,上级机构代码\n"
    bring_in(
        "organisations", head + "b,二队,承包单位,区（县）,a\na,城管局,专业部门,区（县）,\n", keeper
    )
    parent, child = Organisation.objects.get(code="a"), Organisation.objects.get(code="b")
    assert (parent.path, child.path, child.parent_id) == (
        f"/{parent.pk}/",
        f"/{parent.pk}/{child.pk}/",
        parent.pk,
    )
    assert _followed() == []
    add_unit("z")
    moved = bring_in("organisations", head + "a,城管局,专业部门,区（县）,z\n", keeper)
    assert moved.changed == 1
    child.refresh_from_db()
    root = Organisation.objects.get(code="z")
    assert child.path == f"/{root.pk}/{parent.pk}/{child.pk}/"
    # Rows that copied a path follow, whichever organisation it is of.
    assert _followed() == ["/", "/"]
    circle = offer(
        "organisations",
        head + "a,甲,专业部门,区（县）,b\nb,乙,专业部门,区（县）,a\nc,丙,专业部门,区（县）,无\n",
        keeper,
    )
    assert [(e["row"], e["message"]) for e in circle.errors] == [
        (2, "机构的上级绕回了自己。"),
        (3, "机构的上级绕回了自己。"),
        (4, "没有这个上级机构。"),
    ]


def _followed() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args->>'before' FROM procrastinate_jobs "
            "WHERE task_name = 'workflow.follow_organisation'"
        )
        return [before for (before,) in cursor.fetchall()]


def test_duties_by_name_or_code(town: None, catalogue: None, keeper: Principal) -> None:
    unit = add_unit("a", name="环卫所")
    head = "权责代码,单位,事项代码,区域代码,星期,开始,结束\n"
    text = head + f"d1,环卫所,06,{STREET},周一至周五,08:30,17:00\nd2,a,,{LEFT},,,\n"
    bring_in("duties", text, keeper, effective=START)
    duties = list(Duty.objects.order_by("code"))
    assert [(d.organisation_id, d.weekdays, d.version) for d in duties] == [
        (unit.pk, [1, 2, 3, 4, 5], 1),
        (unit.pk, [], 1),
    ]
    change = timezone.localdate() + timedelta(days=1)
    run = bring_in("duties", text.replace("08:30", "09:00"), keeper, effective=change)
    assert (run.added, run.changed, run.unchanged) == (0, 1, 1)
    assert list(
        Duty.objects.filter(code="d1").order_by("version").values_list("version", "valid_to")
    ) == [
        (1, timezone.localdate()),
        (2, None),
    ]
    bad = offer("duties", head + f"d3,无名,06,{STREET},,,\nd4,a,77,310199,星期八,,\n", keeper)
    assert [(e["row"], e["field"]) for e in bad.errors] == [(2, "单位"), (3, "星期")]
    bad = offer("duties", head + "d4,a,77,310199,,,\n", keeper)
    assert {e["field"] for e in bad.errors} == {"区域代码", "事项代码"}


def test_duty_grids(town: None, keeper: Principal) -> None:
    for n in (1, 2):
        add_area(f"{LEFT}{n:03d}", str(n), square(WEST + (n - 1) * STEP / 2, SOUTH, STEP / 2))
    head = "代码,名称,单元网格\n"
    bring_in("duty_grids", head + f"Z1,一片,{LEFT}001、{LEFT}002\n", keeper)
    assert (DutyGrid.objects.get().grids, DutyGrid.objects.get().area_code) == (
        [f"{LEFT}001", f"{LEFT}002"],
        LEFT,
    )
    bad = offer("duty_grids", head + f"Z2,二片,{LEFT}002\nZ3,三片,{LEFT}009\n", keeper)
    assert [(e["row"], e["message"]) for e in bad.errors] == [
        (2, "已属于责任网格 Z1。"),
        (3, "没有这个单元网格。"),
    ]


def test_columns_that_are_not_in_the_file_stay(town: None, keeper: Principal) -> None:
    before = Area.objects.get(code=LEFT)
    run = bring_in("areas", f"代码,名称\n{LEFT},改名社区\n", keeper)
    after = Area.objects.get(code=LEFT)
    assert (run.changed, after.name, after.geometry) == (1, "改名社区", before.geometry)
    entry = Entry.objects.get(action="registry.change")
    assert (entry.subject_type, entry.subject_id) == ("registry.area", LEFT)
    assert (entry.detail["before"], entry.detail["after"]) == (
        {"name": "左社区"},
        {"name": "改名社区"},
    )


def test_runs_expire_with_their_files(town: None, keeper: Principal) -> None:
    run = offer("areas", "代码,名称\n310115100003,三\n", keeper)
    assert expire_runs() == 0
    ImportRun.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert expire_runs() == 1
    with pytest.raises(Unreadable):
        reopen(run.sha256, "")


@pytest.mark.slow  # 620,000 rows are checked and written, as many as the country has villages
def test_six_hundred_thousand_villages(town: None, keeper: Principal, tmp_path: object) -> None:
    streets = [f"310115{n:03d}" for n in range(101, 722)]
    bring_in("areas", "code,name\n" + "".join(f"{code},街道{code}\n" for code in streets), keeper)
    villages = "".join(f"{s}{n:03d},村{s}{n}\n" for s in streets for n in range(1, 1000))
    run = bring_in("areas", "code,name\n" + villages, keeper)
    assert run.added == len(streets) * 999 == 620_379
    assert Area.objects.filter(level="community").count() == run.added + 2
    # One entry for the run, none for each row.
    assert Entry.objects.filter(action="registry.add").count() == len(streets)
    assert Matter.objects.count() == 0
