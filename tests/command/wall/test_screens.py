"""A screen shows for weeks without breaking the rules of sessions: bound, read-only, revocable."""

from __future__ import annotations

import re
from datetime import timedelta
from time import time
from typing import TYPE_CHECKING, Any

import factories
import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from page_clients import signed_in

from chengguan.accounts import sessions
from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.domain.screens import grant_screen, revoke_screen
from chengguan.accounts.domain.wrong_codes import FROM_ONE, IN_ALL, MINUTES
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Grant, Screen
from chengguan.audit.models import Entry
from chengguan.core.errors import Invalid, NotAllowed
from chengguan.notify.live.admission import _of_session

if TYPE_CHECKING:
    from factories import City

    from chengguan.accounts.models import User

pytestmark = pytest.mark.django_db
HERE, ELSEWHERE = "10.1.2.3", "10.9.9.9"
LONG = 3 * 24 * 3600


@pytest.fixture
def city(db: None) -> City:
    return factories.working_city()


@pytest.fixture
def wall(city: City) -> User:
    post = factories.post("wall", Capability.WALL)
    return factories.user("大屏", city.centre, post, username="wall", area_code=factories.DISTRICT)


@pytest.fixture
def security(city: City) -> User:
    post = factories.post("security_admin", Capability.MANAGE_SECURITY)
    return factories.user("安全员", city.centre, post, username="sec")


def opened(wall: User, security: User) -> Client:
    _, code = grant_screen(
        wall, name="大厅", address=HERE, days=30, principal=principal_of(security)
    )
    screen = Client(REMOTE_ADDR=HERE)
    assert screen.get(f"/wall/open/{code}/").status_code == 200
    assert screen.post(f"/wall/open/{code}/")["Location"] == "/wall/"
    return screen


def age(client: Client, seconds: int) -> None:
    session = client.session
    session[sessions.SEEN] = int(time()) - seconds
    session.save()


def test_it_shows_after_days_where_a_person_is_signed_out(wall: User, security: User) -> None:
    screen, person = opened(wall, security), signed_in(wall)
    for client in (screen, person):
        age(client, LONG)
    assert [screen.get("/wall/").status_code, person.get("/wall/").status_code] == [200, 302]
    key = screen.session.session_key
    assert key is not None
    assert _of_session(key) is not None


def test_it_reads_the_wall_and_nothing_else(wall: User, security: User) -> None:
    screen = opened(wall, security)
    read = ["/wall/", "/wall/board/", "/wall/places.geojson", "/figures/open/rows/"]
    assert [screen.get(url).status_code for url in read] == [200] * 4
    refused = ["/", "/cases/", "/notices/", "/accounts/tokens/", "/api/v1/cases"]
    assert [screen.get(url).status_code for url in refused] == [403] * 5
    assert screen.post("/wall/").status_code == 403
    assert screen.post("/accounts/password/change/").status_code == 403


def test_from_another_address_it_ends(wall: User, security: User) -> None:
    screen = opened(wall, security)
    thief = Client(REMOTE_ADDR=ELSEWHERE)
    thief.cookies = screen.cookies
    assert thief.get("/wall/").status_code == 302


@pytest.mark.parametrize("end", ["revoked", "over", "off"])
def test_it_ends_at_once(wall: User, security: User, end: str) -> None:
    from chengguan.store import cache

    screen = opened(wall, security)
    row = Screen.objects.get()
    if end == "revoked":
        revoke_screen(row, principal=principal_of(security))
    elif end == "over":
        Screen.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        cache.forget()
    else:
        wall.is_active = False
        wall.save()
    key = screen.session.session_key or ""
    if end != "off":
        assert _of_session(key) is None
    assert screen.get("/wall/board/").status_code == 302


def test_an_account_that_was_given_more_to_do_shows_no_longer(
    city: City, wall: User, security: User
) -> None:
    who = principal_of(security)
    screen = opened(wall, security)
    _, code = grant_screen(wall, name="二号", address=HERE, days=30, principal=who)
    key = screen.session.session_key or ""
    Grant.objects.create(
        user=wall, post=factories.post("leader"), organisation=city.centre,
        valid_from=factories.SINCE,
    )  # fmt: skip
    loading.forget()
    assert _of_session(key) is None
    assert screen.get("/figures/open/rows/").status_code == 302
    assert Client(REMOTE_ADDR=HERE).post(f"/wall/open/{code}/").status_code == 403


def test_a_request_without_an_address_is_from_nowhere(wall: User, security: User) -> None:
    screen = opened(wall, security)
    thief = Client(REMOTE_ADDR="")
    thief.cookies = screen.cookies
    assert thief.get("/wall/").status_code == 302


