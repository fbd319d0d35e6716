"""What a list shows to whom, in what order, and in how many statements."""

from __future__ import annotations

from datetime import timedelta

import pytest
from factories import organisation, post, stranger, user
from pytest_django import DjangoAssertNumQueries

from chengguan.accounts.domain.principal import principal_of
from chengguan.cases.filters import CaseFilter
from chengguan.cases.models import Case
from chengguan.cases.queries import (
    can_see,
    cases_visible_to,
    count_visible,
    page,
    sees,
)
from chengguan.cases.whole import belongings_of
from chengguan.core.errors import Invalid
from chengguan.store import revisions

from ..town import START, SYSTEM, Town

MINUTE = timedelta(minutes=1)


def numbers(found: object) -> list[str]:
    return [row.number for row in found.rows]  # type: ignore[attr-defined]


def some_cases(town: Town, count: int) -> list[Case]:
    return [town.report(START + MINUTE * n) for n in range(count)]


@pytest.mark.parametrize("count", [1, 3, 50])
def test_a_page_is_two_statements_whatever_its_size(
    town: Town, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for case in some_cases(town, count):
        town.walk(case, "file", "dispatch", "assign")
    who = town.who("acceptor")
    page(who)
    revisions.current("areas")
    with django_assert_num_queries(2):
        found = page(who, CaseFilter(area="310115", kind="matter", states=("handling",)))
    assert len(found.rows) == count
    assert found.next_cursor == ""
    line = found.rows[0]
    assert (line.state_title, line.matter_name, line.unit_name, line.handler_name) == (
        "处置中",
        "暴露垃圾",
        "环卫所",
        "保洁员",
    )


@pytest.mark.parametrize("sort", ["-opened", "opened", "due"])
def test_pages_follow_each_other_without_gap_or_repeat(town: Town, sort: str) -> None:
    cases = some_cases(town, 7)
    # Two without a due time, two opened at the same instant.
    town.walk(cases[6], "file", "dispatch", "assign", "submit_handling", "confirm_handled")
    town.walk(cases[5], "file", "dispatch", "assign", "submit_handling", "confirm_handled")
    Case.objects.filter(pk=cases[1].pk).update(
        opened_at=cases[0].opened_at, stage_due_at=cases[0].stage_due_at
    )
    who = town.who("acceptor")
    seen: list[str] = []
    cursor = ""
    for _ in range(4):
        found = page(who, sort=sort, cursor=cursor, size=2)
        seen += numbers(found)
        cursor = found.next_cursor
    assert cursor == ""
    assert seen == numbers(page(who, sort=sort))
    expected = [case.number for case in cases]
    if sort == "-opened":
        expected = [*expected[:1:-1], *sorted(expected[:2], reverse=True)]
    assert seen == expected


def test_each_sees_his_own_scope(town: Town) -> None:
    west = town.report()
    east = town.report(lon=121.925, lat=30.89)
    town.walk(west, "file", "dispatch", "assign")
    outsider = user("邻区受理员", organisation("邻区"), post("acceptor"), area_code="310116")
    reporter = user("路人", organisation("志愿者"), post("volunteer", "cases.see"), area_code="99")
    Case.objects.filter(pk=east.pk).update(reporter_id=reporter.pk)
    seen = {
        name: set(cases_visible_to(principal_of(who)).values_list("pk", flat=True))
        for name, who in {
            "acceptor": town.city.people["acceptor"],
            "unit": town.city.people["unit"],
            "other": town.city.people["other"],
            "outsider": outsider,
            "reporter": reporter,
            "stranger": stranger(),
        }.items()
    }
    assert seen == {
        "acceptor": {west.pk, east.pk},
        "unit": {west.pk},
        "other": set(),
        "outsider": set(),
        "reporter": {east.pk},
        "stranger": set(),
    }
    for name, who in (*town.city.people.items(), ("outsider", outsider), ("reporter", reporter)):
        asks = principal_of(who)
        by_sql = set(cases_visible_to(asks).values_list("pk", flat=True))
        assert {one.pk for one in Case.objects.all() if sees(asks, one)} == by_sql, name
    for name, who in (("outsider", outsider), ("stranger", stranger())):
        assert numbers(page(principal_of(who))) == [], name
        assert not can_see(principal_of(who), west.pk)
    assert numbers(page(principal_of(reporter))) == [east.number]
    assert numbers(page(SYSTEM)) == sorted([west.number, east.number], reverse=True)


def test_filters_narrow(town: Town) -> None:
    one, two, three = some_cases(town, 3)
    town.walk(one, "file", "dispatch", "assign")
    town.walk(two, "self_handle")
    Case.objects.filter(pk=three.pk).update(important=True, text="井盖缺失")
    unit = town.city.unit.pk
    now = START + timedelta(minutes=20)
    who = town.who("acceptor")
    asked = {
        "number": CaseFilter(number=one.number),
        "unit": CaseFilter(unit=unit),
        "handler": CaseFilter(handler=town.person("handler")),
        "state": CaseFilter(states=("closed", "voided")),
        "flags": CaseFilter(flags=("important",)),
        "words": CaseFilter(words="井盖"),
        "open": CaseFilter(open=False),
        "red": CaseFilter(light="red"),
        "green": CaseFilter(light="green"),
        "opened": CaseFilter(opened_from=START + MINUTE, opened_to=START + 2 * MINUTE),
        "due": CaseFilter(due_before=START + timedelta(minutes=18)),
        "matter": CaseFilter(matter="02"),
        "area": CaseFilter(area="310115501002"),
        "source": CaseFilter(source=("hotline",)),
    }
    found = {name: numbers(page(who, f, now=now)) for name, f in asked.items()}
    assert found == {
        "number": [one.number],
        "unit": [one.number],
        "handler": [one.number],
        "state": [two.number],
        "flags": [three.number],
        "words": [three.number],
        "open": [two.number],
        "red": [three.number],
        "green": [one.number],
        "opened": [two.number],
        "due": [three.number],
        "matter": [],
        "area": [],
        "source": [],
    }
    assert count_visible(who, CaseFilter()) == 3
    assert count_visible(who, CaseFilter(), up_to=2) == 2


def test_words_are_found_whatever_their_case_and_only_letters_are_folded(town: Town) -> None:
    one, two = some_cases(town, 2)
    Case.objects.filter(pk=one.pk).update(text="LED灯箱 100% 不亮", address="环湖西一路 8 号")
    Case.objects.filter(pk=two.pk).update(text="灯箱不亮", address="环湖西一路 18 号")
    who = town.who("acceptor")

    def found(words: str) -> list[str]:
        return numbers(page(who, CaseFilter(words=words)))

    assert found("led") == found("Led灯箱 8") == [one.number]
    assert found("灯箱 西一路") == [two.number, one.number]
    assert found("100%") == [one.number]
    assert found("灯箱 三路") == []
    # What has no case is compared as it stands: over a million cases that is half the time.
    said = str(Case.objects.filter(CaseFilter(words="灯箱 8 led").q(START)).query)
    assert [word for word in ("灯箱", "8", "led") if f"UPPER(%{word}%)" in said] == ["led"]


def test_open_and_closed_stand_in_one_order_and_contradictions_hold_nothing(town: Town) -> None:
    cases = some_cases(town, 6)
    for case in cases[::2]:
        town.walk(case, "self_handle")
    who = town.who("acceptor")
    rising = [case.number for case in cases]
    assert numbers(page(who, sort="opened")) == rising
    assert numbers(page(who)) == rising[::-1]
    assert numbers(page(who, CaseFilter(states=("closed", "reported")), sort="opened")) == rising
    assert numbers(page(who, CaseFilter(open=True), sort="opened")) == rising[1::2]
    assert numbers(page(who, CaseFilter(closed_from=START), sort="opened")) == rising[::2]
    assert numbers(page(who, sort="due")) == rising[1::2]
    for nothing in (
        CaseFilter(open=True, states=("closed",)),
        CaseFilter(open=False, states=("reported",)),
        CaseFilter(open=False, light="red"),
        CaseFilter(open=True, closed_from=START),
        CaseFilter(open=False, due_before=START + timedelta(days=9)),
    ):
        assert numbers(page(who, nothing)) == [], nothing
        assert count_visible(who, nothing) == 0
    assert numbers(page(who, CaseFilter(open=False), sort="due")) == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [("310115501", 1), ("310115501001", 1), ("310115501001001", 1), ("310116", 0)],
)
def test_an_area_may_be_asked_for_at_every_level(town: Town, code: str, expected: int) -> None:
    case = town.report()
    Case.objects.filter(pk=case.pk).update(area_code="310115501001001")
    assert len(page(town.who("acceptor"), CaseFilter(area=code)).rows) == expected


