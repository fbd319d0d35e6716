"""Meetings: decisions are items with owner and date, and the next one shows what is not done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone
from page_clients import statements

from chengguan.command.meetings import queries
from chengguan.command.meetings.domain.deciding import decide, keep_minutes
from chengguan.core.errors import Invalid, NotAllowed
from chengguan.programmes.domain import act
from chengguan.programmes.enums import ItemVerb
from chengguan.programmes.models import Programme
from chengguan.programmes.queries import open_by_owner

from ..staff import who

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

Signed = Callable[[str], "Client"]


def _meeting(city: City, title: str = "第 1 次会议", days: int = 0) -> Programme:
    held = timezone.now() + timedelta(days=days)
    return keep_minutes(who(city, "commander"), title=title, series="城管委", held_at=held)


def _decide(city: City, meeting: Programme, title: str, owner: str) -> None:
    due = timezone.now() + timedelta(days=3)
    decide(who(city, "commander"), meeting, title=title, owner=owner, due_at=due)


def test_decisions_are_followed_into_the_next_meeting(city: City) -> None:
    first, now = _meeting(city, days=-7), timezone.now()
    _decide(city, first, "更换标识", f"unit:{city.unit.pk}")
    _decide(city, first, "走访商户", f"person:{city.people['chief'].pk}")
    done = first.items.get(title="更换标识")
    act(who(city, "unit2"), done.pk, ItemVerb.FINISH, now, words="已换 12 处")
    following = _meeting(city, "第 2 次会议")
    left = queries.left_over(who(city, "commander"), following)
    assert [one.title for one in left] == ["走访商户"]
    later = now + timedelta(days=4)
    [count] = open_by_owner(who(city, "commander"), later, kind="meeting")
    assert (count.owner, count.open, count.late) == ("西片长", 1, 1)


def test_what_is_wrong_is_refused(city: City) -> None:
    with pytest.raises(NotAllowed):
        keep_minutes(who(city, "acceptor"), title="x")
    meeting = _meeting(city)
    with pytest.raises(Invalid, match="指挥范围"):
        _decide(city, meeting, "越区", f"person:{city.people['away_worker'].pk}")
    with pytest.raises(Invalid, match="期限"):
        decide(who(city, "commander"), meeting, title="x", owner="", due_at=timezone.now())
    due = timezone.now() + timedelta(days=1)
    owner = f"unit:{city.unit.pk}"
    with pytest.raises(NotAllowed):
        decide(who(city, "officer"), meeting, title="别人的", owner=owner, due_at=due)
    assert not meeting.items.exists()


def test_the_pages(city: City, signed: Signed) -> None:
    commander = signed("commander")
    commander.post(reverse("command:meetings-new"), {"title": "调度会", "series": "防汛"})
    meeting = Programme.objects.get()
    here = reverse("command:meetings-detail", args=[meeting.pk])
    due = timezone.localtime() + timedelta(days=2)
    data = {"title": "清淤", "owner": f"unit:{city.unit.pk}", "due": f"{due:%Y-%m-%dT%H:%M}"}
    assert commander.post(here, data).status_code == 302
    assert commander.post(here, {"title": "无主"}).status_code == 422
    clerk = signed("unit")
    assert "清淤" in clerk.get(here).content.decode()
    assert clerk.post(here, data).status_code == 404
    item = meeting.items.get()
    moved = reverse("command:meetings-act", args=[meeting.pk, item.pk, "due"])
    assert commander.post(moved, {"due": "2026-13-45T08:00", "note": "改期"}).status_code == 422
    clerk.post(reverse("command:meetings-act", args=[meeting.pk, item.pk, "finish"]))
    item.refresh_from_db()
    assert item.state == "done"
    for code in ("away", "acceptor", "other"):
        assert signed(code).get(here).status_code == 404
        assert not signed(code).get(reverse("command:meetings")).context["rows"]
        assert not list(signed(code).get(reverse("command:meetings-items")).context["rows"])


def test_lists_ask_the_same_for_one_and_three(city: City, signed: Signed) -> None:
    meeting = _meeting(city)
    _decide(city, meeting, "甲", f"unit:{city.unit.pk}")
    commander = signed("commander")
    urls = [
        reverse("command:meetings"),
        reverse("command:meetings-items"),
        reverse("command:meetings-detail", args=[meeting.pk]),
    ]
    first = [statements(commander, url) for url in urls]
    for title in ("乙", "丙"):
        _decide(city, meeting, title, f"unit:{city.unit.pk}")
        _decide(city, _meeting(city, title), title, f"unit:{city.unit.pk}")
    assert [statements(commander, url) for url in urls] == first
