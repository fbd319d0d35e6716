"""A plan from file to report: owners found, orders in sequence, drills apart, gaps shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile

import factories
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from page_clients import statements

from chengguan.command.models import Order, PlanTemplate, Receipt
from chengguan.command.orders.domain import receiving
from chengguan.command.orders.queries import figures_by_kind
from chengguan.command.plans import queries
from chengguan.command.plans.domain.keeping import keep_plan, read_file
from chengguan.command.plans.domain.starting import start_plan
from chengguan.command.plans.domain.template import Head, Names, of_content, read_toml
from chengguan.command.plans.report import report_of, score_of
from chengguan.config import paths
from chengguan.core.errors import Conflict, Invalid, NotAllowed
from chengguan.programmes.domain import act, assign_item, close
from chengguan.programmes.enums import ItemVerb
from chengguan.programmes.models import Programme

from ..staff import who

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

Signed = Callable[[str], "Client"]

PLAN = """
code = "baoyu"
name = "暴雨"
[[task]]
key = "1"
title = "排查"
[[task]]
key = "1.1"
parent = "1"
title = "西片排查"
owner = {{ unit = "{unit}" }}
minutes = 20
checklist = ["看水尺"]
[[task]]
key = "1.2"
parent = "1"
title = "片长巡查"
owner = {{ post = "area_chief" }}
levels = ["I"]
[[task]]
key = "2"
title = "封控"
owner = {{ unit = "绿化所" }}
requires = ["1"]
minutes = 40
[[task]]
key = "3"
title = "无人岗位"
owner = {{ post = "keeper2" }}
requires = ["2"]
"""


@pytest.fixture
def plan(city: City) -> PlanTemplate:
    factories.post("keeper2", "registry.see", name="空岗")
    text = PLAN.format(unit=city.unit.code).encode()
    head, tasks = read_file("plan.toml", text, Head("", ""))
    return keep_plan(who(city, "commander"), head, tasks, area_code=factories.DISTRICT)


def _start(city: City, plan: PlanTemplate, code: str = "commander", **more: object) -> Programme:
    given: dict[str, object] = {"level": "IV", "drill": False, **more}
    return start_plan(who(city, code), plan.pk, **given)  # type: ignore[arg-type]


def _answer(city: City, code: str, title: str, *verbs: str) -> None:
    receipt = Receipt.objects.get(order__title=title, withdrawn_at=None)
    for verb in verbs:
        getattr(receiving, verb)(who(city, code), receipt.pk)


def _states(run: Programme) -> dict[str, str]:
    return dict(run.items.values_list("title", "state"))


def test_orders_go_out_in_the_order_of_prerequisites(city: City, plan: PlanTemplate) -> None:
    run = _start(city, plan)
    assert list(Order.objects.values_list("title", flat=True)) == ["西片排查"]
    assert "□ 看水尺" in Order.objects.get().text
    _answer(city, "unit2", "西片排查", "accept", "arrive")
    assert _states(run)["西片排查"] == "arrived"
    assert not Order.objects.filter(title="封控").exists()
    _answer(city, "unit", "西片排查", "finish")
    assert _states(run) == {
        "排查": "done",
        "西片排查": "done",
        "封控": "open",
        "无人岗位": "waiting",
    }
    order = Order.objects.get(title="封控")
    assert (order.sender_name, order.drill) == ("华指挥", False)
    assert order.due_at == run.started_at + timedelta(minutes=40)


def test_a_level_brings_its_own_tasks(city: City, plan: PlanTemplate) -> None:
    _start(city, plan, level="I")
    receipts = Receipt.objects.values_list("name", "order__title")
    assert sorted(receipts) == [("环卫所", "西片排查"), ("西片长", "片长巡查")]


def test_a_refusal_leaves_a_gap_that_is_filled(city: City, plan: PlanTemplate) -> None:
    run = _start(city, plan)
    receipt = Receipt.objects.get()
    receiving.refuse(who(city, "unit"), receipt.pk, "车坏了")
    item = run.items.get(title="西片排查")
    assert item.gap == "环卫所不能执行：车坏了"
    other = city.other_unit
    assign_item(
        who(city, "commander"),
        item.pk,
        owner_id=None,
        unit_id=other.pk,
        name=other.name,
        at=timezone.now(),
    )
    assert Receipt.objects.filter(order__title="西片排查").latest("pk").name == "绿化所"


def test_a_task_without_owner_is_a_gap_and_the_rest_goes_on(city: City, plan: PlanTemplate) -> None:
    run = _start(city, plan)
    gap = run.items.get(title="无人岗位")
    assert "没有在岗位" in gap.gap
    leader, now = who(city, "commander"), timezone.now()
    for title in ("西片排查", "封控", "无人岗位"):
        act(leader, run.items.get(title=title).pk, ItemVerb.FINISH, now)
    assert set(_states(run).values()) == {"done"}
    # What was finished on the board is taken back from whoever had the order.
    assert not Receipt.objects.filter(done_at=None, withdrawn_at=None).exists()


def test_the_end_takes_open_orders_back(city: City, plan: PlanTemplate) -> None:
    run = _start(city, plan)
    close(who(city, "commander"), run.pk, "雨停", timezone.now())
    assert Order.objects.get().withdrawn_reason == "应急响应已结束"
    with pytest.raises(Conflict):
        _ = receiving.accept(who(city, "unit"), Receipt.objects.get().pk)


def test_a_drill_is_in_no_real_count(city: City, plan: PlanTemplate) -> None:
    commander, now = who(city, "commander"), timezone.now()
    before = (queries.run_counts(commander), figures_by_kind(commander, now))
    run = _start(city, plan, drill=True)
    _answer(city, "unit", "西片排查", "accept", "arrive", "finish")
    assert Order.objects.filter(drill=False).count() == 0
    counts = queries.run_counts(commander)
    assert {**counts, "drills": 0} == before[0]
    assert counts["drills"] == 1
    assert figures_by_kind(commander, now) == before[1] == []
    assert queries.run_list(commander, now, drill=False) == []
    report = report_of(run)
    # One task of three is done in time and quick; two of three have an owner.
    assert (report.done, report.in_time, report.quick, report.owned) == (1, 1, 1, 2)
    assert report.score == round((30 + 50 + 20 * 2) / 3)
    real = _start(city, plan)
    assert report_of(real).score is None


def test_scores_lie_between_nothing_and_hundred() -> None:
    assert (score_of(0, 0, 0, 0), score_of(4, 4, 4, 4), score_of(4, 0, 0, 0)) == (0, 100, 0)


def test_who_may_start(city: City, plan: PlanTemplate) -> None:
    _start(city, plan, "officer", drill=True)
    with pytest.raises(NotAllowed, match="只能启动演练"):
        _start(city, plan, "officer")
    for code in ("away", "acceptor"):
        with pytest.raises(NotAllowed):
            _start(city, plan, code, drill=True)
    with pytest.raises(NotAllowed):
        keep_plan(who(city, "officer"), Head("x", "x"), [], area_code=factories.DISTRICT)


def test_a_used_version_is_frozen(city: City, plan: PlanTemplate) -> None:
    tasks = of_content(plan.content)
    head = Head(plan.code, "暴雨（改）")
    commander = who(city, "commander")
    same = keep_plan(commander, head, tasks, area_code=factories.DISTRICT)
    assert (same.pk, same.version) == (plan.pk, 1)
    _start(city, plan, drill=True)
    later = keep_plan(commander, head, tasks[:1], area_code=factories.DISTRICT)
    assert later.version == 2
    assert of_content(PlanTemplate.objects.get(pk=plan.pk).content) == tasks
    assert [one.version for one in queries.newest_plans(commander)] == [2]


def test_every_faulty_row_is_named() -> None:
    text = """
