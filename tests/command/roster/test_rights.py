"""Who keeps one unit's roster plans for its people, in its areas, and for nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import factories
import pytest
import time_machine
from django.utils import timezone
from page_clients import signed_in

from chengguan.accounts.domain.principal import principal_of
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Grant, User
from chengguan.command.models import Absence, Assignment, Pairing, Rule, Swap
from chengguan.command.roster.domain.absent import record_absence, set_pair
from chengguan.command.roster.domain.correcting import assign, correct
from chengguan.command.roster.domain.rules import apply_rule
from chengguan.command.roster.domain.settings import save_need
from chengguan.command.roster.domain.swaps import ask_swap
from chengguan.core.errors import DomainError, Invalid, NotAllowed
from chengguan.store import cache
from command.roster.duty_city import DutyCity, at, duty_city, rotation

pytestmark = pytest.mark.django_db
WEST = f"{factories.STREET}001"


@pytest.fixture(autouse=True)
def _before() -> object:
    with time_machine.travel(at(31, 12, month=5), tick=True):
        yield


@pytest.fixture
def duty() -> DutyCity:
    return duty_city(password=factories.PASSWORD)


@pytest.fixture
def far(duty: DutyCity) -> User:
    """A collector of another unit, whose roster this keeper doesn't keep."""
    other = factories.organisation("邻区中心", area_code="310116")
    return factories.user(
        "邻区人", other, factories.post("collector"), username="far", password=factories.PASSWORD
    )


def of_the_centre(duty: DutyCity, **columns: object) -> dict[str, object]:
    return {
        "organisation": duty.city.centre, "post": "collector", "area_code": WEST,
        "starts_at": at(2, 8), "ends_at": at(2, 16), "shift_name": "中班", **columns,
    }  # fmt: skip


def test_nobody_of_another_unit_is_put_on_duty(duty: DutyCity, far: User) -> None:
    with pytest.raises(NotAllowed) as refused:
        assign(duty.keeping, user=far, **of_the_centre(duty))  # type: ignore[arg-type]
    assert refused.value.code == "roster.not_his_people"
    # A number that was guessed tells no name.
    assert far.name not in str(refused.value)

    mine = assign(duty.keeping, user=duty.people[0], **of_the_centre(duty))  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        correct(duty.keeping, mine, why="临时", replaced_by=far)
    mine.refresh_from_db()
    assert mine.ended_at is None
    assert Assignment.objects.count() == 1


def test_a_rule_has_people_of_ones_own_when_it_is_made_and_when_it_is_applied(
    duty: DutyCity, far: User
) -> None:
    with pytest.raises(NotAllowed):
        rotation(duty, members=[(1, far, WEST)])
    assert not Rule.objects.exists()

    rule = rotation(duty)
    moved = duty.people[1]
    User.objects.filter(pk=moved.pk).update(organisation=far.organisation)
    with pytest.raises(NotAllowed):
        apply_rule(duty.keeping, rule, date(2026, 6, 1), date(2026, 6, 4))
    assert not Assignment.objects.exists()


def test_absences_and_pairs_name_ones_own_people(duty: DutyCity, far: User) -> None:
    away = {"starts_at": at(1, 0), "ends_at": at(3, 0), "kind": "leave"}
    a = duty.people[0]
    refused: list[Callable[[], object]] = [
        lambda: record_absence(duty.keeping, user=far, **away),  # type: ignore[arg-type]
        lambda: record_absence(duty.keeping, user=a, stand_in=far, **away),  # type: ignore[arg-type]
        lambda: set_pair(duty.keeping, user=a, stand_in=far, valid_from=date(2026, 6, 1)),
        lambda: set_pair(duty.keeping, user=far, stand_in=a, valid_from=date(2026, 6, 1)),
    ]
    for call in refused:
        with pytest.raises(NotAllowed):
            call()
    assert not Absence.objects.exists()
    assert not Pairing.objects.exists()


def test_a_duty_without_an_area_is_one_for_everywhere(duty: DutyCity) -> None:
    Grant.objects.filter(user=duty.keeper).update(area_code=WEST)
    cache.forget()
    keeper = principal_of(User.objects.get(pk=duty.keeper.pk))
    assert keeper.can(Capability.ROSTER, area_code=WEST)
    assert not keeper.can(Capability.ROSTER, area_code="")
    with pytest.raises(NotAllowed):
        assign(keeper, user=duty.people[0], **of_the_centre(duty, area_code=""))  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        save_need(
            keeper, organisation=duty.city.centre, post="collector", area_code="", days="all",
            start=at(1, 0).time(), end=at(1, 8).time(), people=1, valid_from=date(2026, 6, 1),
        )  # fmt: skip
    for area in ("", "310115" * 4, "３１０１１５"):
        with pytest.raises((NotAllowed, Invalid)):
            rotation(duty, members=[(1, duty.people[0], area)])


