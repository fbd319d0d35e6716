"""Whoever names somebody who is away is told who stands in, at page and API, and may mean it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import factories
import pytest
from api.callers import caller
from page_clients import signed_in

from chengguan.audit.models import Entry
from chengguan.cases.domain.acting import act
from chengguan.cases.models import Case
from chengguan.command.models import Absence
from chengguan.core.errors import Invalid, NotAllowed

from .test_standing_in import away

if TYPE_CHECKING:
    from factories import City

pytestmark = pytest.mark.django_db


def dispatched(city: City) -> Case:
    case: Case = factories.report(source="collector")
    act(case, "file", city.principal("acceptor"), {"rule": city.rule.pk})
    act(case, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
    return case


def state(case: Case) -> tuple[str, int | None]:
    found = Case.objects.get(pk=case.pk)
    return found.state, found.handler_id


def test_the_api_names_the_stand_in_and_takes_it_when_it_is_meant(city: City) -> None:
    handler = city.people["handler"]
    b = factories.user("代班人", city.unit, factories.post("handler"))
    absence = away(handler, b)
    case = dispatched(city)
    clerk = caller(city.people["unit"])
    asked: dict[str, Any] = {"verb": "assign", "data": {"handler": handler.pk}}

    answer = clerk.post(f"/cases/{case.number}/act", asked)

    told = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert told["code"] == "cases.person_away"
    assert "由 代班人 代班" in told["detail"]
    assert told["params"] == {
        "person": handler.pk,
        "until": told["params"]["until"],
        "stand_in": b.pk,
        "stand_in_name": "代班人",
        "override": "although_away",
    }
    assert state(case) == ("awaiting_handling", None)
    assert not Entry.objects.filter(action="case.assign").exists()

    asked["data"]["although_away"] = True
    assert clerk.post(f"/cases/{case.number}/act", asked).status_code == 200
    assert state(case) == ("handling", handler.pk)
    noted = Entry.objects.get(action="case.although_away")
    assert (noted.subject_id, noted.detail["stand_in"]) == (str(case.pk), b.pk)

    Absence.objects.filter(pk=absence.pk).delete()


def test_b_is_taken_without_a_word_and_so_is_who_names_himself(city: City) -> None:
    b = factories.user("代班人", city.unit, factories.post("handler"))
    away(city.people["handler"], b)
    case = dispatched(city)
    act(case, "assign", city.principal("unit"), {"handler": b.pk})
    assert state(case) == ("handling", b.pk)
    assert not Entry.objects.filter(action="case.although_away").exists()


def test_who_may_not_assign_learns_nothing_of_absences(city: City) -> None:
    away(city.people["handler"], None)
    case = dispatched(city)
    with pytest.raises(NotAllowed) as refused:
        act(case, "assign", city.principal("other"), {"handler": city.people["handler"].pk})
    assert "离岗" not in str(refused.value)


def test_the_page_keeps_the_form_and_asks_for_a_tick(city: City) -> None:
    handler = city.people["handler"]
    case = dispatched(city)
    clerk = signed_in(city.people["unit"])
    away(handler, None)
    form = clerk.get(f"/cases/{case.number}/verbs/assign/").content.decode()
    assert 'name="although_away"' in form
    assert "离岗至" in form

    for room in ("cases", "desk"):
        page = f"/{room}/{case.number}/verbs/assign/act/"
        answer = clerk.post(page, {"handler": handler.pk}, headers={"HX-Request": "true"})
        assert (answer.status_code, "没有安排 B 角" in answer.content.decode()) == (422, True)
    assert state(case) == ("awaiting_handling", None)

    clerk.post(
        f"/desk/{case.number}/verbs/assign/act/", {"handler": handler.pk, "although_away": "1"}
    )
    assert state(case) == ("handling", handler.pk)


def test_what_is_replayed_was_decided_then(city: City) -> None:
    away(city.people["handler"], None)
    case = dispatched(city)
    act(
        case, "assign", city.principal("unit"), {"handler": city.people["handler"].pk},
        case.changed_at,
    )  # fmt: skip
    assert state(case)[0] == "handling"


def test_nonsense_instead_of_a_person_or_a_tick_is_refused_as_before(city: City) -> None:
    away(city.people["handler"], None)
    case = dispatched(city)
    for wrong in ("x", "²", "", None, [1], {"a": 1}):
        with pytest.raises(Invalid):
            act(case, "assign", city.principal("unit"), {"handler": wrong})
    ticks: list[Any] = [{}, [], None, "nein", 5]
    for tick in ticks:
        with pytest.raises(Invalid, match="离岗"):
            act(
                case, "assign", city.principal("unit"),
                {"handler": city.people["handler"].pk, "although_away": tick},
            )  # fmt: skip
