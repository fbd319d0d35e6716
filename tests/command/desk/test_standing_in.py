"""Cases that lie with somebody who is away: said beside them, counted for his unit, handed to B."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from django.utils import timezone
from page_clients import signed_in, statements

from chengguan.cases.domain.acting import act
from chengguan.command.models import Absence
from chengguan.store import revisions

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

    from chengguan.accounts.models import User
    from chengguan.cases.models import Case

pytestmark = pytest.mark.django_db


def handled(city: City) -> Case:
    case: Case = factories.report(source="collector")
    act(case, "file", city.principal("acceptor"), {"rule": city.rule.pk})
    act(case, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
    meant = {"handler": city.people["handler"].pk, "although_away": True}
    act(case, "assign", city.principal("unit"), meant)
    return case


def away(user: User, stand_in: User | None, hours: int = 5) -> Absence:
    now = timezone.now()
    made: Absence = Absence.objects.create(
        user=user,
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=hours),
        kind="sick",
        stand_in=stand_in,
        made_by="测试",
    )
    revisions.bump("command.roster")
    return made


def queue(client: Client) -> tuple[list[str], int | None]:
    found = client.get("/desk/", {"state": "away"}).context
    counts = {one["queue"].state: one["queue"].count for one in found["queues"]}
    return [row.number for row in found["page_of"].rows], counts.get("away")


def test_the_clerk_hands_to_b_what_lies_with_a(city: City) -> None:
    clerk, other = signed_in(city.people["unit"]), signed_in(city.people["other"])
    b = factories.user("代班人", city.unit, factories.post("handler"))
    first, second = handled(city), handled(city)
    assert queue(clerk) == ([], 0)
    assert "离岗至" not in clerk.get(f"/desk/{first.number}/").content.decode()
    away(city.people["handler"], b)
    assert queue(clerk) == ([first.number, second.number], 2)
    assert queue(other) == ([], 0)
    page = clerk.get(f"/desk/{first.number}/")
    assert "可由 代班人 办理" in page.content.decode()
    form = page.context["pane"].open_form.form
    assert (form.verb.name, form.widgets[0].value) == ("hand_over", str(b.pk))
    act(first, "hand_over", city.principal("unit"), {"handler": b.pk})
    assert queue(clerk) == ([second.number], 1)
    assert "离岗至" not in clerk.get(f"/desk/{first.number}/").content.decode()
    kept = clerk.get("/desk/changes/", {"state": "away", "case": [first.number, second.number]})
    assert f'row-{second.number}"' in kept.content.decode()
    assert f'row-{first.number}"' not in kept.content.decode()


def test_without_a_stand_in_that_is_said_and_nobody_is_chosen(city: City) -> None:
    case = handled(city)
    away(city.people["handler"], None)
    page = signed_in(city.people["unit"]).get(f"/desk/{case.number}/")
    assert "没有安排 B 角" in page.content.decode()
    assert page.context["pane"].open_form.form.widgets[0].value == ""


def test_who_verifies_and_is_away_is_said_and_no_acceptor_has_the_queue(
    city: City, acceptor: Client
) -> None:
    case: Case = factories.report()
    person = city.people["collector"]
    act(case, "request_verification", city.principal("acceptor"), {"person": person.pk})
    away(person, None)
    assert f"{person.name} 离岗至" in acceptor.get(f"/desk/{case.number}/").content.decode()
    assert queue(acceptor) == ([], None)
    assert queue(signed_in(city.people["handler"])) == ([], None)


def test_the_queue_costs_the_same_for_one_and_three(city: City) -> None:
    clerk = signed_in(city.people["unit"])
    away(city.people["handler"], None)
    handled(city)
    one = statements(clerk, "/desk/?state=away")
    handled(city)
    handled(city)
    assert statements(clerk, "/desk/?state=away") == one