def test_a_code_opens_once_soon_and_at_its_address(wall: User, security: User) -> None:
    who = principal_of(security)
    _, code = grant_screen(wall, name="大厅", address=HERE, days=30, principal=who)
    assert Client(REMOTE_ADDR=ELSEWHERE).post(f"/wall/open/{code}/").status_code == 403
    assert Client(REMOTE_ADDR=HERE).post(f"/wall/open/{code}/").status_code == 302
    assert Client(REMOTE_ADDR=HERE).post(f"/wall/open/{code}/").status_code == 403
    _, late = grant_screen(wall, name="二号", address=HERE, days=30, principal=who)
    Screen.objects.filter(name="二号").update(code_until=timezone.now())
    assert Client(REMOTE_ADDR=HERE).post(f"/wall/open/{late}/").status_code == 403
    noted = Entry.objects.filter(action="accounts.screen_opened").order_by("at", "id")
    assert sorted(entry.result for entry in noted) == ["done", "refused", "refused", "refused"]


def _refused() -> list[Entry]:
    found = Entry.objects.filter(action="accounts.screen_opened", result="refused")
    return list(found.order_by("at", "id"))


def test_wrong_codes_of_one_address_fill_no_log(wall: User, security: User) -> None:
    _, code = grant_screen(
        wall, name="大厅", address=HERE, days=30, principal=principal_of(security)
    )
    guesser, other = Client(REMOTE_ADDR=ELSEWHERE), Client(REMOTE_ADDR="10.5.5.5")

    answers = [guesser.post(f"/wall/open/guess{n}/").status_code for n in range(15)]

    assert answers == [403] * FROM_ONE + [429] * (15 - FROM_ONE)
    noted = _refused()
    assert [entry.detail.get("bound") for entry in noted] == [None] * (FROM_ONE - 1) + ["address"]
    assert {entry.ip for entry in noted} == {ELSEWHERE}
    assert other.post("/wall/open/guess/").status_code == 403
    # What is right is no guess, even from behind the same address.
    Screen.objects.update(address=ELSEWHERE)
    assert guesser.post(f"/wall/open/{code}/").status_code == 302


def test_wrong_codes_of_many_addresses_fill_no_log(city: City) -> None:
    for n in range(IN_ALL + 5):
        Client(REMOTE_ADDR=f"10.7.{n // 5}.1").post(f"/wall/open/guess{n}/")
    noted = _refused()
    assert (len(noted), noted[-1].detail["bound"]) == (IN_ALL, "all")
    assert Client(REMOTE_ADDR=HERE).post("/wall/open/guess/").status_code == 429

    with time_machine.travel(timezone.now() + timedelta(minutes=MINUTES, seconds=1)):
        assert Client(REMOTE_ADDR=HERE).post("/wall/open/guess/").status_code == 403


def test_a_code_that_was_used_is_counted_like_any_other(wall: User, security: User) -> None:
    screen, code = grant_screen(
        wall, name="大厅", address=HERE, days=30, principal=principal_of(security)
    )
    answers = [Client(REMOTE_ADDR=HERE).post(f"/wall/open/{code}/").status_code for _ in range(13)]
    assert answers == [302] + [403] * FROM_ONE + [429] * 2
    assert {entry.detail["screen"] for entry in _refused()} == {screen.pk}


@pytest.mark.parametrize(
    "given", [{"days": 0}, {"days": 999}, {"name": " "}, {"who": "acceptor"}], ids=str
)
def test_only_an_account_that_can_do_nothing_may_show(
    city: City, wall: User, security: User, given: dict[str, Any]
) -> None:
    who = city.people[given.pop("who")] if "who" in given else wall
    asked: dict[str, Any] = {"name": "大厅", "address": HERE, "days": 30} | given
    with pytest.raises(Invalid):
        grant_screen(who, principal=principal_of(security), **asked)
    assert not Screen.objects.exists()


def test_only_the_security_administrator_grants(city: City, wall: User) -> None:
    for who in (city.principal("leader"), Principal.nobody()):
        with pytest.raises(NotAllowed):
            grant_screen(wall, name="大厅", address=HERE, days=30, principal=who)
    assert signed_in(city.people["leader"]).get("/wall/screens/").status_code == 403


def test_the_page_grants_and_revokes(wall: User, security: User) -> None:
    client = signed_in(security)
    given = {"name": "大厅", "user": "wall", "address": HERE, "days": "30"}
    page = client.post("/wall/screens/", given).content.decode()
    link = re.search(r"/wall/open/[\w-]+/", page)
    assert link is not None
    assert link[0] not in client.get("/wall/screens/").content.decode()
    row = Screen.objects.get()
    assert client.post(f"/wall/screens/{row.pk}/revoke/").status_code == 302
    assert Client(REMOTE_ADDR=HERE).post(link[0]).status_code == 403
    wrong = [{"user": "nobody"}, {"address": "x"}, {"days": "0"}, {"user": "leader"}]
    assert [client.post("/wall/screens/", given | one).status_code for one in wrong] == [422] * 4
