"""The command map in a real browser: tiles are drawn, a circle is dragged, an hour of the past is shown."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import factories
import numpy as np
import pytest
from base_map_packs import pack, picture
from command.map.places import WEST, camera, components
from django.utils import timezone

from chengguan.cases import points
from chengguan.cases.models import Case
from chengguan.registry import points as registry_points
from chengguan.registry.models import Facility, Matter, Vehicle
from chengguan.store import revisions
from chengguan.telemetry.models import Latest

from . import axe
from .desk import STREET, WALL

if TYPE_CHECKING:
    from factories import City
    from playwright.sync_api import Page

    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def _town(cases: int) -> None:
    points.forget()
    registry_points.forget()
    chance = np.random.default_rng(11)
    now = timezone.now()
    for place in range(cases):
        lon, lat = factories.inside(1 + place % 2, *chance.uniform(0.05, 0.95, 2).tolist())
        made = factories.report(lon=lon, lat=lat)
        due = now + timedelta(hours=float(chance.uniform(-3, 5)))
        Case.objects.filter(pk=made.pk).update(
            opened_at=now - timedelta(hours=place % 20),
            stage_due_at=due,
            stage_warn_at=due - timedelta(hours=1),
        )
    Matter.objects.create(
        standard=factories.STANDARD, kind="component", code="01001", name="上水井盖",
        major_code="01", major_name="公用设施", valid_from=factories.SINCE,
    )  # fmt: skip
    revisions.bump("catalogue")
    components(900, WEST)
    camera()
    Facility.objects.create(
        code="F1", kind="toilet", name="环湖路公厕", point=factories.inside(1, 0.34, 0.32),
        area_code=WEST, valid_from=factories.SINCE,
    )  # fmt: skip
    revisions.bump("facilities")


def _map(desks: Desks, who: str, size: dict[str, int] | None = None, query: str = "") -> Page:
    page = desks.at(who, size) if size else desks.at(who)
    page.goto(f"{desks.address}/map/{query}")
    page.locator("[data-map-box][data-ready]").wait_for()
    return page


def test_the_map_is_drawn_and_a_circle_leads_to_rows(desks: Desks, city: City) -> None:
    _town(60)
    page = _map(desks, "dispatcher")
    desks.shot(page, "map", "desk")
    page.get_by_label("网格负荷").check()
    page.get_by_label("部件").check()
    desks.shot(page, "map", "load")
    page.get_by_role("button", name="画圆").click()
    box = page.locator(".maplibregl-canvas").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y, steps=4)
    page.mouse.up()
    page.locator(".inside-counts").wait_for()
    desks.shot(page, "map", "circle")
    assert axe.grave(page) == []
    link = page.locator(".inside-counts a").first
    number = int(link.inner_text())
    link.click()
    page.locator("table.cases, .empty").wait_for()
    assert number == page.locator("table.cases tbody tr").count() > 0
    desks.shot(page, "map", "rows")
    assert axe.grave(page) == []
    page.goto(f"{desks.address}/map/load/?level=grid")
    desks.shot(page, "map", "table")
    assert axe.grave(page) == []
    near = factories.inside(1)
    page = _map(desks, "dispatcher", query=f"?circle={near[0]},{near[1]},250")
    page.locator(".inside-counts").wait_for()
    page.get_by_label("摄像机").check()
    page.get_by_label("设施站点").check()
    page.get_by_label("网格负荷").uncheck()
    page.locator("[data-map-box][data-idle]").wait_for()
    desks.shot(page, "map", "near")
    # The keyboard's way: metres typed, Enter.
    page.get_by_label("半径/米").fill("400")
    page.get_by_label("半径/米").press("Enter")
    page.locator(".inside h2", has_text="半径 400 米").wait_for()
    page.locator("[data-time-hour]").fill("0")
    page.locator("[data-time-note]").wait_for()
    desks.shot(page, "map", "past")
    assert "在办" in page.locator("[data-time-at]").inner_text()
    desks.shot(_map(desks, "dispatcher", WALL), "map", "wall")
    small = _map(desks, "dispatcher", STREET)
    desks.shot(small, "map", "street")
    assert small.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert desks.problems == []


def test_a_pack_and_tiles_of_another_origin(
    desks: Desks, city: City, settings: Any, tmp_path: Path
) -> None:
    settings.CHENGGUAN_MAPS = tmp_path
    (tmp_path / "city.pmtiles").write_bytes(pack(picture((176, 204, 178))))
    settings.CHENGGUAN_BASE_MAP = "city.pmtiles"
    settings.CHENGGUAN_BASE_MAP_CREDIT = "测试底图 GS(2026)0000号"
    asked: list[str] = []
    page = desks.at("dispatcher")
    packs: list[str] = []
    page.on("response", lambda one: packs.append(f"{one.status} {one.url}"))
    _map(desks, "dispatcher")
    desks.shot(page, "map", "pack")
    assert any(one.startswith("206") and one.endswith("city.pmtiles") for one in packs)

    with _tiles(picture((150, 170, 210)), asked) as origin:
        settings.CHENGGUAN_BASE_MAP = f"{origin}/{{z}}/{{x}}/{{y}}.png"
        desks.allowed = (origin,)
        page = _map(desks, "dispatcher")
        desks.shot(page, "map", "xyz")
    assert asked
    assert desks.problems == []


@contextmanager
def _tiles(tile: bytes, asked: list[str]) -> Iterator[str]:
    """Serve one tile for every address from an origin of its own."""

    class Tiles(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(tile)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_vehicles_are_told_apart_by_age_without_colour(desks: Desks, city: City) -> None:
    now = timezone.now()
    for code, kind, minutes, east in (
        ("QS-1", "sweeper", 3, 0.3),
        ("QX-2", "repair", 95, 0.6),
    ):
        vehicle = Vehicle.objects.create(
            code=code, plate=f"沪AIO{code[-1]}01", kind=kind, owner="环卫所",
            area_code=factories.DISTRICT, valid_from=factories.SINCE,
        )  # fmt: skip
        Latest.objects.create(
            vehicle=vehicle,
            at=now - timedelta(minutes=minutes),
            point=factories.inside(1, east, 0.5),
            area_code=WEST,
            speed=12.0,
        )
    lon, lat = factories.inside(1, 0.3, 0.5)
    page = _map(desks, "dispatcher", query=f"?circle={lon},{lat},300")
    page.get_by_label("作业车辆").check()
    page.get_by_text("2 辆，其中未更新 1 辆。").wait_for()
    page.locator("[data-map-box][data-idle]").wait_for()
    box = page.locator("[data-map-box] canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_role("link", name="沪AIO101").wait_for()
    desks.shot(page, "map", "vehicles")
