"""Closing by the machine is switched on at a desk, and looked at again, blind, at a telephone too."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from django.utils import timezone
from proving import proved, step

from chengguan.cases.models import Case
from chengguan.command.closing.domain import automatic
from chengguan.command.dispatch import history
from chengguan.command.models import AutomaticClosing
from chengguan.files.domain.storage import draft, original_key, storage
from chengguan.files.models import Blob

from .desk import DESK, STREET
from .test_pages import FAINT, GOOD, NAMELESS

if TYPE_CHECKING:
    from factories import City

    from .desk import Desks

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
STORY = "closing"


def test_switched_on_closed_and_looked_at_again(
    desks: Desks, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    _people(city)
    for days in (40, 39):
        step(city, _arrived(city, days), "acceptor", "close", confirmed=True)
    step(city, _arrived(city, 20), "acceptor", "refuse_close", reason="角落未清")
    waiting = _arrived(city, 1)
    _draw_pictures()

    monkeypatch.setattr(history, "NEEDED", 2)
    monkeypatch.setattr(history, "NEEDED_PERCENT", 60)
    monkeypatch.setattr("chengguan.command.dispatch.domain.switching.NEEDED", 2)
    chief = desks.at("chief")
    chief.goto(f"{desks.address}/closing/?area=310115")
    chief.get_by_label("复核").fill("100")
    chief.get_by_role("button", name="开启").click()
    chief.get_by_text("已开启自动结案：暴露垃圾").wait_for()
    assert automatic.tick() == 1

    other = desks.at("other_acceptor", STREET)
    other.goto(f"{desks.address}/closing/")
    other.get_by_role("link", name="复核 2 件").click()
    other.get_by_text("其中混有").wait_for()
    assert waiting.number not in other.content()
    for size in (STREET, DESK):
        page = desks.at("other_acceptor", size)
        page.goto(f"{desks.address}/closing/recheck/")
        desks.shot(page, f"{STORY}-{size['width']}", "recheck")
        assert page.evaluate(NAMELESS) == GOOD
        assert page.evaluate(FAINT) == []
    other.get_by_label("不应结案", exact=True).check()
    other.get_by_label("说明").fill("角落里还有")
    other.get_by_role("button", name="提交复核").click()
    other.get_by_text("是对照件").wait_for()
    other.get_by_label("应当结案", exact=True).check()
    other.get_by_role("button", name="提交复核").click()
    other.get_by_text("已由系统结案，与您的判断一致").wait_for()
    assert AutomaticClosing.objects.filter(verdict="right").count() == 2
    for size in (STREET, DESK):
        page = desks.at("chief", size)
        for name, url in {
            "home": "/closing/?area=310115",
            "rows": "/closing/rows/",
            "history": "/closing/history/?area=310115",
            "decoys": "/closing/decoys/",
        }.items():
            page.goto(desks.address + url)
            desks.shot(page, f"{STORY}-{size['width']}", name)
            assert page.evaluate(NAMELESS) == GOOD, url
            assert page.evaluate(FAINT) == [], url
    chief.goto(f"{desks.address}/cases/{waiting.number}/")
    chief.get_by_text("处置后所摄").first.wait_for()
    desks.shot(chief, f"{STORY}-{DESK['width']}", "case")
    assert desks.problems == []


def _people(city: City) -> None:
    held = factories.post("commander", "cases.see", "cases.close", "command.automatic")
    for name, post in (("chief", held), ("other_acceptor", factories.post("acceptor"))):
        city.people[name] = factories.user(
            name, city.centre, post, username=name, password=factories.PASSWORD
        )


def _arrived(city: City, days: int) -> Case:
    at = timezone.now() - timedelta(days=days)
    return proved(city, factories.report(source="collector", at=at))


def _draw_pictures() -> None:
    """Give every picture a file: what stands in the tables alone can't be looked at."""
    for number, sha256 in enumerate(Blob.objects.values_list("sha256", flat=True)):
        with draft() as (path, file):
            file.write(factories.street_photo(640 + number))
            file.flush()
            storage().put(path, original_key(sha256))
