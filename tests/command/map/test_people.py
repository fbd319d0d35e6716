"""People: only those on duty, only for those who may see people, by grid, and each look is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from django.utils import timezone
from page_clients import signed_in

from chengguan.accounts.domain.principal import principal_of
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import User
from chengguan.command.map.domain.people import OnMap, people_on_duty, places_of, tell
from chengguan.command.models import Assignment
from chengguan.core.errors import NotAllowed
from chengguan.registry.models import Area
from chengguan.store import cache

from .places import EAST, WEST, person_of

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Duty:
    """What the roster says of somebody on duty, as far as the map asks."""

    user_id: int
    name: str
    post_name: str
    area_code: str
    area_name: str = "西社区"
    organisation_id: int | None = None
    shift_name: str = "早班"


def duty(user: User, area_code: str = WEST) -> Duty:
    return Duty(user.pk, user.name, "采集员", area_code)


def seen_by(user: User, *duties: Duty) -> list[OnMap]:
    principal, now = principal_of(user), timezone.now()
    found = places_of(principal, duties, now)
    tell(principal, found, now)
    return found


@pytest.fixture
def chief(city: City) -> User:
    return person_of(WEST, Capability.SEE_PEOPLE)


@pytest.fixture
def reporter(city: City) -> User:
    from chengguan.cases.domain.intake import NewReport, take_in

    user = city.people["collector"]
    lon, lat = factories.inside(1)
    taken = NewReport(
        source="collector", client="test", key="p1", text="路口有暴露垃圾", lon=lon, lat=lat,
        kind="matter", matter_code="01001", reporter_id=user.pk,
    )  # fmt: skip
    take_in(taken, principal_of(user))
    return user


def test_somebody_on_duty_is_shown_by_grid(chief: User, reporter: User) -> None:
    found = seen_by(chief, duty(reporter))

    grid = Area.objects.get(code=found[0].area_code)
    assert grid.level == "grid"
    assert found[0].point == tuple(grid.centre or ())
    assert found[0].point != factories.inside(1)
    assert found[0].at is not None


def test_each_look_is_in_the_list_of_who_was_looked_at(
    chief: User, reporter: User, stranger: Client
) -> None:
    seen_by(chief, duty(reporter))
    seen_by(chief, duty(reporter))

    page = signed_in(reporter).get("/map/people/seen/")

    assert [look.actor for look in page.context["looks"]] == ["片区员", "片区员"]
    assert stranger.get("/map/people/seen/").context["looks"] == []


def test_who_did_nothing_in_the_field_today_has_no_place_and_no_look(
    chief: User, city: City
) -> None:
    idle = city.people["collector2"]
    found = seen_by(chief, duty(idle))

    assert (found[0].point, found[0].at) == (None, None)
    assert signed_in(idle).get("/map/people/seen/").context["looks"] == []


def test_another_area_sees_nobody(reporter: User) -> None:
    east = person_of(EAST, Capability.SEE_PEOPLE)

    assert seen_by(east, duty(reporter)) == []
    # On duty in the east, at work in the west: known to be on duty, not where.
    assert [one.point for one in seen_by(east, duty(reporter, EAST))] == [None]


def test_without_the_right_nobody_is_asked_for(city: City) -> None:
    with pytest.raises(NotAllowed):
        people_on_duty(city.principal("dispatcher"), timezone.now())


def test_people_in_the_page(chief: User, reporter: User) -> None:
    body = signed_in(chief).get("/map/people.geojson").json()

    # Nobody stands in a roster here: nobody is on duty, so nobody is shown.
    assert (body["features"], body["on_duty"]) == ([], 0)


def test_a_number_that_finds_somebody_is_a_look(city: City, chief: User, reporter: User) -> None:
    """One on duty in a circle no larger than a grid: whoever knows the roster knows who and where."""
    principal, now = principal_of(chief), timezone.now()
    Assignment.objects.create(
        user=reporter, organisation=city.centre, post="collector", area_code=WEST,
        shift_name="白班", starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1),
    )  # fmt: skip
    cache.forget()
    grid = people_on_duty(principal, now)[0].point
    assert grid is not None

    def looks(metres: float) -> int:
        circle = f"{grid[0]},{grid[1]},{metres}"
        panel = signed_in(chief).get("/map/inside/", {"circle": circle})
        assert {kind: number for kind, _, number in panel.context["found"]}["people"] == 1
        return len(signed_in(reporter).get("/map/people/seen/").context["looks"])

    assert (looks(1_000), looks(50)) == (0, 1)
