"""Bulletins: who is addressed, who has read, who must confirm, strangers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone
from page_clients import statements

from chengguan.command.bulletins import queries
from chengguan.command.bulletins.domain.publishing import publish, withdraw
from chengguan.command.models import Bulletin
from chengguan.core.errors import Invalid, NotAllowed

from ..staff import who

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

Signed = Callable[[str], "Client"]


def _publish(city: City, **more: object) -> Bulletin:
    given: dict[str, object] = {"title": "防汛值守", "text": "今夜有暴雨", "area_code": "310115"}
    return publish(who(city, "commander"), **{**given, **more})  # type: ignore[arg-type]


def test_it_reaches_who_it_concerns_and_nobody_else(city: City) -> None:
    every = _publish(city)
    names = set(every.readers.values_list("name", flat=True))
    assert {"采集员甲", "环卫所经办", "西片长"} <= names
    assert not names & {"邻区指挥", "邻区人员"}
    units = _publish(city, posts=["unit"])
    assert sorted(units.readers.values_list("name", flat=True)) == [
        "环卫所经办",
        "环卫所经办乙",
        "绿化所经办",
    ]
    one = _publish(city, posts=["unit"], organisations=[city.unit.pk])
    assert one.readers.count() == 2


def test_what_is_wrong_is_refused(city: City) -> None:
    with pytest.raises(NotAllowed):
        publish(who(city, "acceptor"), title="x", text="x", area_code="310115")
    with pytest.raises(NotAllowed):
        publish(who(city, "away"), title="x", text="x", area_code="310115")
    with pytest.raises(Invalid, match="没有人"):
        _publish(city, posts=["nobody"])
    with pytest.raises(Invalid, match="已经过去"):
        _publish(city, expires_at=timezone.now())
    assert not Bulletin.objects.exists()


def test_reading_and_confirming_are_counted_as_rows(city: City, signed: Signed) -> None:
    made = _publish(city, posts=["unit"], must_confirm=True, pinned=True)
    here = reverse("command:bulletins-detail", args=[made.pk])
    clerk = signed("unit")
    assert "须确认" in clerk.get(reverse("portal:home")).content.decode()
    assert "谁已读" not in clerk.get(here).content.decode()
    assert clerk.get(here).context["readers"] == []
    clerk.post(reverse("command:bulletins-confirm", args=[made.pk]))
    clerk.post(reverse("command:bulletins-confirm", args=[made.pk]))
    page = signed("commander").get(here)
    counts = {name: number for name, _, number in page.context["counts"]}
    assert counts == {"unread": 2, "read": 1, "confirmed": 1, "all": 3}
    assert len(page.context["readers"]) == 2
    [row] = queries.bulletin_list(who(city, "unit"), timezone.now())
    assert (row.n_read, row.is_mine, row.mine_confirmed is not None) == (1, True, True)


def test_strangers_and_the_past(city: City, signed: Signed) -> None:
    made = _publish(city, posts=["unit"], expires_at=timezone.now() + timedelta(hours=1))
    for code in ("acceptor", "away"):
        client = signed(code)
        assert client.get(reverse("command:bulletins-detail", args=[made.pk])).status_code == 404
        assert not client.get(reverse("command:bulletins")).context["rows"]
        post = client.post(reverse("command:bulletins-confirm", args=[made.pk]))
        assert post.status_code == 404
    clerk, later = who(city, "unit"), timezone.now() + timedelta(hours=2)
    assert queries.bulletin_list(clerk, later) == []
    assert len(queries.bulletin_list(clerk, later, past=True)) == 1
    with pytest.raises(NotAllowed):
        withdraw(clerk, made)
    withdraw(who(city, "officer"), made)
    assert queries.bulletin_list(clerk, timezone.now()) == []


def test_the_list_asks_the_same_for_one_and_three(city: City, signed: Signed) -> None:
    _publish(city)
    client = signed("commander")
    pages = [reverse("command:bulletins"), reverse("portal:home")]
    first = [statements(client, url) for url in pages]
    _publish(city)
    _publish(city, pinned=True)
    assert [statements(client, url) for url in pages] == first


def test_the_form_publishes(city: City, signed: Signed) -> None:
    commander = signed("commander")
    assert commander.get(reverse("command:bulletins-new")).status_code == 200
    data = {"title": "通报", "text": "内容", "area": "310115", "posts": ["unit"]}
    commander.post(reverse("command:bulletins-new"), data)
    assert Bulletin.objects.get().readers.count() == 3
    assert signed("unit").get(reverse("command:bulletins-new")).status_code == 403
