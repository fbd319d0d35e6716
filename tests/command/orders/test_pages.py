"""The pages of orders: circle to recipients, the commander's screen, the phone's, strangers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from django.urls import reverse
from django.utils import timezone
from page_clients import statements

from chengguan.command.models import Order, Receipt
from chengguan.command.orders.domain import receiving
from chengguan.command.orders.domain.issuing import issue
from chengguan.command.orders.points import read_points
from chengguan.core.errors import Invalid

from ..staff import who

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

Signed = Callable[[str], "Client"]


def _give(city: City, *, times: int = 1, **more: object) -> Order:
    made = None
    for _ in range(times):
        made = issue(
            who(city, "commander"),
            title="到场处置",
            units=[city.unit.pk, city.other_unit.pk],
            people=[city.people["chief"].pk],
            due_at=timezone.now() + timedelta(hours=1),
            **more,  # type: ignore[arg-type]
        )
    assert made is not None
    return made


def test_a_circle_offers_who_is_inside(city: City, signed: Signed) -> None:
    lon, lat = factories.inside(1)
    page = signed("commander").get(reverse("command:orders-new"), {"circle": f"{lon},{lat},300"})
    said = page.content.decode()
    assert "西片长" in said
    assert "环卫所" in said
    offered = page.context["offer"]
    assert [one.name for one in offered.people] == ["西片长"]
    # The greens' duty lies in the east: not in this circle.
    assert [one.name for one in offered.units] == ["环卫所"]


def test_the_form_gives_the_order(city: City, signed: Signed) -> None:
    lon, lat = factories.inside(1)
    answer = signed("commander").post(
        reverse("command:orders-new"),
        {
            "title": "清理积水",
            "kind": "scene",
            "due": (timezone.localtime() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
            "lon": lon,
            "lat": lat,
            "metres": 300,
            "unit": [city.unit.pk],
            "person": [city.people["chief"].pk],
            "lead": city.unit.pk,
        },
    )
    order = Order.objects.get()
    assert answer["Location"] == reverse("command:orders-detail", args=[order.pk])
    assert (order.metres, order.area_code[:12]) == (300, f"{factories.STREET}001")
    assert Receipt.objects.get(unit=city.unit).lead


def test_a_wrong_form_keeps_what_was_typed(city: City, signed: Signed) -> None:
    answer = signed("commander").post(
        reverse("command:orders-new"), {"title": "没有接收方", "kind": "scene"}
    )
    assert answer.status_code == 422
    assert "还没有接收方" in answer.content.decode()
    assert "没有接收方" in answer.content.decode()
    assert not Order.objects.exists()


def test_a_wrong_filter_lists_nothing(city: City, signed: Signed) -> None:
    """All orders under a filter that was refused would be read as its answer."""
    _give(city)
    answer = signed("commander").get(reverse("command:orders"), {"state": "nonsense"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "筛选条件有误，没有查询" in page
    assert "没有“nonsense”这个选项" in page
    assert "到场处置</a>" not in page


def test_recipients_go_through_on_the_phone_page(city: City, signed: Signed) -> None:
    _give(city)
    receipt = Receipt.objects.get(unit=city.unit)
    clerk = signed("unit")
    assert "到场处置" in clerk.get(reverse("command:orders-mine")).content.decode()
    page = clerk.get(reverse("command:orders-receipt", args=[receipt.pk])).content.decode()
    # Others' persons are counted, not named.
    assert "另有 1 名人员" in page
    assert "西片长" not in page
    for verb, data in (
        ("accept", {}),
        ("arrive", {"lon": "121.9", "lat": "30.9"}),
        ("finish", {"note": "清完", "files": _photo()}),
    ):
        answer = clerk.post(reverse("command:orders-act", args=[receipt.pk, verb]), data)
        assert answer.status_code == 302
    board = signed("commander").get(reverse("command:orders-detail", args=[receipt.order_id]))
    assert "清完" in board.content.decode()
    assert board.context["counts"][6] == ("done", "已完成", 1)
    shown = signed("commander").get(
        reverse("command:orders-detail", args=[receipt.order_id]), {"show": "done"}
    )
    assert len(shown.context["lines"]) == 1


@pytest.mark.parametrize("code", ["other_district", "collector"])
def test_strangers_get_nothing(city: City, signed: Signed, code: str) -> None:
    order = _give(city)
    receipt = Receipt.objects.get(unit=city.unit)
    client = signed("away" if code == "other_district" else code)
    for name, number in (
        ("detail", order.pk),
        ("amend", order.pk),
        ("receipt", receipt.pk),
    ):
        assert client.get(reverse(f"command:orders-{name}", args=[number])).status_code == 404
    post = client.post(reverse("command:orders-act", args=[receipt.pk, "accept"]))
    assert post.status_code == 404
    assert (
        client.post(
            reverse("command:orders-withdraw", args=[order.pk]), {"reason": "x"}
        ).status_code
        == 404
    )
    if code == "collector":
        assert client.get(reverse("command:orders")).status_code == 403
        assert client.get(reverse("command:orders-new")).status_code == 403


def test_lists_ask_the_same_for_one_and_three(city: City, signed: Signed) -> None:
    _give(city)
    commander, clerk = signed("commander"), signed("unit")
    pages = [
        (commander, reverse("command:orders")),
        (clerk, reverse("command:orders-mine")),
        (commander, reverse("command:orders-figures")),
    ]
    first = [statements(client, url) for client, url in pages]
    _give(city, times=2)
    assert [statements(client, url) for client, url in pages] == first


def test_a_detail_asks_the_same_for_three_recipients_and_more(city: City, signed: Signed) -> None:
    few = _give(city)
    many = _give(city, targets=[*read_points("甲\n乙\n丙", {})])
    commander = signed("commander")
    first = statements(commander, reverse("command:orders-detail", args=[few.pk]))
    assert statements(commander, reverse("command:orders-detail", args=[many.pk])) == first


def test_every_number_of_the_figures_opens_its_rows(city: City, signed: Signed) -> None:
    order = _give(city, kind="scene")
    _give(city, kind="scene", drill=True)
    receiving.accept(who(city, "unit"), order.receipts.get(unit=city.unit).pk)
    commander = signed("commander")
    [row] = commander.get(reverse("command:orders-figures")).context["rows"]
    for step, number in (("all", 3), ("accepted", 1), ("arrived", 0), ("done", 0), ("late", 0)):
        data = {"kind": "scene", "step": step}
        page = commander.get(reverse("command:orders-receipts"), data)
        shown = {"all": row.issued}.get(step, getattr(row, step, None))
        assert (shown, len(page.context["rows"])) == (number, number)
    assert not signed("away").get(reverse("command:orders-receipts")).context["rows"]
    assert signed("unit").get(reverse("command:orders-receipts")).status_code == 403


def test_points_name_each_faulty_line() -> None:
    with pytest.raises(Invalid, match="第 2 行") as fault:
        read_points("甲,121.9,30.9\n乙,221,30\n丙,121,30,不存在", {"环卫所": 1})
    assert [one.row for one in fault.value.also] == [3]
    with pytest.raises(Invalid, match="经纬度不对"):
        read_points("甲,nan,30.9", {})
    found = read_points("甲,121.9,30.9,环卫所\n\n乙", {"环卫所": 1})
    assert [(one.place, one.unit_id) for one in found] == [("甲", 1), ("乙", None)]


@pytest.mark.parametrize("circle", ["1,2", "a,b,c", "121,30,0", "121,30,99999999"])
def test_a_circle_that_is_none_is_said(city: City, signed: Signed, circle: str) -> None:
    answer = signed("commander").get(reverse("command:orders-new"), {"circle": circle})
    assert answer.status_code == 422


def _photo() -> object:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("现场.jpg", factories.photo(), "image/jpeg")
