"""The administrators' pages: each does the own job, strangers are refused, faults are said."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.administrators import Bureau, bureau, post
from accounts.people import grant, organisation, person
from chengguan.accounts.domain.principal import principal_of
from chengguan.accounts.domain.tokens import digest_of
from chengguan.accounts.models import ApiToken, Grant, Organisation, User
from chengguan.audit.models import Entry
from chengguan.store import revisions

pytestmark = [pytest.mark.django_db, pytest.mark.urls("accounts.site")]

GOOD = "Xiangzhang-88-lu"


@pytest.fixture
def b(settings: Settings) -> Bureau:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    return bureau()


@pytest.fixture
def wang(b: Bureau) -> User:
    return person("王", at=organisation("一队", parent=b.root), username="wang")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def system(b: Bureau) -> Client:
    return signed_in(b.user(b.system))


@pytest.fixture
def security(b: Bureau) -> Client:
    return signed_in(b.user(b.security))


def wrong(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 422
    return {name: list(errors) for name, errors in response.context["form"].errors.items()}


PAGES = [
    "/accounts/users/",
    "/accounts/users/wang/",
    "/accounts/users/wang/history/",
    "/accounts/users/export.csv",
    "/accounts/organisations/",
]


@pytest.mark.parametrize("page", PAGES)
def test_lists_are_for_the_two_administrators(b: Bureau, wang: User, page: str) -> None:
    assert Client().get(page)["Location"].startswith("/login/")
    for stranger in (wang, b.user(b.audit)):
        assert signed_in(stranger).get(page).status_code == 403
    for administrator in (b.system, b.security):
        assert signed_in(b.user(administrator)).get(page).status_code == 200


def test_they_see_the_own_subtree_only(b: Bureau, wang: User, system: Client) -> None:
    person("外人", at=b.outside, username="stranger")
    shown = [row.url for row in system.get("/accounts/users/").context["list"].rows]
    assert "/accounts/users/wang/" in shown
    assert "/accounts/users/stranger/" not in shown
    for page in ("", "password/", "history/"):
        assert system.get(f"/accounts/users/stranger/{page}").status_code == 404
    assert system.post("/accounts/users/stranger/do/off/").status_code == 404


def test_no_page_and_no_export_holds_a_password(wang: User, system: Client) -> None:
    wang.set_password(GOOD)
    wang.save()
    page = system.get("/accounts/users/wang/").content.decode()
    export = system.get("/accounts/users/export.csv")
    file = b"".join(export.streaming_content).decode()  # type: ignore[attr-defined]
    assert "wang" in page
    assert "wang" in file
    assert wang.password not in page + file


def test_three_people_cost_what_one_does(b: Bureau, system: Client) -> None:
    system.get("/accounts/users/")
    counts = []
    for name in ("one", "two"):
        person(at=b.root, username=name)
        revisions.current("accounts")
        with CaptureQueriesContext(connection) as asked:
            system.get("/accounts/users/")
        counts.append(len(asked))
    assert counts == [4, 4]


class TestSystemAdministrator:
    def form(self, b: Bureau, **given: str) -> dict[str, str]:
        return {
            "username": "li",
            "name": "李",
            "organisation": str(b.root.pk),
            "password": GOOD,
        } | given

    def test_makes_an_account(self, b: Bureau, system: Client) -> None:
        assert system.get("/accounts/users/new/").status_code == 200
        response = system.post("/accounts/users/new/", self.form(b))
        assert (response.status_code, response["Location"]) == (302, "/accounts/users/li/")
        made = User.objects.get(username="li")
        assert (made.name, made.must_change_password, made.check_password(GOOD)) == (
            "李",
            True,
            True,
        )
        entry = Entry.objects.get(action="accounts.user_created")
        assert (entry.actor_id, entry.subject_type, entry.subject_id) == (
            b.system.user_id,
            "accounts.user",
            "li",
        )
        history = system.get("/accounts/users/li/history/").context["past"]
        assert [past.action for past in history] == ["accounts.user_created"]

    def test_what_is_wrong_is_said_at_the_field(self, b: Bureau, system: Client) -> None:
        page = "/accounts/users/new/"
        assert set(wrong(system.post(page, self.form(b, password="weak")))) == {"password"}
        assert set(wrong(system.post(page, self.form(b, username="a b")))) == {"username"}
        outside = self.form(b, organisation=str(b.outside.pk))
        assert set(wrong(system.post(page, outside))) == {"organisation"}
        system.post(page, self.form(b))
        assert "已存在" in wrong(system.post(page, self.form(b)))["username"][0]

    def test_switches_off_and_on_and_resets(self, wang: User, system: Client) -> None:
        system.post("/accounts/users/wang/do/off/")
        assert not User.objects.get(pk=wang.pk).is_active
        system.post("/accounts/users/wang/do/on/")
        assert User.objects.get(pk=wang.pk).is_active
        system.post("/accounts/users/wang/password/", {"password": GOOD})
        assert User.objects.get(pk=wang.pk).check_password(GOOD)
        assert system.get("/accounts/users/wang/do/off/").status_code == 405
        assert system.post("/accounts/users/wang/do/burn/").status_code == 404

    def test_grants_and_locks_nothing(self, wang: User, system: Client) -> None:
        held = grant(wang, post("handler"))
        for page in ("wang/do/lock/", "wang/do/unlock/", "wang/grant/"):
            assert system.post(f"/accounts/users/{page}").status_code == 403
        assert system.post(f"/accounts/grants/{held.pk}/revoke/").status_code == 403
        assert Grant.objects.filter(pk=held.pk, valid_to=None).exists()

    def test_keeps_the_tree(self, b: Bureau, system: Client) -> None:
        given = {
            "code": "N1",
            "name": "新街道",
            "kind": "street",
            "level": "street",
            "parent": str(b.root.pk),
            "area_code": "310115001",
        }
        response = system.post("/accounts/organisations/new/", given)
        assert response["Location"] == "/accounts/organisations/N1/"
        made = Organisation.objects.get(code="N1")
        assert made.path == f"{b.root.path}{made.pk}/"
        assert system.get("/accounts/organisations/N1/").status_code == 200
        below = organisation("下属", parent=made)
        page = "/accounts/organisations/N1/change/"
        assert system.get(page).status_code == 200
        assert wrong(system.post(page, {"name": "新街道", "parent": str(below.pk)}))
        assert system.post(page, {"name": "改名街道", "parent": ""}).status_code == 302
        assert Organisation.objects.get(code="N1").name == "改名街道"
        assert system.post(f"/accounts/organisations/{b.outside.code}/change/").status_code == 404


class TestSecurityAdministrator:
    def test_grants_and_takes_back(self, wang: User, security: Client) -> None:
        page = "/accounts/users/wang/grant/"
        assert security.get(page).status_code == 200
        given = {"post": str(post("acceptor").pk), "area_code": "310115", "matters": "01, 0203"}
        assert security.post(page, given).status_code == 302
        held = Grant.objects.get(user=wang)
        assert (held.area_code, held.matters) == ("310115", ["01", "0203"])
        assert principal_of(wang).can("cases.accept", area_code="310115001", matter_code="01001")
        security.post(f"/accounts/grants/{held.pk}/revoke/")
        assert not principal_of(wang).can("cases.accept")

    def test_separation_is_said_on_the_form(self, wang: User, security: Client) -> None:
        grant(wang, post("system_admin"))
        given = {"post": str(post("audit_admin").pk)}
        assert (
            "三权分立" in wrong(security.post("/accounts/users/wang/grant/", given))["__all__"][0]
        )

    def test_makes_and_resets_no_account(self, b: Bureau, wang: User, security: Client) -> None:
        for page in ("users/new/", "users/wang/password/", "organisations/new/"):
            assert security.get(f"/accounts/{page}").status_code == 403
        assert security.post("/accounts/users/wang/do/off/").status_code == 403
        page = f"/accounts/organisations/{b.root.code}/change/"
        assert security.post(page, {"name": "x"}).status_code == 403

    def test_locks_and_unlocks(self, wang: User, security: Client) -> None:
        security.post("/accounts/users/wang/do/lock/")
        assert User.objects.get(pk=wang.pk).locked
        security.post("/accounts/users/wang/do/unlock/")
        assert not User.objects.get(pk=wang.pk).locked


class TestTokens:
    def test_one_s_own_is_shown_once_and_ended(self, wang: User) -> None:
        client = signed_in(wang)
        assert client.get("/accounts/tokens/").status_code == 200
        raw = client.post("/accounts/tokens/", {"name": "脚本"}).context["raw"]
        token = ApiToken.objects.get(user=wang)
        assert token.digest == digest_of(raw)
        assert raw not in client.get("/accounts/tokens/").content.decode()
        assert client.post(f"/accounts/tokens/{token.pk}/revoke/").status_code == 302
        assert ApiToken.objects.get(pk=token.pk).revoked_at is not None

    def test_another_s_is_not_found(self, b: Bureau, wang: User, security: Client) -> None:
        signed_in(wang).post("/accounts/tokens/", {"name": "脚本"})
        token = ApiToken.objects.get(user=wang)
        assert security.post(f"/accounts/tokens/{token.pk}/revoke/").status_code == 404
        assert Client().get("/accounts/tokens/")["Location"].startswith("/login/")