@pytest.mark.parametrize(
    ("wanted", "sort", "cursor"),
    [
        (CaseFilter(flags=("nonsense",)), "-opened", ""),
        (CaseFilter(light="blue"), "-opened", ""),
        (CaseFilter(), "name", ""),
        (CaseFilter(), "-opened", "@@@"),
        (CaseFilter(), "-opened", "WyJkdWUiLG51bGwsMV0"),
    ],
)
def test_nonsense_is_refused(town: Town, wanted: CaseFilter, sort: str, cursor: str) -> None:
    with pytest.raises(Invalid):
        page(SYSTEM, wanted, sort, cursor)


def test_reporters_are_named_to_those_who_may_know(town: Town) -> None:
    case = town.report(source="hotline", reporter_name="张三", reporter_phone="13800000000")
    known = belongings_of(case, town.who("acceptor")).reporters
    hidden = belongings_of(case, town.who("dispatcher")).reporters
    personal = ("name", "phone", "hidden")
    assert [tuple(one[key] for key in personal) for one in known] == [
        ("张三", "13800000000", False)
    ]
    assert [tuple(one[key] for key in personal) for one in hidden] == [("", "", True)]


def test_a_list_is_empty_before_there_are_areas(town: Town) -> None:
    from chengguan.registry.models import Area

    Area.objects.all().delete()
    revisions.bump("areas")
    assert page(town.who("acceptor")).rows == ()
