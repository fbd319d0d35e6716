"""Sign-in and what a session is allowed to be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.administrators import bureau
from accounts.door import SECRET, START, WRONG, CountingHasher, noted, said, sign_in
from accounts.people import person
from chengguan.accounts.domain.grants import lock, unlock
from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import User
from chengguan.audit.models import Entry
from chengguan.store import revisions

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("cheap"),
    pytest.mark.urls("accounts.site"),
]


def test_the_right_password_opens_the_door(client: Client, alice: User) -> None:
    assert client.get("/").content.decode() == "nobody"
    response = sign_in(client)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/").content.decode() == "爱丽丝"
    entry = Entry.objects.get()
    assert (entry.action, entry.result, entry.actor_id) == ("accounts.sign_in", "done", alice.pk)
    assert (entry.ip, entry.subject_id) == ("127.0.0.1", "alice")
    client.post("/logout/")
    assert client.get("/").content.decode() == "nobody"
    assert Entry.objects.filter(action="accounts.sign_out").count() == 1


def test_next_leads_only_to_our_own_pages(client: Client, alice: User) -> None:
    form = {"login": "alice", "password": SECRET, "next": "https://evil.example/"}
    assert client.post("/login/", form)["Location"] == "/"
    client.post("/logout/")
    assert client.post("/login/", form | {"next": "/cases/?a=1"})["Location"] == "/cases/?a=1"


def test_unknown_wrong_locked_and_off_get_the_same_answer_for_the_same_work(
    client: Client, alice: User
) -> None:
    person(username="bob", password=SECRET, is_active=False)
    person(username="carol", password=SECRET, locked=True)
    person(username="dave", password=SECRET, locked_until=timezone.now() + timedelta(minutes=5))
    person(username="erin")
    answers, work, statements = [], [], []
    for username, password in (
        ("alice", WRONG),
        ("nobody-here", SECRET),
        ("bob", SECRET),
        ("carol", SECRET),
        ("dave", SECRET),
        ("erin", SECRET),
    ):
        before = CountingHasher.done
        with CaptureQueriesContext(connection) as asked:
            response = sign_in(client, username, password)
        answers.append((response.status_code, said(response)))
        work.append(CountingHasher.done - before)
        statements.append(sum("audit_entry" in query["sql"] for query in asked))
    assert len(answers) == 6
    assert answers == [answers[0]] * 6
    assert answers[0][0] == 200
    assert "锁定 15 分钟" in answers[0][1][0]
    assert work == [1] * 6
    assert statements == [1] * 6
    assert [detail["reason"] for _, detail in noted()] == [
        "password", "unknown", "off", "locked", "locked_out", "password",
    ]  # fmt: skip
    assert {result for result, _ in noted()} == {"refused"}
    assert client.get("/").content.decode() == "nobody"


def test_failures_lock_the_account_for_a_while(client: Client, alice: User) -> None:
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(5):
            sign_in(client, password=WRONG)
        assert User.objects.get(pk=alice.pk).locked_until == START + timedelta(minutes=15)
        assert sign_in(client).status_code == 200
        clock.shift(timedelta(minutes=14, seconds=59))
        assert sign_in(client).status_code == 200
        clock.shift(timedelta(seconds=1))
        assert sign_in(client).status_code == 302
    user = User.objects.get(pk=alice.pk)
    assert (user.failed_logins, user.locked_until) == (0, None)


def test_after_a_lock_has_run_out_the_count_begins_anew(client: Client, alice: User) -> None:
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(5):
            sign_in(client, password=WRONG)
        clock.shift(timedelta(minutes=16))
        sign_in(client, password=WRONG)
        user = User.objects.get(pk=alice.pk)
        assert (user.failed_logins, user.locked_until) == (1, None)


def test_four_failures_and_a_success_count_nothing(client: Client, alice: User) -> None:
    for _ in range(4):
        sign_in(client, password=WRONG)
    assert sign_in(client).status_code == 302
    assert User.objects.get(pk=alice.pk).failed_logins == 0


def test_the_security_administrator_unlocks(client: Client) -> None:
    b = bureau()
    target = person(at=b.root, username="alice", password=SECRET)
    for _ in range(5):
        sign_in(client, password=WRONG)
    unlock(target, principal=b.security)
    assert sign_in(client).status_code == 302


def test_a_lock_ends_a_session_at_once(client: Client) -> None:
    b = bureau()
    target = person("爱丽丝", at=b.root, username="alice", password=SECRET)
    sign_in(client)
    assert client.get("/").content.decode() == "爱丽丝"
    lock(target, principal=b.security)
    assert client.get("/").content.decode() == "nobody"


def test_a_session_costs_two_statements(client: Client, alice: User) -> None:
    sign_in(client)
    client.get("/")
    revisions.current("accounts")
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/").content.decode() == "爱丽丝"
    assert len(asked) == 2
    assert "django_session" in asked[0]["sql"]
    assert "accounts_grant" in asked[1]["sql"]


class TestIdle:
    def test_it_ends_after_half_an_hour_of_nothing(self, client: Client, alice: User) -> None:
        with time_machine.travel(START, tick=False) as clock:
            sign_in(client)
            clock.shift(timedelta(minutes=30))
            assert client.get("/").content.decode() == "爱丽丝"
            clock.shift(timedelta(minutes=30, seconds=1))
            response = client.get("/?page=2")
            assert response.status_code == 302
            assert response["Location"] == "/login/?next=%2F%3Fpage%3D2"
            assert client.get("/").content.decode() == "nobody"

    def test_what_a_page_fetches_by_itself_keeps_nobody_in(
        self, client: Client, alice: User
    ) -> None:
        with time_machine.travel(START, tick=False) as clock:
            sign_in(client)
            for _ in range(4):
                clock.shift(timedelta(minutes=8))
                response = client.get("/", headers={"X-Background": "1"})
            assert response.status_code == 302

    def test_use_is_written_once_a_minute(self, client: Client, alice: User) -> None:
        with time_machine.travel(START, tick=False) as clock:
            sign_in(client)
            counts = []
            for seconds in (59, 1, 1):
                clock.shift(timedelta(seconds=seconds))
                revisions.current("accounts")
                with CaptureQueriesContext(connection) as asked:
                    client.get("/")
                counts.append(sum("UPDATE" in query["sql"] for query in asked))
        assert counts == [0, 1, 0]

    def test_htmx_and_the_api_are_told_in_their_own_way(self, client: Client, alice: User) -> None:
        with time_machine.travel(START, tick=False) as clock:
            sign_in(client)
            clock.shift(timedelta(minutes=31))
            response = client.get("/", headers={"HX-Request": "true"})
            assert (response.status_code, response["HX-Redirect"]) == (204, "/login/?next=%2F")
            sign_in(client)
            clock.shift(timedelta(minutes=31))
            response = client.get("/api/v1/me")
            assert (response.status_code, response.json()["code"]) == (401, "accounts.idle")

    @pytest.mark.parametrize("gone", [True, False], ids=["no session", "idle"])
    @pytest.mark.parametrize("part", [True, False], ids=["htmx", "form"])
    def test_a_form_leads_back_to_its_page(
        self, client: Client, alice: User, gone: bool, part: bool
    ) -> None:
        """The address a form is sent to is no page: after signing in it would be a blank one."""
        with time_machine.travel(START, tick=False) as clock:
            sign_in(client)
            clock.shift(timedelta(minutes=31))
            if gone:
                client.logout()
            response = client.post(
                "/accounts/password/",
                headers={
                    "Referer": "http://testserver/page/?of=2",
                    **({"HX-Request": "true"} if part else {}),
                },
            )
        led = "/login/?next=%2Fpage%2F%3Fof%3D2&lost=1"
        said = (response.status_code, response["HX-Redirect" if part else "Location"])
        assert said == (204 if part else 302, led)

    def test_another_site_is_no_page_of_ours(self, client: Client, alice: User) -> None:
        headers = {"Referer": "http://elsewhere.example/page/"}
        response = client.post("/accounts/password/", headers=headers)
        assert response["Location"] == "/login/?next=%2F&lost=1"


class TestSingleSession:
    @pytest.mark.parametrize("single", [True, False])
    def test_a_second_sign_in_ends_the_first(self, alice: User, single: bool) -> None:
        User.objects.filter(pk=alice.pk).update(single_session=single)
        first, second = Client(), Client()
        sign_in(first)
        sign_in(second)
        assert second.get("/").content.decode() == "爱丽丝"
        assert first.get("/").status_code == (302 if single else 200)
        assert second.get("/").content.decode() == "爱丽丝"


class TestPassword:
    def change(self, client: Client, old: str, new: str) -> Any:
        form = {"oldpassword": old, "password1": new, "password2": new}
        return client.post("/accounts/password/", form)

    @pytest.mark.parametrize(
        "columns",
        [
            {"must_change_password": True},
            {"password_changed_at": START - timedelta(days=91)},
            {"password_changed_at": None, "created_at": START - timedelta(days=91)},
        ],
    )
    def test_one_that_is_due_is_changed_before_anything_else(
        self, client: Client, alice: User, columns: dict[str, Any]
    ) -> None:
        User.objects.filter(pk=alice.pk).update(**columns)
        with time_machine.travel(START, tick=False):
            sign_in(client)
            response = client.get("/")
            assert (response.status_code, response["Location"]) == (302, "/accounts/password/")
            assert client.get("/api/v1/me").json()["code"] == "accounts.password_due"
            assert client.get("/accounts/password/").status_code == 200
            assert self.change(client, SECRET, WRONG).status_code == 302
            assert client.get("/").content.decode() == "爱丽丝"

    def test_a_change_ends_the_other_sessions_and_keeps_this_one(self, alice: User) -> None:
        User.objects.filter(pk=alice.pk).update(single_session=False)
        here, there = Client(), Client()
        sign_in(there)
        sign_in(here)
        self.change(here, SECRET, WRONG)
        assert here.get("/").content.decode() == "爱丽丝"
        assert there.get("/").content.decode() == "nobody"
        assert noted("accounts.password_changed") == [("done", {"username": "alice"})]

    def test_a_change_keeps_the_only_session(self, client: Client, alice: User) -> None:
        User.objects.filter(pk=alice.pk).update(single_session=True)
        sign_in(client)
        self.change(client, SECRET, WRONG)
        assert client.get("/").content.decode() == "爱丽丝"

    @pytest.mark.parametrize(
        ("old", "new"), [(WRONG, "Another-7-good"), (SECRET, "short-1A"), (SECRET, "a" * 20)]
    )
    def test_a_wrong_or_weak_one_changes_nothing(
        self, client: Client, alice: User, old: str, new: str
    ) -> None:
        sign_in(client)
        response = self.change(client, old, new)
        assert response.status_code == 200
        assert response.context["form"].errors
        assert User.objects.get(pk=alice.pk).check_password(SECRET)

    def test_a_stranger_is_led_to_the_door(self, client: Client) -> None:
        assert client.get("/accounts/password/")["Location"].startswith("/login/")


def test_nobody_is_nobody() -> None:
    assert not Principal.nobody().is_known
