"""Every page that links lead to, as several posts: no grave finding of axe, and 200 % zoom fits.

Pages are found by walking the links, one address for each view: a page made later is walked too.
"""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

import factories
import pytest
from django.urls import Resolver404, resolve
from django.utils import timezone

from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import User
from chengguan.cases.domain.acting import act
from chengguan.command.bulletins.domain.publishing import publish
from chengguan.command.meetings.domain.deciding import decide, keep_minutes
from chengguan.command.orders.domain.issuing import issue
from chengguan.command.plans.domain.keeping import keep_plan
from chengguan.command.plans.domain.starting import start_plan
from chengguan.command.plans.domain.template import Head, Task

from . import axe
from .desk import DESK

if TYPE_CHECKING:
    from factories import City
    from playwright.sync_api import Page

    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: A window of 1366 px at 200 % shows as many pixels of CSS as this.
ZOOMED: Final = {"width": 683, "height": 384}
#: Drawing them all takes more than a minute: the pages are dealt out to as many tests.
_PARTS: Final = 3
_LINK: Final = re.compile(r'<a\b[^>]*\shref="([^"]+)"')
_ADMINISTER: Final = (Capability.MANAGE_SYSTEM, Capability.MANAGE_SECURITY, Capability.SEE_AUDIT)


@pytest.fixture
def lived(city: City) -> City:
    """Cases in several states, with a request, a duplicate and a return among them."""
    for number in range(5):
        lon, lat = factories.inside(1, 0.2 + number / 10, 0.3)
        factories.report(lon=lon, lat=lat, source="video", text=f"第 {number + 1} 处暴露垃圾")
    case = factories.report(source="video")
    act(case, "file", city.principal("acceptor"), {"matter": "01001", "rule": city.rule.pk})
    act(case, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
    act(case, "assign", city.principal("unit"), {"handler": city.people["handler"].pk})
    act(case, "ask_extension", city.principal("unit"), {"reason": "待材料到场"})
    _disputed(city)
    _commanded(city)
    return city


def _disputed(city: City) -> None:
    """A case that its unit has sent back twice, so that it waits for an arbiter."""
    case = factories.report(source="video")
    act(case, "file", city.principal("acceptor"), {"matter": "01001", "rule": city.rule.pk})
    for _ in range(2):
        if case.state == "awaiting_dispatch":
            act(case, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
        act(case, "return_to_dispatcher", city.principal("unit"), {"reason": "不属本单位"})


def _commanded(city: City) -> None:
    """An order, a drill under way, a bulletin and a meeting with something decided."""
    commander, now = _principal(_everything(city)), timezone.now()
    due = now + timedelta(hours=4)
    issue(commander, title="下穿通道积水", units=[city.unit.pk], due_at=due)
    task = Task(key="1", title="排查", owner="unit", code=city.unit.code, minutes=20)
    plan = keep_plan(commander, Head("yu", "暴雨"), [task], area_code=factories.DISTRICT)
    start_plan(commander, plan.pk, level="IV", drill=True)
    publish(commander, title="汛期值守", text="电话畅通。", area_code=factories.DISTRICT)
    meeting = keep_minutes(commander, title="第一次调度会", held_at=now, minutes="议定一项。")
    decide(commander, meeting, title="水尺更换", owner=f"unit:{city.unit.pk}", due_at=due)


def _principal(username: str) -> Principal:
    loading.forget()
    return principal_of(User.objects.get(username=username))


def _everything(city: City) -> str:
    """Make somebody who may do everything there is in the district."""
    every = [one for one in Capability if one not in _ADMINISTER]
    posts = [factories.post("everything", *every), factories.post("administrator", *_ADMINISTER)]
    made = factories.user(
        "全部岗位", city.centre, *posts, username="everybody", password=factories.PASSWORD
    )
    return made.username


@pytest.mark.parametrize("part", range(_PARTS))
def test_no_page_keeps_anybody_out(desks: Desks, lived: City, part: int) -> None:
    page = desks.at("everybody")
    found: dict[str, list[str]] = {}
    wide: dict[str, int] = {}
    for name, path in _walk(desks, page)[part::_PARTS]:
        page.goto(desks.address + path)
        if grave := axe.grave(page):
            found[f"{name} {path}"] = grave
        page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if over > 0:
            wide[f"{name} {path}"] = over
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
    assert found == {}
    assert wide == {}
    assert desks.problems == []


def _walk(desks: Desks, page: Page) -> list[tuple[str, str]]:
    """Follow all links; gives one address of each view, by the view's name.

    Pages are only read here: drawing them is what takes time, and is shared among the parts.
    """
    found: dict[str, str] = {}
    waiting = ["/"]
    while waiting:
        path = waiting.pop(0)
        name = _view(path)
        if name in found or name in _NOT_PAGES:
            continue
        found[name] = ""
        answer = page.request.get(desks.address + path)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        assert answer.ok, f"链接 {path} 应答 {answer.status}"
        found[name] = path
        links = (urljoin(path, unescape(one)) for one in _LINK.findall(answer.text()))
        waiting += [_path(one, desks.address) for one in links]
    pages = [(name, path) for name, path in found.items() if path]
    assert len(pages) > 105, f"只走到 {len(pages)} 个页面，链接没有跟全"
    assert _ROOMS - {name for name, _ in pages} == set()
    return pages


#: What of each room of command must be walked, its rows as well as its list.
_ROOMS: Final = {
    "cases:call", "command:bulletins-detail", "command:closing", "command:desk-case", "command:dispatch-rulings",
    "command:dispatch-automatic", "command:figures-rows", "command:leader", "command:map-load",
    "command:deployments", "command:meetings-detail", "command:orders-detail", "command:orders-new", "command:oversight",
    "command:plans-plan", "command:plans-run", "command:plans-schedule-new", "command:requests", "command:roster-flexible",
    "command:roster-mine", "command:units-unit", "command:wall", "command:wall-screens",
}  # fmt: skip
#: The page that ends the session, and pages of other people's making that nobody is led to.
_NOT_PAGES: Final = {"", "account_logout"}


def _path(address: str, site: str) -> str:
    if address.startswith("/"):
        return address
    parts = urlsplit(address)
    if not address.startswith(site):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _view(path: str) -> str:
    try:
        return resolve(path.split("?", 1)[0]).view_name or "" if path else ""
    except Resolver404:
        return ""
