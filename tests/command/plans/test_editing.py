"""A plan is written and changed on a page: rows typed, moved, told of their faults, kept as versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import factories
import pytest
from django.urls import reverse
from page_clients import signed_in, statements

from chengguan.command.models import PlanTemplate
from chengguan.command.plans.domain import editing
from chengguan.command.plans.domain.keeping import keep_plan, read_file
from chengguan.command.plans.domain.starting import start_plan
from chengguan.command.plans.domain.template import Head, of_content
from chengguan.core.errors import Conflict

from ..staff import who
from .test_plans import PLAN

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

pytestmark = pytest.mark.django_db
ROWS = [
    ["1", "", "排查", "", "", "", "", "", ""],
    ["", "1", "西片排查", "单位:环卫所", "20", "", "", "看水尺；拍照", "先低洼处"],
    ["2", "", "封控", "单位:绿化所", "40", "1", "I、II", "", ""],
]


@pytest.fixture
def commander(city: City) -> Client:
    return signed_in(city.people["commander"])


def typed(rows: list[list[str]], **more: Any) -> dict[str, Any]:
    cells = {
        f"{column}-{number}": cell
        for number, row in enumerate(rows, 1)
        for column, cell in enumerate(row)
    }
    return {
        "rows": str(len(rows)),
        "code": "fangtai",
        "name": "防台",
        "do": "save",
        **cells,
        **more,
    }


def test_a_plan_is_written_and_read_as_the_table_would_be(city: City, commander: Client) -> None:
    page = commander.get(reverse("command:plans-new"))
    assert (page.status_code, len(page.context["lines"])) == (200, 10)
    answer = commander.post(reverse("command:plans-new"), typed(ROWS, basis="条例第九条"))
    kept = PlanTemplate.objects.get(code="fangtai")
    assert answer["Location"] == reverse("command:plans-plan", args=[kept.pk])
    first, second, third = of_content(kept.content)
    assert (kept.version, kept.basis, first.key, second.key) == (1, "条例第九条", "1", "1.1")
    assert (second.parent, second.owner, second.minutes) == ("1", "unit", 20)
    assert (second.checklist, second.say) == (("看水尺", "拍照"), "先低洼处")
    assert (third.requires, third.levels) == (("1",), ("I", "II"))
    # What is kept comes back as it can be typed.
    back = commander.get(reverse("command:plans-edit", args=[kept.pk])).context["lines"]
    assert [line.cells for line in back[:3]] == [ROWS[0], ["1.1", *ROWS[1][1:]], ROWS[2]]
    assert [line.depth for line in back[:3]] == [0, 1, 0]


def test_every_fault_is_told_at_its_row_and_nothing_is_kept(city: City, commander: Client) -> None:
    wrong = [
        ["1", "", "排查", "单位:没有这家", "", "", "", "", ""],
        ["1", "", "", "单位:环卫所", "", "", "", "", ""],
        ["3", "", "封控", "单位:环卫所", "x", "", "", "", ""],
    ]
    answer = commander.post(reverse("command:plans-new"), typed(wrong))
    faults = {line.number: line.faults for line in answer.context["lines"] if line.faults}
    assert (answer.status_code, sorted(faults)) == (422, [1, 2, 3])
    assert 'value="单位:没有这家"' in answer.content.decode()
    unknown = commander.post(
        reverse("command:plans-new"), typed([["1", "", "a", "单位:环卫所", "", "9", "", "", ""]])
    )
    assert unknown.status_code == 422
    nameless = commander.post(reverse("command:plans-new"), typed(ROWS, name="", code="A B"))
    assert (nameless.status_code, len(nameless.context["form"].errors)) == (422, 2)
    assert not PlanTemplate.objects.filter(code="fangtai").exists()


def test_what_was_started_is_frozen_and_the_next_version_begins(
    city: City, commander: Client
) -> None:
    commander.post(reverse("command:plans-new"), typed(ROWS))
    first = PlanTemplate.objects.get(code="fangtai")
    url = reverse("command:plans-edit", args=[first.pk])
    opened = commander.get(url).context["opened_on"]
    changed = [*ROWS, ["3", "", "收尾", "单位:环卫所", "", "2", "", "", ""]]
    assert commander.post(url, typed(changed, opened_on=opened)).status_code == 302
    first.refresh_from_db()
    assert (first.version, len(first.content)) == (1, 4)

    principal = who(city, "commander")
    start_plan(principal, first.pk, level="IV", drill=True)
    opened = commander.get(url).context["opened_on"]
    assert "保存后成为第 2 版" in commander.get(url).content.decode()
    commander.post(url, typed(ROWS, opened_on=opened, name="防台二"))
    second = PlanTemplate.objects.get(code="fangtai", version=2)
    first.refresh_from_db()
    assert (first.name, len(first.content), first.frozen_at is not None) == ("防台", 4, True)
    assert (second.name, len(second.content), second.frozen_at) == ("防台二", 3, None)
    # The older version leads to the newest.
    assert commander.get(url)["Location"] == reverse("command:plans-edit", args=[second.pk])


def test_of_two_who_change_it_the_second_is_told_and_keeps_his_text(
    city: City, commander: Client
) -> None:
    commander.post(reverse("command:plans-new"), typed(ROWS))
    plan = PlanTemplate.objects.get(code="fangtai")
    url = reverse("command:plans-edit", args=[plan.pk])
    opened = commander.get(url).context["opened_on"]
    commander.post(url, typed(ROWS, opened_on=opened, name="先到"))
    late = commander.post(url, typed(ROWS, opened_on=opened, name="后到"))
    assert (late.status_code, 'value="后到"' in late.content.decode()) == (409, True)
    plan.refresh_from_db()
    assert plan.name == "先到"
    again = commander.post(reverse("command:plans-new"), typed(ROWS))
    assert (again.status_code, "已经有了" in again.content.decode()) == (409, True)
    with pytest.raises(Conflict):
        editing.keep_typed(
            who(city, "commander"), Head("fangtai", "x"), ROWS, opened_on="7.0", area_code=""
        )


def test_rows_are_moved_dropped_and_added_without_a_script(city: City, commander: Client) -> None:
    url = reverse("command:plans-new")

    def after(do: str) -> list[str]:
        lines = commander.post(url, typed(ROWS, do=do)).context["lines"]
        return [line.cells[2] for line in lines if any(line.cells)]

    assert after("up-3") == ["排查", "封控", "西片排查"]
    assert after("down-1") == ["西片排查", "排查", "封控"]
    assert after("drop-2") == ["排查", "封控"]
    for nothing in ("up-1", "down-3", "drop-999", "up-0", "x", "number", ""):
        assert after(nothing) == ["排查", "西片排查", "封控"], nothing
    assert len(commander.post(url, typed(ROWS, do="more")).context["lines"]) == 13
    for rows in ("", "x", "²", "9999", "9" * 5_000):
        given = {**typed(ROWS, do="number", name=""), "rows": rows}
        assert commander.post(url, given).status_code == 200
    assert not PlanTemplate.objects.filter(code="fangtai").exists()


def test_two_hundred_tasks_fit_on_the_page(city: City, commander: Client) -> None:
    rows = [[str(n), "", f"任务{n}", "单位:环卫所", "10", "", "", "", ""] for n in range(1, 201)]
    assert commander.post(reverse("command:plans-new"), typed(rows)).status_code == 302
    plan = PlanTemplate.objects.get(code="fangtai")
    page = commander.get(reverse("command:plans-edit", args=[plan.pk]))
    assert len(page.context["lines"]) == 200


def test_only_who_writes_the_areas_plans(city: City, commander: Client) -> None:
    commander.post(reverse("command:plans-new"), typed(ROWS))
    plan = PlanTemplate.objects.get(code="fangtai")
    url = reverse("command:plans-edit", args=[plan.pk])
    for person in (city.people["acceptor"], city.people["officer"], factories.stranger()):
        client = signed_in(person)
        for address in (url, reverse("command:plans-new")):
            assert client.get(address).status_code == 403
            assert client.post(address, typed(ROWS)).status_code == 403
    assert signed_in(city.people["away"]).get(url).status_code == 404
    plan.refresh_from_db()
    assert plan.name == "防台"


def test_units_of_one_name_are_typed_by_code(city: City) -> None:
    twin = factories.organisation("环卫所")
    found = [one.text for one in editing.owners() if one.text.startswith("单位:")]
    assert f"单位:{twin.code}" in found
    assert "单位:环卫所" not in found
    assert "值班:受理员" in [one.text for one in editing.owners()]


def test_it_costs_the_same_for_one_and_many(city: City, commander: Client) -> None:
    factories.post("keeper2", "registry.see", name="空岗")
    _, tasks = read_file("p.toml", PLAN.format(unit="环卫所").encode(), Head("", ""))
    principal = who(city, "commander")
    few = keep_plan(principal, Head("a", "甲"), tasks[:2], area_code=factories.DISTRICT)
    many = keep_plan(principal, Head("b", "乙"), tasks, area_code=factories.DISTRICT)
    url = "command:plans-edit"
    assert statements(commander, reverse(url, args=[few.pk])) == statements(
        commander, reverse(url, args=[many.pk])
    )