code = "x"
name = "x"
[[task]]
key = "1"
title = "甲"
owner = "单位:没有这个"
[[task]]
key = "2"
title = "乙"
owner = "unit:U"
minutes = "二十"
[[task]]
key = "2"
title = "丙"
owner = "unit:U"
levels = ["V"]
"""
    with pytest.raises(Invalid) as fault:
        read_toml(text, Names({"U": "U"}, {}))
    assert [one.row for one in (fault.value, *fault.value.also)] == [1, 2, 3]
    ring = """
[[task]]
key = "1"
title = "甲"
owner = "unit:U"
requires = ["2"]
[[task]]
key = "2"
title = "乙"
owner = "unit:U"
requires = ["1"]
"""
    with pytest.raises(Invalid, match="互为前置"):
        read_toml(ring, Names({"U": "U"}, {}))


def test_the_shipped_plans_can_be_read() -> None:
    files = sorted((paths.ROOT / "data" / "demo" / "plans").glob("*.toml"))
    assert len(files) == 3
    codes = (
        "MUNICIPAL",
        "ENFORCE",
        "GREEN",
        "WATER",
        "EMERGENCY",
        "STREETOFF",
        "SANITATION",
        "TRAFFIC",
    )
    units = {code: code for code in codes}
    posts = {code: code for code in ("commander", "shift_lead")}
    for file in files:
        head, tasks = read_toml(file.read_text("utf-8"), Names(units, posts))
        assert head.basis
        assert len(tasks) >= 8


def test_the_table_goes_out_and_comes_back(city: City, plan: PlanTemplate, signed: Signed) -> None:
    commander = signed("commander")
    answer = commander.get(reverse("command:plans-table", args=[plan.pk]))
    _, tasks = read_file("x.xlsx", answer.content, Head("baoyu", "暴雨"))
    assert tasks == of_content(plan.content)
    upload = SimpleUploadedFile("x.xlsx", answer.content)
    again = commander.post(
        reverse("command:plans-import"), {"file": upload, "code": "baoyu-2", "name": "暴雨二"}
    )
    kept = PlanTemplate.objects.get(code="baoyu-2")
    assert again["Location"] == reverse("command:plans-plan", args=[kept.pk])
    bad = commander.post(
        reverse("command:plans-import"), {"file": SimpleUploadedFile("x.xlsx", b"no")}
    )
    assert bad.status_code == 422


def test_one_press_and_the_board(city: City, plan: PlanTemplate, signed: Signed) -> None:
    commander = signed("commander")
    page = commander.get(reverse("command:plans-plan", args=[plan.pk])).content.decode()
    assert "空缺" in page
    answer = commander.post(
        reverse("command:plans-plan", args=[plan.pk]), {"level": "IV", "mode": "drill"}
    )
    run = Programme.objects.get()
    assert answer["Location"] == reverse("command:plans-run", args=[run.pk])
    board = commander.get(answer["Location"]).content.decode()
    assert "不计入真实统计" in board
    item = run.items.get(title="西片排查")
    assert commander.get(reverse("command:plans-assign", args=[run.pk, item.pk])).status_code == 200
    commander.post(reverse("command:plans-act", args=[run.pk, item.pk, "finish"]))
    commander.post(reverse("command:plans-note", args=[run.pk]), {"note": "雨势减弱"})
    commander.post(reverse("command:plans-end", args=[run.pk]), {"outcome": "演练结束"})
    report = commander.get(reverse("command:plans-report", args=[run.pk])).content.decode()
    assert "演练评分" in report
    for code, status in (("away", 404), ("acceptor", 404)):
        assert signed(code).get(answer["Location"]).status_code == status
    assert signed("acceptor").get(reverse("command:plans")).status_code == 403
    assert not signed("away").get(reverse("command:plans")).context["runs"]


def test_lists_ask_the_same_for_one_and_three(
    city: City, plan: PlanTemplate, signed: Signed
) -> None:
    run = _start(city, plan, drill=True)
    commander = signed("commander")
    urls = [reverse("command:plans"), reverse("command:plans-run", args=[run.pk])]
    first = [statements(commander, url) for url in urls]
    _start(city, plan)
    _start(city, plan, level="I")
    assert [statements(commander, url) for url in urls] == first


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = " + "[" * 5000, "嵌套太深"),
        ("a = " + "9" * 5000, "写不下的数"),
        ('code = "x"\nname = "\\u0000"', "空字符"),
        ('code = "x"\nname = "y"\n[[task]]\nkey = "1"\ntitle = "t"\nminutes = ' + "9" * 4000, "分钟"),
        ('code = "a\\"b"\nname = "y"\n[[task]]\nkey = "1"\ntitle = "t"\nowner = {post = "unit"}', "代码"),
    ],
)  # fmt: skip
def test_a_file_that_means_harm_is_told(
    city: City, plan: PlanTemplate, signed: Signed, text: str, said: str
) -> None:
    sent = {"file": SimpleUploadedFile("plan.toml", text.encode()), "code": "", "name": ""}
    answer = signed("commander").post(reverse("command:plans-import"), sent)
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert PlanTemplate.objects.count() == 1


def test_a_small_workbook_that_is_large_unpacked_is_not_opened() -> None:
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * (40 * 1024 * 1024))
    assert len(packed.getvalue()) < 100_000
    with pytest.raises(Invalid, match="展开后超过 32 MB"):
        read_file("plan.xlsx", packed.getvalue(), Head("x", "x"))
