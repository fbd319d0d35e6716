"""The index of cases: what it holds, what it can't know yet, and that it can be made again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from page_clients import fewest

from chengguan.audit.domain.chain import link_all
from chengguan.cases.filters import CaseFilter
from chengguan.cases.models import Case, SearchEntry, SearchState
from chengguan.cases.queries import count_visible, page
from chengguan.cases.search import index, seeking, tokens

from ..town import START, Town


@pytest.fixture(autouse=True)
def always_by_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no page be filled by looking through the newest rows."""
    monkeypatch.setattr(seeking, "SLICE", 0)


def numbers(town: Town, wanted: CaseFilter) -> list[str]:
    return [row.number for row in page(town.who("acceptor"), wanted).rows]


def test_parts_of_words_are_found_and_neighbours_are_not(town: Town) -> None:
    one = town.report(text="马樱丹路口有暴露垃圾", address="近LED显示屏 18 号")
    two = town.report(START + timedelta(minutes=1), text="丹樱马路边", address="暴雨后垃圾露天")
    town.report(START + timedelta(minutes=2))
    index.rebuild()
    assert numbers(town, CaseFilter(words="樱丹路")) == [one.number]
    assert numbers(town, CaseFilter(words="led显 18")) == [one.number]
    assert numbers(town, CaseFilter(words="暴 垃圾 -口")) == [two.number]
    assert numbers(town, CaseFilter(words="丹")) == [two.number, one.number]
    assert numbers(town, CaseFilter(words="露垃圾 雨")) == []
    assert numbers(town, CaseFilter(words=one.number[-5:])) == [one.number]
    assert numbers(town, CaseFilter(words=one.number[-7:])) == [one.number]
    assert count_visible(town.who("acceptor"), CaseFilter(words="樱丹")) == 1


def test_what_is_not_linked_or_not_followed_yet_is_found_all_the_same(town: Town) -> None:
    index.rebuild()
    fresh = town.report(text="滴水湖边有倒伏树木")
    assert not SearchEntry.objects.filter(case_id=fresh.pk).exists()
    assert numbers(town, CaseFilter(words="倒伏")) == [fresh.number]
    link_all()
    assert numbers(town, CaseFilter(words="倒伏")) == [fresh.number]
    while index.step():
        pass
    assert SearchEntry.objects.filter(case_id=fresh.pk).exists()
    assert index.tail() == ([], True)
    assert numbers(town, CaseFilter(words="倒伏")) == [fresh.number]


def test_marks_come_when_a_case_closes_and_go_when_it_is_reopened(town: Town) -> None:
    index.rebuild()
    case = town.walk(
        town.report(),
        "file",
        "dispatch",
        "assign",
        "submit_handling",
        "confirm_handled",
        "forward",
        "close",
    )
    link_all()
    while index.step():
        pass
    handler = tokens.mark("handler", town.person("handler"))
    assert handler in SearchEntry.objects.get(case_id=case.pk).tokens
    asked = CaseFilter(handler=town.person("handler"))
    assert numbers(town, asked) == [case.number]
    town.do(case, "reopen")
    assert numbers(town, asked) == []
    link_all()
    while index.step():
        pass
    assert handler not in SearchEntry.objects.get(case_id=case.pk).tokens
    assert numbers(town, CaseFilter(words="暴露", flags=("reopened",))) == [case.number]


def test_a_step_that_changes_nothing_of_it_writes_nothing(town: Town) -> None:
    case = town.report()
    index.rebuild()
    town.walk(case, "file", "dispatch")
    assert index.write([case.pk]) == 0
    Case.objects.filter(pk=case.pk).update(text="改过的描述")
    assert index.write([case.pk]) == 1


def test_until_it_is_built_all_cases_are_read(town: Town) -> None:
    SearchState.objects.all().delete()
    case = town.report(text="井盖缺失")
    page(town.who("acceptor"))
    assert fewest(lambda: numbers(town, CaseFilter(words="井盖")) == [case.number]) == 3
    while index.step():
        pass
    assert SearchState.objects.get().ready
    assert SearchEntry.objects.filter(case_id=case.pk).exists()
    assert numbers(town, CaseFilter(words="井盖")) == [case.number]


def test_verify_names_what_is_missing_stale_or_gone_and_rebuild_mends_it(town: Town) -> None:
    one, two = town.report(), town.report()
    index.rebuild()
    link_all()
    while index.step():
        pass
    assert index.verify().fine
    SearchEntry.objects.filter(case_id=one.pk).delete()
    Case.objects.filter(pk=two.pk).update(text="别的")
    SearchEntry.objects.create(case_id=1, digest=0, tokens=[])
    found = index.verify()
    assert (found.missing, found.stale, found.gone) == ([one.pk], [two.pk], [1])
    index.rebuild()
    assert index.verify().fine


@pytest.mark.parametrize("count", [1, 3, 50])
def test_a_search_is_as_many_statements_whatever_its_size(town: Town, count: int) -> None:
    for n in range(count):
        town.report(START + timedelta(minutes=n))
    index.rebuild()
    who = town.who("acceptor")
    page(who)
    # How far the index is, its tail, two looks for the slice's end, the slice, where time
    # ends, the index, the rows.
    assert fewest(lambda: len(page(who, CaseFilter(words="暴露")).rows) == count) == 8


@pytest.mark.parametrize("days", [0, 1, 7, 8, 55, 56, 57, 400, 3_650])
def test_spans_cover_all_time_between_and_little_more(days: int) -> None:
    for shift in range(0, 60, 7):
        first = START + timedelta(days=shift)
        last = first + timedelta(days=days)
        spans = tokens.spans(first, last)
        assert len(spans) == len(set(spans)) <= 14 + days // 56 + 1
        for day in range(0, days + 1, 3):
            at = first + timedelta(days=day)
            assert tokens.time_of({"opened_at": at, "closed_at": at}) & set(spans)
        for beside in (first - timedelta(days=8), last + timedelta(days=8)):
            row = {"opened_at": beside, "closed_at": beside}
            assert not tokens.time_of(row) & set(spans)


def test_of_too_long_a_time_the_index_is_not_asked() -> None:
    assert tokens.spans(START - timedelta(days=30_000), START) == []
