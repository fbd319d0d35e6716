"""Units: every number on their pages is that of its rows, and each sees his own alone."""

from __future__ import annotations

from datetime import timedelta

import factories
import pytest
from django.utils import timezone
from page_clients import signed_in, statements

from chengguan.accounts.models import Organisation, User
from chengguan.cases.domain.acting import act
from chengguan.store import revisions
from command.busy import Busy, busy_town
from command.figures.truth import assert_true, bare_numbers, numbers_of, rows_behind

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(db: None) -> Busy:
    return busy_town()


def contractor(busy: Busy) -> tuple[Organisation, User, User]:
    """Make a contractor under the sanitation unit, with a clerk and a handler, and a case of its own."""
    made = factories.organisation("保洁公司", parent=busy.town.city.unit, kind="contractor")
    clerk = factories.user("公司经办", made, factories.post("unit"))
    handler = factories.user("公司保洁员", made, factories.post("handler"))
    now = timezone.now() - timedelta(minutes=20)
    case = busy.town.walk(busy.town.report(now), "file")
    data = {"unit": made.pk, "override": "由承包单位办理"}
    act(case, "dispatch", busy.town.who("dispatcher"), data, case.changed_at)
    revisions.bump("organisations", "accounts")
    return made, clerk, handler


@pytest.mark.parametrize("who", ["unit", "leader", "street"])
def test_every_number_of_a_unit_is_that_of_its_rows(busy: Busy, who: str) -> None:
    user = getattr(busy, who, None) or busy.town.city.people[who]
    client = signed_in(user)
    html = client.get(f"/units/{busy.town.city.unit.pk}/").content.decode()
    assert assert_true(client, html) > 50
    assert [one for one in bare_numbers(html) if "近" not in one] == []
    states = html.partition("在单位手里的案件")[2].partition("人员在办")[0]
    assert "环卫所" not in states
    if who != "street":
        assert "待处置" in states
        assert {one.value for one in numbers_of(html) if one.code == "at_unit"} != {0}


def test_the_list_of_units_is_true_and_leads_to_each(busy: Busy) -> None:
    contractor(busy)
    client = signed_in(busy.town.city.people["leader"])
    html = client.get("/units/").content.decode()
    assert assert_true(client, html) >= 10
    for unit in (busy.town.city.unit, Organisation.objects.get(name="保洁公司")):
        assert f'href="/units/{unit.pk}/"' in html
    assert html.count("承包单位</span>") == 1


def test_a_department_sees_its_contractor_and_not_the_other_way_round(busy: Busy) -> None:
    made, clerk, _ = contractor(busy)
    above = signed_in(busy.town.city.people["unit"])
    html = above.get(f"/units/{busy.town.city.unit.pk}/").content.decode()
    assert "保洁公司" in html
    assert above.get(f"/units/{made.pk}/").status_code == 200
    own = signed_in(clerk)
    assert own.get("/units/").headers["Location"] == f"/units/{made.pk}/"
    page = own.get(f"/units/{made.pk}/").content.decode()
    assert next(one.value for one in numbers_of(page) if one.code == "at_unit") == 1
    assert assert_true(own, page) > 50
    assert own.get(f"/units/{busy.town.city.unit.pk}/").status_code == 404
    assert own.get(f"/units/{busy.town.city.other_unit.pk}/").status_code == 404


def test_people_are_listed_by_name_with_what_they_hold(busy: Busy) -> None:
    now = timezone.now() - timedelta(minutes=20)
    busy.town.walk(busy.town.report(now), "file", "dispatch", "assign")
    client = signed_in(busy.town.city.people["unit"])
    html = client.get(f"/units/{busy.town.city.unit.pk}/").content.decode()
    people = html.partition("人员在办")[2]
    held = [one for one in numbers_of(people) if "handler=" in one.url and one.code == "at_unit"]
    assert held
    for one in held:
        assert len(rows_behind(client, one.url)) == one.value
    assert str(busy.town.city.people["handler"].name) in people


def test_a_stranger_sees_no_unit(busy: Busy) -> None:
    client = signed_in(factories.stranger())
    assert client.get("/units/").status_code == 403
    assert client.get(f"/units/{busy.town.city.unit.pk}/").status_code == 403


def test_a_unit_costs_the_same_with_more_people_and_units(busy: Busy) -> None:
    url = f"/units/{busy.town.city.unit.pk}/"
    client = signed_in(busy.town.city.people["unit"])
    before = statements(client, url)
    contractor(busy)
    assert statements(client, url) <= before + 1
