"""The queue of joint orders: the part of a unit that assists, as many as its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import factories
import pytest
from page_clients import signed_in

from chengguan.cases.domain.acting import act
from chengguan.cases.models import Case

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

pytestmark = pytest.mark.django_db


def joint(city: City) -> Case:
    case: Case = factories.report(source="collector")
    act(case, "file", city.principal("acceptor"), {"rule": city.rule.pk})
    data = {"unit": city.unit.pk, "assist": [str(city.other_unit.pk)]}
    act(case, "dispatch", city.principal("dispatcher"), data)
    return case


def queue(client: Client, state: str = "assist") -> tuple[list[str], dict[str, int]]:
    found = client.get("/desk/", {"state": state}).context
    rows = [row.number for row in found["page_of"].rows]
    return rows, {one["queue"].title: one["queue"].count for one in found["queues"]}


def test_an_assisting_unit_has_its_part_in_a_queue_until_it_is_done(city: City) -> None:
    helper, lead = signed_in(city.people["other"]), signed_in(city.people["unit"])
    first, second = joint(city), joint(city)
    assert queue(helper) == ([first.number, second.number], {"协办": 2})
    # Beside one's own cases, not among them; and the lead has no part to assist in.
    assert helper.get("/desk/").context["total"] == 2 - 2
    assert queue(lead) == ([], {"待处置": 2, "协办": 0})
    pane = helper.get(f"/desk/{first.number}/").context["pane"]
    assert pane.open_form.form.verb.name == "finish_assist"
    tile = helper.get(f"/units/{city.other_unit.pk}/")
    assert tile.context["assist"] == 2
    assert '/desk/?state=assist">2</a>' in tile.content.decode()
    act(first, "finish_assist", city.principal("other"), {"note": "已清运"})
    assert queue(helper) == ([second.number], {"协办": 1})
    asked = {"state": "assist", "case": [first.number, second.number]}
    kept = helper.get("/desk/changes/", asked).content.decode()
    assert f'row-{second.number}"' in kept
    assert f'row-{first.number}"' not in kept


def test_who_manages_no_unit_has_no_such_queue(city: City, acceptor: Client) -> None:
    joint(city)
    assert queue(acceptor) == ([], {})
    assert queue(signed_in(city.people["handler"])) == ([], {})
