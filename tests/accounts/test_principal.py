"""What a principal may do, where, and when; and how rows are filtered by it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.people import grant, organisation, person, post, somebody
from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.models import Organisation, User
from chengguan.audit.domain.actor import Actor
from chengguan.store import revisions

pytestmark = pytest.mark.django_db


def test_system_is_made_and_asked_by_the_same_word() -> None:
    timer = Principal.system("定时器")
    assert timer.system is True
    assert timer.can("anything", area_code="31", on=date(1990, 1, 1))
    assert timer.actor() == Actor(None, "定时器")
    assert somebody("cases.see").system is False
    assert Principal.nobody().system is False


def test_a_stranger_can_do_nothing() -> None:
    stranger = principal_of(person())
    assert stranger.grants == ()
    assert not stranger.can("cases.see")
    assert not Principal.nobody().can("cases.see")


def test_an_area_grant_covers_the_subtree_of_the_area() -> None:
    alice = somebody("cases.accept", area_code="310115")
    assert alice.can("cases.accept", area_code="310115001002")
    assert not alice.can("cases.accept", area_code="310116001")
    assert not alice.can("cases.accept", area_code="3101")
    assert not alice.can("cases.accept", area_code="")
    assert not alice.can("cases.close", area_code="310115")
    assert alice.can("cases.accept", area_code="310115", organisation_path="/elsewhere/")


def test_without_an_area_of_its_own_a_grant_takes_the_organisation_s() -> None:
    street = organisation("街道", area_code="310115001", kind="street")
    alice = somebody("cases.see", at=street)
    assert alice.can("cases.see", area_code="310115001003")
    assert not alice.can("cases.see", area_code="310115002")


def test_a_unit_grant_covers_what_the_organisation_and_those_below_handle() -> None:
    unit = organisation("环卫公司", area_code="310115")
    team = organisation("一队", parent=unit)
    other = organisation("市政公司")
    clerk = somebody("cases.handle_unit", at=unit, by_unit=True)
    assert clerk.can("cases.handle_unit", organisation_path=team.path, area_code="320000")
    assert not clerk.can("cases.handle_unit", organisation_path=other.path)
    assert not clerk.can("cases.handle_unit", organisation_path="")


def test_matters_are_prefixes() -> None:
    alice = somebody("cases.see", matters=["0103", "02"])
    assert alice.can("cases.see", matter_code="01031")
    assert alice.can("cases.see", matter_code="02999")
    assert not alice.can("cases.see", matter_code="0104")


def test_a_grant_holds_from_its_first_day_to_its_last() -> None:
    alice = somebody("cases.see", valid_from=date(2026, 3, 1), valid_to=date(2099, 3, 31))
    days = [date(2026, 2, 28), date(2026, 3, 1), date(2099, 3, 31), date(2099, 4, 1)]
    assert [alice.can("cases.see", on=day) for day in days] == [False, True, True, False]


def test_the_day_is_the_city_s_and_not_greenwich_s() -> None:
    alice = somebody("cases.see", valid_from=date(2026, 3, 2))
    with time_machine.travel(datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC), tick=False):
        assert not alice.can("cases.see")
    with time_machine.travel(datetime(2026, 3, 1, 16, 0, tzinfo=UTC), tick=False):
        assert alice.can("cases.see")


def test_the_actor_acts_in_the_post_that_allows_it() -> None:
    alice = person("爱丽丝")
    grant(alice, post("cases.accept", code="acceptor"))
    street = organisation("街道")
    grant(alice, post("cases.close", code="shift_lead"), organisation=street)
    asked = principal_of(alice, ip="10.0.0.9", request_id="r1")
    assert asked.actor("cases.close") == Actor(
        alice.pk, "爱丽丝", "shift_lead", street.pk, "10.0.0.9", "r1"
    )
    assert asked.actor().post == "acceptor"
    assert asked.actor("cases.lead").post == ""


def test_loading_is_one_statement_and_a_second_time_none() -> None:
    alice = person()
    grant(alice, post("cases.see"))
    grant(alice, post("cases.file"))
    loading.forget()
    revisions.current("accounts")
    with CaptureQueriesContext(connection) as asked:
        first = principal_of(alice)
    assert len(asked) == 1
    with CaptureQueriesContext(connection) as asked:
        assert principal_of(alice) == first
    assert len(asked) == 0
    assert len(first.grants) == 2


def test_a_change_is_seen_at_once_where_it_was_made() -> None:
    alice = person()
    assert principal_of(alice).grants == ()
    held = post("cases.see")
    alice.grants.create(post=held, organisation=alice.organisation, valid_from="2000-01-01")
    revisions.bump("accounts")
    assert principal_of(alice).can("cases.see")


@pytest.mark.parametrize("column", [{"is_active": False}, {"locked": True}])
def test_an_account_that_is_off_or_locked_is_nobody(column: dict[str, bool]) -> None:
    alice = person()
    grant(alice, post("cases.see"))
    User.objects.filter(pk=alice.pk).update(**column)
    loading.forget()
    assert principal_of(alice) == Principal.nobody()


def test_posts_of_a_closed_organisation_are_void() -> None:
    gone = organisation("已撤销", active=False)
    assert not somebody("cases.see", organisation=gone).can("cases.see")


class TestScope:
    """Organisations stand for any table with an area, a path, a matter (their code) and people."""

    @pytest.fixture(autouse=True)
    def rows(self) -> None:
        root = organisation("市", code="0101", area_code="3101")
        east = organisation("东区", parent=root, code="0102", area_code="310115")
        organisation("东区一街", parent=east, code="0201", area_code="310115001")
        organisation("西区", parent=root, code="0202", area_code="310116")

    def seen(self, principal: Principal, **columns: str | None) -> list[str]:
        columns.setdefault("organisation_path", "path")
        condition = scope_q(principal, "cases.see", matter="code", **columns)  # type: ignore[arg-type]
        rows = Organisation.objects.filter(condition, code__startswith="0")
        return sorted(rows.values_list("name", flat=True))

    def test_a_stranger_sees_nothing(self) -> None:
        assert self.seen(Principal.nobody()) == []
        assert self.seen(somebody("cases.file")) == []

    def test_no_bounds_and_the_system_see_all(self) -> None:
        everything = ["东区", "东区一街", "市", "西区"]
        assert self.seen(somebody("cases.see")) == everything
        assert self.seen(Principal.system("x")) == everything

    def test_an_area(self) -> None:
        assert self.seen(somebody("cases.see", area_code="310115")) == ["东区", "东区一街"]

    def test_a_unit(self) -> None:
        east = Organisation.objects.get(code="0102")
        clerk = somebody("cases.see", at=east, by_unit=True)
        assert self.seen(clerk) == ["东区", "东区一街"]
        assert self.seen(clerk, organisation_path=None) == []

    def test_matters_inside_an_area(self) -> None:
        assert self.seen(somebody("cases.see", area_code="310115", matters=["02"])) == ["东区一街"]
        assert self.seen(somebody("cases.see", matters=["01", "0202"])) == ["东区", "市", "西区"]

    def test_a_bound_the_table_can_t_answer_is_not_passed(self) -> None:
        assert self.seen(somebody("cases.see", area_code="310115"), area=None) == []

    def test_grants_add_up(self) -> None:
        alice = person()
        held = post("cases.see")
        grant(alice, held, area_code="310116")
        grant(alice, held, area_code="310115001")
        grant(alice, held, area_code="310115001")
        assert self.seen(principal_of(alice)) == ["东区一街", "西区"]

    def test_one_s_own_rows_are_always_reached(self) -> None:
        alice = somebody("cases.see", area_code="999999")
        condition = scope_q(alice, "cases.see", area=None, people=("pk",))
        assert list(User.objects.filter(condition).values_list("pk", flat=True)) == [alice.user_id]
