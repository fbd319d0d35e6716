"""Every page that links lead to, as several posts: no grave finding of axe, and 200 % zoom fits.

Pages are found by walking the links, one address for each view: a page made later is walked too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import factories
import pytest
from django.urls import Resolver404, resolve

from chengguan.accounts.enums import Capability
from chengguan.cases.domain.acting import act

from . import axe
from .desk import DESK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factories import City
    from playwright.sync_api import Page

    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: A window of 1366 px at 200 % shows as many pixels of CSS as this.
ZOOMED: Final = {"width": 683, "height": 384}
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
    return city


def _everything(city: City) -> str:
    """Make somebody who may do everything there is in the district."""
    every = [one for one in Capability if one not in _ADMINISTER]
    posts = [factories.post("everything", *every), factories.post("administrator", *_ADMINISTER)]
    made = factories.user(
        "全部岗位", city.centre, *posts, username="everybody", password=factories.PASSWORD
    )
    return made.username


def test_no_page_keeps_anybody_out(desks: Desks, lived: City) -> None:
    page = desks.at(_everything(lived))
    found: dict[str, list[str]] = {}
    wide: dict[str, int] = {}
    for name in _walk(desks, page):
        if grave := axe.grave(page):
            found[name] = grave
        page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if over > 0:
            wide[name] = over
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
    assert found == {}
    assert wide == {}
    assert desks.problems == []


def _walk(desks: Desks, page: Page) -> Iterator[str]:
    """Go to one address of each view that links lead to; gives the view's name on its page."""
    seen: set[str] = set()
    waiting = ["/"]
    while waiting:
        path = waiting.pop(0)
        name = _view(path)
        if name in seen or name in _NOT_PAGES:
            continue
        seen.add(name)
        answer = page.request.get(desks.address + path)
        if "text/html" not in answer.headers.get("content-type", "text/html"):
            continue
        page.goto(desks.address + path)
        waiting += page.eval_on_selector_all(
            "a[href]", "all => all.map((one) => one.href).filter((one) => one)"
        )
        waiting = [_path(one, desks.address) for one in waiting]
        yield f"{name} {path}"
    assert len(seen) > 30, f"只走到 {len(seen)} 个页面，链接没有跟全"


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
