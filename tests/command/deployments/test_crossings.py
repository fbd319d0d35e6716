"""Cases handled across a town's border: approval first, both towns see them while it lasts, all countable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone
from page_clients import fewest, statements

from chengguan.cases import crossing
from chengguan.cases.domain.acting import act
from chengguan.cases.domain.rebuild import verify
from chengguan.cases.filters import CaseFilter
from chengguan.cases.models import Case, Crossing
from chengguan.cases.points import forget, points_of
from chengguan.cases.queries import cases_visible_to, page, sees
from chengguan.command.deployments.domain.deciding import finish
from chengguan.command.deployments.domain.running import run_due
from chengguan.command.models import Deployment
from chengguan.store import cache
from chengguan.workflow.errors import WrongState

from .towns import Towns

if TYPE_CHECKING:
    from django.test import Client

Signed = Callable[[str], "Client"]
FLAGGED = CaseFilter(flags=("cross_town",))


def _seen(towns: Towns, name: str, wanted: CaseFilter | None = None) -> list[int]:
    """Give the cases somebody sees, which every way of reading must agree about."""
    who = towns.who(name)
    forget()
    found = sorted(one.id for one in page(who, wanted or CaseFilter()).rows)
    if wanted is None:
        assert sorted(cases_visible_to(who).values_list("pk", flat=True)) == found
        assert sorted(one.pk for one in Case.objects.all() if sees(who, one)) == found
    points = points_of(who, wanted or CaseFilter(), timezone.now())
    assert sorted(points.ids.tolist()) == found
    return found


def test_a_town_may_not_call_another_towns_unit_by_itself(towns: Towns) -> None:
    case = towns.case()
    with pytest.raises(WrongState, match="泥城城建办属于泥城镇，跨镇域协办须先经县（区）批准"):
        towns.call(case)
    towns.ask()
    with pytest.raises(WrongState, match="须先经县"):
        towns.call(case)
    # Its own units and those of the county as before.
    data = {"assist": [towns.own.pk, towns.town.city.other_unit.pk]}
    act(case, "call_assist", towns.who("home"), data, timezone.now())
    assert not Crossing.objects.exists()


def test_both_towns_see_it_while_it_lasts(towns: Towns) -> None:
    case, plain = towns.case(), towns.case()
    mine = sorted([case.pk, plain.pk])
    assert (_seen(towns, "home"), _seen(towns, "lender")) == (mine, [])
    one = towns.approved()
    towns.call(case)
    row = Crossing.objects.get()
    assert (row.case_id, row.home, row.lender, row.deployment_id, row.until) == (
        case.pk,
        "310115501",
        "310115502",
        one.pk,
        one.ends_at,
    )
    assert (_seen(towns, "home"), _seen(towns, "lender")) == (mine, [case.pk])
    assert _seen(towns, "clerk") == [case.pk]
    assert (_seen(towns, "third"), _seen(towns, "away"), _seen(towns, "own_clerk")) == ([], [], [])
    for name in ("home", "lender", "county"):
        assert _seen(towns, name, FLAGGED) == [case.pk]
    assert _seen(towns, "home", CaseFilter(flags=("-cross_town",))) == [plain.pk]
    assert verify().differences == []
    now = timezone.now()
    Deployment.objects.update(ends_at=now)
    Crossing.objects.update(until=now)
    cache.forget()
    assert run_due(now) == 1
    # The end: the other town sees it no more, its unit's part is taken off, and it stays countable.
    assert (_seen(towns, "lender"), _seen(towns, "clerk")) == ([], [])
    assert (_seen(towns, "home", FLAGGED), _seen(towns, "county", FLAGGED)) == (
        [case.pk],
        [case.pk],
    )
    stored = Case.objects.get(pk=case.pk)
    assert (stored.assisting, Deployment.objects.get().settled_at) == ([], now)
    assert verify().differences == []
    with pytest.raises(WrongState, match="须先经县"):
        towns.call(stored)


def test_its_time_ends_without_a_worker(towns: Towns) -> None:
    case = towns.case()
    towns.approved()
    towns.call(case)
    assert _seen(towns, "lender") == [case.pk]
    Crossing.objects.update(until=timezone.now() - timedelta(seconds=1))
    cache.forget()
    assert _seen(towns, "lender") == []


def test_a_part_that_is_done_stays(towns: Towns) -> None:
    case = towns.case()
    one = towns.approved()
    towns.call(case)
    act(case, "finish_assist", towns.who("clerk"), {"note": "已清理"}, timezone.now())
    finish(towns.who("home"), one.pk, "任务提前完成")
    stored = Case.objects.get(pk=case.pk)
    assert (stored.assisting, stored.assisted) == ([towns.unit.pk], [towns.unit.pk])
    # The town sees it no more; the unit that had its part still does, as of any joint order.
    assert (_seen(towns, "lender"), _seen(towns, "clerk")) == ([], [case.pk])


def test_a_part_that_is_done_is_asked_for_again_with_an_approval_alone(towns: Towns) -> None:
    case = towns.case()
    one = towns.approved()
    towns.call(case)
    act(case, "finish_assist", towns.who("clerk"), {"note": "已清理"}, timezone.now())
    finish(towns.who("home"), one.pk, "任务提前完成")
    with pytest.raises(WrongState, match="须先经县"):
        towns.call(Case.objects.get(pk=case.pk))
    towns.approved()
    towns.call(Case.objects.get(pk=case.pk))
    assert Crossing.objects.filter(case_id=case.pk).count() == 2


def test_an_order_for_a_case_shows_it_to_both(towns: Towns) -> None:
    case = towns.case()
    one = towns.approved(case_number=case.number)
    assert _seen(towns, "lender") == [case.pk]
    assert (Crossing.objects.get().unit_id, Crossing.objects.get().deployment_id) == (
        towns.unit.pk,
        one.pk,
    )
    assert _seen(towns, "clerk") == [case.pk]
    # Asked to assist as well: one case, one line.
    towns.call(case)
    assert crossing.towns_text(case.pk) == "临港街道 ← 泥城镇"


def test_what_the_county_orders_is_flagged_and_shown_to_nobody_more(towns: Towns) -> None:
    case = towns.case()
    towns.call(case, "county")
    row = Crossing.objects.get()
    assert (row.deployment_id, row.until) == (None, None)
    assert (_seen(towns, "lender"), _seen(towns, "county", FLAGGED)) == ([], [case.pk])
    assert _seen(towns, "clerk") == [case.pk]


def test_the_pages_show_both_towns(towns: Towns, signed_as: Signed) -> None:
    case = towns.case()
    one = towns.approved()
    towns.call(case)
    url = reverse("cases:detail", args=[case.number])
    for name in ("home", "lender"):
        said = signed_as(name).get(url).content.decode()
        assert "临港街道 ← 泥城镇" in said
        assert reverse("command:deployments-detail", args=[one.pk]) in said
    assert signed_as("third").get(url).status_code == 404
    listed = signed_as("lender").get(reverse("cases:list"), {"flag": "cross_town"})
    assert (case.number in listed.content.decode(), "跨镇域" in listed.content.decode()) == (
        True,
        True,
    )
    detail = signed_as("lender").get(reverse("command:deployments-detail", args=[one.pk]))
    assert [one.pk for one in detail.context["cases"]] == [case.pk]


def test_a_case_without_help_costs_no_statement_more(towns: Towns, signed_as: Signed) -> None:
    """Lists and pages of a town that lends forces: as many statements as before it did."""
    home, lender = signed_as("home"), signed_as("lender")
    plain, case = towns.case(), towns.case()
    urls = [reverse("cases:list"), reverse("cases:detail", args=[plain.number])]
    before = [statements(home, url) for url in urls]
    lists = statements(lender, urls[0])
    who = towns.who("lender")
    assert fewest(lambda: page(who)) == 1
    towns.approved()
    towns.call(case)
    assert [statements(home, url) for url in urls] == before
    assert statements(home, reverse("cases:detail", args=[case.number])) == before[1]
    # With a row to show a page of any list has its second statement.
    assert fewest(lambda: page(who).rows) == 2
    assert statements(lender, urls[0]) <= lists + 1
