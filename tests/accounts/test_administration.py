"""Who administers what: each of the three does the own job and none of the others'."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.administrators import Bureau, bureau, post
from accounts.people import ALWAYS, grant, organisation, person
from chengguan.accounts.domain.grants import grant_post, lock, revoke_post, unlock
from chengguan.accounts.domain.organisations import (
    close_organisation,
    create_organisation,
    move_organisation,
    rename_organisation,
)
from chengguan.accounts.domain.passwords import set_password
from chengguan.accounts.domain.people import create_user, switch_off, switch_on
from chengguan.accounts.domain.posts import load_posts, shipped
from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.domain.tokens import (
    issue_token,
)
from chengguan.accounts.enums import Capability, OrganisationKind
from chengguan.accounts.models import Grant, Organisation, Post, User
from chengguan.accounts.signals import organisation_moved
from chengguan.audit.models import Entry
from chengguan.core.errors import Conflict, DomainError, Invalid, NotAllowed

pytestmark = pytest.mark.django_db

GOOD = "Xiangzhang-88-lu"


@pytest.fixture
def b() -> Bureau:
    return bureau()


def noted() -> list[tuple[str, str, str]]:
    return list(Entry.objects.order_by("id").values_list("action", "actor", "post"))


class TestPosts:
    def test_loading_twice_changes_nothing(self) -> None:
        first = load_posts()
        Post.objects.filter(code="acceptor").update(name="本市受理员")
        assert len(load_posts()) == len(first) == Post.objects.count()
        assert Post.objects.get(code="acceptor").name == "本市受理员"

    def test_every_capability_is_known_and_every_one_is_given_to_somebody(self) -> None:
        given = {capability for made in shipped() for capability in made.capabilities}
        assert given == set(Capability.values)

    def test_all_posts_of_the_trade_and_the_four_levels_are_there(self) -> None:
        names = {made.name for made in shipped()}
        assert names >= {
            "采集员", "受理员", "值班长", "派遣员", "处置单位管理员", "处置人员", "督查员", "领导",
            "片长（街长）", "社区网格员", "系统管理员", "安全管理员", "审计管理员",
        }  # fmt: skip
        assert {made.level for made in shipped()} == {"city", "district", "street", "community"}

    def test_the_three_administrators_share_no_capability_and_see_no_case(self) -> None:
        three = [made for made in shipped() if made.separate]
        held = [set(made.capabilities) for made in three]
        assert len(three) == 3
        assert sum(len(one) for one in held) == len(set.union(*held))
        assert not any(one.startswith("cases.") for one in set.union(*held))


Verb = Callable[[Bureau, Principal], object]


def _target(b: Bureau) -> User:
    return User.objects.filter(username="target").first() or person(at=b.root, username="target")


SYSTEM_VERBS: dict[str, Verb] = {
    "create_organisation": lambda b, p: create_organisation(
        code="N1", name="新", kind=OrganisationKind.STREET, parent=b.root, principal=p
    ),
    "rename": lambda b, p: rename_organisation(b.root, "新名", principal=p),
    "close": lambda b, p: close_organisation(b.root, principal=p),
    "create_user": lambda b, p: create_user(
        username="new", name="新人", organisation=b.root, principal=p
    ),
    "switch_off": lambda b, p: switch_off(_target(b), principal=p),
    "switch_on": lambda b, p: switch_on(_target(b), principal=p),
    "set_password": lambda b, p: set_password(_target(b), GOOD, principal=p),
}
SECURITY_VERBS: dict[str, Verb] = {
    "grant": lambda b, p: grant_post(_target(b), post("acceptor"), principal=p),
    "revoke": lambda b, p: revoke_post(grant(_target(b), post("acceptor")), principal=p),
    "lock": lambda b, p: lock(_target(b), principal=p),
    "unlock": lambda b, p: unlock(_target(b), principal=p),
    "token": lambda b, p: issue_token(person(at=b.root, is_system=True), name="对接", principal=p),
}


@pytest.mark.parametrize("verb", SYSTEM_VERBS)
def test_accounts_and_organisations_are_the_system_administrator_s(b: Bureau, verb: str) -> None:
    run = SYSTEM_VERBS[verb]
    for other in (b.security, b.audit, Principal.nobody(), principal_of(_target(b))):
        if verb == "set_password" and other.username == "target":
            continue
        with pytest.raises(NotAllowed):
            run(b, other)
    assert noted() == []
    run(b, b.system)
    assert [(actor, held) for _, actor, held in noted()] == [("system_admin", "system_admin")]


@pytest.mark.parametrize("verb", SECURITY_VERBS)
def test_posts_and_locks_are_the_security_administrator_s(b: Bureau, verb: str) -> None:
    run = SECURITY_VERBS[verb]
    for other in (b.system, b.audit, Principal.nobody(), principal_of(_target(b))):
        with pytest.raises(NotAllowed):
            run(b, other)
    assert noted() == []
    run(b, b.security)
    assert [(actor, held) for _, actor, held in noted()] == [("security_admin", "security_admin")]


def test_the_audit_belongs_to_the_audit_administrator(b: Bureau) -> None:
    assert b.audit.can(Capability.SEE_AUDIT)
    assert not b.system.can(Capability.SEE_AUDIT)
    assert not b.security.can(Capability.SEE_AUDIT)


def test_an_administrator_ends_at_the_own_subtree(b: Bureau) -> None:
    stranger = person(at=b.outside)
    acts: list[Callable[[], object]] = [
        lambda: create_user(username="n", name="n", organisation=b.outside, principal=b.system),
        lambda: rename_organisation(b.outside, "x", principal=b.system),
        lambda: create_organisation(
            code="R", name="根", kind=OrganisationKind.CITY, principal=b.system
        ),
        lambda: move_organisation(b.root, None, principal=b.system),
        lambda: set_password(stranger, GOOD, principal=b.system),
        lambda: grant_post(stranger, post("acceptor"), principal=b.security),
        lambda: grant_post(
            _target(b), post("acceptor"), organisation=b.outside, principal=b.security
        ),
        lambda: lock(stranger, principal=b.security),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()


class TestOrganisations:
    def test_a_move_takes_the_subtree_along_and_tells_it(self, b: Bureau) -> None:
        east = organisation("东", parent=b.root)
        team = organisation("一队", parent=east)
        west = organisation("西", parent=b.root)
        told: list[tuple[str, str]] = []

        def follow(sender: object, before: str, after: str, **rest: object) -> None:
            told.append((before, after))

        organisation_moved.connect(follow)
        move_organisation(east, west, principal=b.system)
        organisation_moved.disconnect(follow)
        team.refresh_from_db()
        assert east.path == f"{west.path}{east.pk}/"
        assert team.path == f"{west.path}{east.pk}/{team.pk}/"
        assert told == [(f"{b.root.path}{east.pk}/", east.path)]

    def test_no_organisation_comes_below_itself(self, b: Bureau) -> None:
        east = organisation("东", parent=b.root)
        team = organisation("一队", parent=east)
        for parent in (team, east):
            with pytest.raises(Conflict, match="不能作为它的上级"):
                move_organisation(east, parent, principal=b.system)

    def test_an_id_that_begins_with_the_same_digits_is_no_descendant(self, b: Bureau) -> None:
        east = organisation("东", parent=b.root)
        Organisation.objects.filter(pk=b.outside.pk).update(path=f"/{b.root.pk}7/")
        move_organisation(b.root, None, principal=Principal.system("x"))
        move_organisation(b.root, b.outside, principal=Principal.system("x"))
        assert Organisation.objects.get(pk=b.outside.pk).path == f"/{b.root.pk}7/"
        assert Organisation.objects.get(pk=east.pk).path.startswith(f"/{b.root.pk}7/")

    def test_a_taken_code_is_said(self, b: Bureau) -> None:
        with pytest.raises(Conflict, match="已存在"):
            create_organisation(
                code=b.root.code,
                name="又一个",
                kind=OrganisationKind.STREET,
                parent=b.root,
                principal=b.system,
            )


class TestPeople:
    def make(self, b: Bureau, **given: object) -> User:
        values = {"username": "wang", "name": "王", "password": GOOD} | given
        return create_user(organisation=b.root, principal=b.system, **values)  # type: ignore[arg-type]

    def test_a_new_person_holds_nothing_and_must_change_the_password(self, b: Bureau) -> None:
        user = self.make(b)
        assert user.check_password(GOOD)
        assert user.password.startswith("argon2")
        assert user.must_change_password
        assert principal_of(user).grants == ()

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"username": "a"}, "username"),
            ({"username": "has space"}, "username"),
            ({"name": " "}, "name"),
            ({"password": "short"}, "password"),
            ({"password": "onlyletterslong"}, "password"),
            ({"password": "wang-wang-wang-1"}, None),
        ],
    )
    def test_what_breaks_a_rule_is_named(
        self, b: Bureau, given: dict[str, str], field: str | None
    ) -> None:
        if field is None:
            assert self.make(b, **given).pk
            return
        with pytest.raises(Invalid) as caught:
            self.make(b, **given)
        assert caught.value.field == field
        assert not User.objects.filter(name="王").exists()

    def test_a_taken_user_name_is_said(self, b: Bureau) -> None:
        self.make(b)
        with pytest.raises(Conflict, match="已存在"):
            self.make(b)

    def test_nobody_switches_off_the_own_account(self, b: Bureau) -> None:
        with pytest.raises(Conflict):
            switch_off(b.user(b.system), principal=b.system)

    def test_one_s_own_password_needs_no_administrator(self, b: Bureau) -> None:
        user = self.make(b)
        set_password(user, "Another-7-good", principal=principal_of(user))
        assert not User.objects.get(pk=user.pk).must_change_password

    def test_nobody_resets_the_password_of_an_administrator(self, b: Bureau) -> None:
        for other in (b.security, b.audit):
            with pytest.raises(NotAllowed, match="三权分立"):
                set_password(b.user(other), GOOD, principal=b.system)
        set_password(b.user(b.audit), GOOD, principal=Principal.system("控制台"))


class TestSeparation:
    @pytest.mark.parametrize("first", ["system_admin", "security_admin", "audit_admin"])
    @pytest.mark.parametrize("second", ["system_admin", "security_admin", "audit_admin"])
    def test_nobody_holds_two_of_the_three(self, b: Bureau, first: str, second: str) -> None:
        user = _target(b)
        grant_post(user, post(first), principal=b.security)
        if first == second:
            grant_post(user, post(second), principal=b.security)
            return
        with pytest.raises(Conflict, match="三权分立"):
            grant_post(user, post(second), principal=b.security)
        grant_post(user, post("acceptor"), principal=b.security)

    def test_one_after_the_other_is_allowed(self, b: Bureau) -> None:
        user, today = _target(b), timezone.localdate()
        grant_post(user, post("audit_admin"), principal=b.security, valid_to=today)
        with pytest.raises(Conflict):
            grant_post(user, post("system_admin"), principal=b.security)
        grant_post(
            user, post("system_admin"), principal=b.security, valid_from=today + timedelta(1)
        )

    def test_the_database_refuses_it_to_every_other_writer(self, b: Bureau) -> None:
        user = _target(b)
        held = grant(user, post("audit_admin"))
        with pytest.raises(IntegrityError, match="三权分立"), transaction.atomic():
            grant(user, post("system_admin"))
        other = grant(user, post("acceptor"))
        with pytest.raises(IntegrityError, match="三权分立"), transaction.atomic():
            Grant.objects.filter(pk=other.pk).update(post=post("security_admin"))
        Grant.objects.filter(pk=held.pk).update(valid_to=date(2001, 1, 1))
        new = grant(user, post("system_admin"), valid_from=date(2001, 1, 2))
        with pytest.raises(IntegrityError, match="三权分立"), transaction.atomic():
            Grant.objects.filter(pk=new.pk).update(valid_from=date(2001, 1, 1))

    def test_nobody_grants_to_oneself(self, b: Bureau) -> None:
        with pytest.raises(NotAllowed, match="给自己"):
            grant_post(b.user(b.security), post("acceptor"), principal=b.security)


@pytest.mark.django_db(transaction=True)
def test_two_who_grant_at_once_do_not_slip_through() -> None:
    b = bureau()
    user, start = _target(b), Barrier(2)
    outcomes: list[str] = []

    def give(code: str) -> None:
        try:
            with transaction.atomic():
                held = post(code)
                start.wait()
                Grant.objects.create(user=user, post=held, organisation=b.root, valid_from=ALWAYS)
            outcomes.append("given")
        except IntegrityError:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=give, args=[code]) for code in ("system_admin", "audit_admin")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["given", "refused"]


class TestGrants:
    def test_a_post_taken_back_ends_at_once_and_stays_readable(self, b: Bureau) -> None:
        user = _target(b)
        held = grant(user, post("acceptor"))
        assert principal_of(user).can("cases.accept")
        revoke_post(held, principal=b.security)
        assert not principal_of(user).can("cases.accept")
        assert Grant.objects.get(pk=held.pk).valid_to == timezone.localdate() - timedelta(1)

    def test_a_post_given_today_is_removed(self, b: Bureau) -> None:
        user = _target(b)
        held = grant_post(user, post("acceptor"), principal=b.security)
        assert principal_of(user).can("cases.accept")
        revoke_post(held, principal=b.security)
        assert not principal_of(user).can("cases.accept")
        assert not Grant.objects.filter(user=user).exists()

    def test_dates_the_wrong_way_round_are_refused(self, b: Bureau) -> None:
        with pytest.raises(Invalid, match="止日"):
            grant_post(
                _target(b),
                post("acceptor"),
                principal=b.security,
                valid_from=date(2026, 2, 1),
                valid_to=date(2026, 1, 1),
            )

    def test_a_lock_ends_what_the_person_may_do(self, b: Bureau) -> None:
        user = _target(b)
        grant(user, post("acceptor"))
        lock(user, principal=b.security)
        assert principal_of(user) == Principal.nobody()
        unlock(user, principal=b.security)
        assert principal_of(user).can("cases.accept")


def test_every_refusal_is_a_sentence_with_a_mend(b: Bureau) -> None:
    with pytest.raises(DomainError) as caught:
        grant_post(_target(b), post("acceptor"), principal=b.system)
    problem = caught.value.problem()
    assert (problem["status"], problem["code"]) == (403, "accounts.not_allowed")
    assert problem["errors"][0]["mend"] == "请联系安全管理员办理。"
