"""What was proposed against what was filed: by rank, scoped, each figure as many as its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import factories
import pytest
from django.utils import timezone
from page_clients import signed_in, statements

from chengguan.accounts.domain.principal import principal_of
from chengguan.cases.domain.calling import take_call
from chengguan.cases.domain.intake import NewReport
from chengguan.cases.queries_proposing import RANKS, accuracy
from chengguan.registry.models import FilingRule

if TYPE_CHECKING:
    from factories import City

_URL = "/cases/proposals/taken/"


@pytest.fixture
def city(db: None) -> City:
    made = factories.working_city()
    factories.rule(factories.matter("01036", "路灯异常"), condition="灯不亮")
    return made


def called(city: City, key: str, text: str, code: str = "01001", community: int = 1) -> str:
    lon, lat = factories.inside(community)
    rule = FilingRule.objects.get(matter__code=code)
    new = NewReport(
        source="hotline", client="call:1", key=key, text=text, lon=lon, lat=lat, kind="matter",
        matter_code=code,
    )  # fmt: skip
    file: dict[str, Any] = {"rule": rule.pk, "unverified": "情况明确"}
    call = take_call(city.principal("acceptor"), new, file=file)
    assert call.refused is None
    return call.taken.number


def ranks(city: City, who: str = "acceptor") -> dict[str, dict[str, int]]:
    found = accuracy(city.principal(who), timezone.now())
    return {one.code: {rank: len(ids) for rank, ids in one.cases.items()} for one in found.matters}


def test_ranks_are_of_what_was_filed(city: City) -> None:
    called(city, "a", "有暴露垃圾")
    called(city, "b", "路灯坏了，路灯不亮，旁边有暴露垃圾")
    called(city, "c", "路灯不亮")
    called(city, "d", "喂喂听得见吗")
    called(city, "e", "路灯不亮", "01036")
    factories.report()
    assert ranks(city) == {
        "01001": {"1": 1, "2": 1, "other": 1, "none": 1},
        "01036": {"1": 1},
    }


def test_every_figure_has_as_many_rows(city: City) -> None:
    for at in range(3):
        called(city, f"a{at}", "有暴露垃圾")
    called(city, "c", "路灯不亮")
    client = signed_in(city.people["acceptor"])
    page = client.get(_URL).context
    for line in page["lines"]:
        for rank, count in line["counts"]:
            behind = client.get(_URL, {"matter": line["value"], "rank": rank}).context
            assert (behind["count"], len(behind["rows"])) == (count, count)
    for rank, count in page["sums"]:
        assert len(client.get(_URL, {"matter": "", "rank": rank}).context["rows"]) == count
    assert list(dict(page["sums"])) == list(RANKS)


def test_out_of_scope_is_not_counted_and_strangers_are_refused(city: City) -> None:
    called(city, "a", "有暴露垃圾")
    called(city, "b", "有暴露垃圾", community=2)
    west = factories.user(
        "西片受理", city.centre, factories.post("acceptor"), area_code=f"{factories.STREET}001"
    )
    assert [one.total for one in accuracy(principal_of(west), timezone.now()).matters] == [1]
    assert [one.total for one in accuracy(city.principal("acceptor"), timezone.now()).matters] == [
        2
    ]
    stranger = factories.stranger()
    assert accuracy(principal_of(stranger), timezone.now()).matters == []
    assert signed_in(stranger).get(_URL).status_code == 403


def test_statements_do_not_grow(city: City) -> None:
    client = signed_in(city.people["acceptor"])
    called(city, "a", "有暴露垃圾")
    one = statements(client, f"{_URL}?matter=")
    for at in range(2):
        called(city, f"b{at}", "有暴露垃圾")
    assert statements(client, f"{_URL}?matter=") == one