def test_a_swap_is_asked_of_people_of_the_same_unit(duty: DutyCity, far: User) -> None:
    mine = assign(duty.keeping, user=duty.people[0], **of_the_centre(duty))  # type: ignore[arg-type]
    with pytest.raises(DomainError) as refused:
        ask_swap(principal_of(duty.people[0]), given=mine, colleague=far, reason="家中有事")
    assert (refused.value.code, far.name in str(refused.value)) == ("roster.colleague", False)
    answer = signed_in(duty.people[0]).post(
        f"/roster/duty/{mine.pk}/swap/", {"with": f"{far.pk}", "reason": "家中有事"}
    )
    assert (answer.status_code, far.name in answer.content.decode()) == (422, False)
    assert not Swap.objects.exists()


def test_a_number_in_other_digits_is_no_unit(duty: DutyCity) -> None:
    given = {"organisation": "²", "sha256": "a" * 64, "name": "排班.csv"}
    assert signed_in(duty.keeper).post("/roster/import/apply/", given).status_code == 404


def test_a_wall_is_nobodys_colleague(duty: DutyCity) -> None:
    """Where the public passes no roster hangs, though the wall's account belongs to the centre."""
    now = timezone.now()
    hours = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
    assign(duty.keeping, user=duty.people[0], **of_the_centre(duty, **hours))  # type: ignore[arg-type]
    wall = factories.user(
        "大屏", duty.city.centre, factories.post("wall", Capability.WALL), username="wall",
        area_code=factories.DISTRICT,
    )  # fmt: skip
    for url in ("/roster/", "/roster/now/", "/roster/hours/"):
        colleague, shown = (
            signed_in(user).get(url).content.decode() for user in (duty.people[0], wall)
        )
        assert (duty.people[0].name in colleague, duty.people[0].name in shown) == (True, False)
        assert "000-1" not in shown


@pytest.mark.parametrize("by_unit", [True, False])
def test_a_grant_for_one_unit_keeps_the_roster_of_that_unit_alone(
    duty: DutyCity, by_unit: bool
) -> None:
    """Whatever kind of post holds it: the grant's organisation is asked about each time."""
    unit, other = duty.city.unit, duty.city.other_unit
    post = factories.post("unit_planner", Capability.ROSTER, by_unit=by_unit)
    bound = factories.user("班组长", unit, post, username="bound", area_code=factories.DISTRICT)
    own = factories.user("本单位人", unit, factories.post("handler"), username="own")
    theirs = factories.user("他单位人", other, factories.post("handler"), username="theirs")
    who = principal_of(bound)
    made = assign(who, user=own, **of_the_centre(duty, organisation=unit, post="handler"))  # type: ignore[arg-type]
    refused: list[Callable[[], object]] = [
        lambda: assign(who, user=theirs, **of_the_centre(duty, organisation=unit, post="handler")),  # type: ignore[arg-type]
        lambda: assign(who, user=own, **of_the_centre(duty, organisation=other, post="handler")),  # type: ignore[arg-type]
        lambda: assign(who, user=theirs, **of_the_centre(duty, organisation=other, post="handler")),  # type: ignore[arg-type]
        lambda: correct(who, made, why="临时", replaced_by=theirs),
        lambda: record_absence(
            who, user=theirs, starts_at=at(1, 0), ends_at=at(3, 0), kind="leave"
        ),
        lambda: set_pair(who, user=own, stand_in=theirs, valid_from=date(2026, 6, 1)),
        lambda: save_need(
            who, organisation=other, post="handler", area_code=WEST, days="all",
            start=at(1, 0).time(), end=at(1, 8).time(), people=1, valid_from=date(2026, 6, 1),
        ),
    ]  # fmt: skip
    for call in refused:
        with pytest.raises(NotAllowed):
            call()
    assert list(Assignment.objects.values_list("pk", flat=True)) == [made.pk]
    client = signed_in(bound)
    for url in ("/roster/", "/roster/away/"):
        page = client.get(url)
        assert (page.status_code, theirs.name in page.content.decode()) == (200, False)
