"""The chief of an area hears of a new case by the relay, the smallest area's, or who stands in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test.utils import CaptureQueriesContext
from factories import organisation, post, user

from chengguan.cases import staffing
from chengguan.cases.domain.chiefs import tell_chiefs
from chengguan.notify.channels import channels
from chengguan.notify.domain.relay import relay
from chengguan.notify.models import InboxItem, OutboxMessage

from ..town import START, Town


@pytest.fixture
def nobody_away() -> Iterator[None]:
    kept = staffing._port.stand_in
    yield
    staffing._port.stand_in = kept


def chief(name: str, area: str, **columns: object) -> int:
    held = post("area_chief_community", "cases.see", "cases.oversee", name="社区片长")
    return user(name, organisation(f"{name}所在"), held, area_code=area, **columns).pk  # type: ignore[arg-type]


def inboxes() -> set[tuple[int, str]]:
    while relay():
        pass
    return set(InboxItem.objects.filter(kind="case.chief").values_list("user_id", "url"))


def test_the_smallest_areas_chief_is_told(town: Town) -> None:
    street, west = chief("街长", "310115501"), chief("西片长", "310115501001")
    chief("只管绿化", "310115501001003", matters=["02"])
    here = town.walk(town.report(), "file")
    east = town.walk(town.report(lon=121.925, lat=30.89), "file")
    reported = town.report(START + timedelta(minutes=1))
    assert inboxes() == {
        (west, f"/cases/{here.number}/"),
        (street, f"/cases/{east.number}/"),
    }
    assert reported.state == "reported"


def test_who_stands_in_is_told_instead(town: Town, nobody_away: None) -> None:
    a, b = chief("甲片长", "310115501001"), chief("乙片长", "310115501002")
    staffing._port.stand_in = lambda user_id, _at: b if user_id == a else None
    case = town.walk(town.report(), "file")
    assert inboxes() == {(b, f"/cases/{case.number}/")}


def test_a_batch_is_one_statement_and_none_where_nothing_was_filed(town: Town) -> None:
    from django.db import connection

    from chengguan.notify.channels import Told

    chief("西片长", "310115501001")
    told = [
        Told(n, "case.file", n, "310115501001003", "01001", "", [], {"number": "3"}, START)
        for n in range(1, 400)
    ]
    tell_chiefs(told[:1])
    with CaptureQueriesContext(connection) as few:
        tell_chiefs(told[:2])
    with CaptureQueriesContext(connection) as many:
        tell_chiefs(told)
    assert OutboxMessage.objects.filter(topic="case.chief").count() == 402
    assert len(many) == len(few)
    with CaptureQueriesContext(connection) as none:
        tell_chiefs([Told(1, "case.assign", 1, "310115501001003", "", "", [], {}, START)])
    assert len(none) == 0
    assert "area_chiefs" in channels()
