"""Bearer tokens, refusals and addresses at the edge."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.door import sign_in
from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import principal_of
from chengguan.accounts.domain.tokens import issue_token
from chengguan.accounts.models import User
from chengguan.audit.models import Entry
from chengguan.store import revisions

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("cheap"),
    pytest.mark.urls("accounts.site"),
]


class TestBearer:
    def headers(self, raw: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {raw}"}

    def test_it_reads_no_session_and_one_statement(self, client: Client, alice: User) -> None:
        sign_in(client)
        _, raw = issue_token(alice, name="脚本", principal=principal_of(alice))
        loading.forget()
        revisions.current("accounts")
        with CaptureQueriesContext(connection) as asked:
            response = client.get("/api/v1/me", headers=self.headers(raw))
        assert response.json() == {"name": "爱丽丝", "method": "GET"}
        assert len(asked) == 1
        with CaptureQueriesContext(connection) as asked:
            client.get("/api/v1/me", headers=self.headers(raw))
        assert len(asked) == 0

    def test_a_bad_token_is_nobody_even_beside_a_good_session(
        self, client: Client, alice: User
    ) -> None:
        sign_in(client)
        assert client.get("/", headers=self.headers("cg_x")).content.decode() == "nobody"
        assert client.get("/", headers=self.headers("")).content.decode() == "nobody"

    def test_it_needs_no_csrf_token_but_a_session_does(self, alice: User) -> None:
        strict = Client(enforce_csrf_checks=True)
        _, raw = issue_token(alice, name="脚本", principal=principal_of(alice))
        response = strict.post("/api/v1/me", headers=self.headers(raw))
        assert response.json() == {"name": "爱丽丝", "method": "POST"}
        strict.force_login(alice)
        assert strict.post("/api/v1/me").status_code == 403


class TestRefusals:
    def test_every_403_is_audited_once_with_who_and_where(
        self, client: Client, alice: User
    ) -> None:
        sign_in(client)
        assert client.get("/refused/?a=1").status_code == 403
        entry = Entry.objects.get(action="http.refused")
        assert (entry.actor_id, entry.result, entry.subject_id) == (
            alice.pk,
            "refused",
            "/refused/",
        )
        assert entry.detail == {"method": "GET", "path": "/refused/"}

    def test_a_stranger_s_too(self, client: Client) -> None:
        assert client.get("/refused/").status_code == 403
        entry = Entry.objects.get(action="http.refused")
        assert (entry.actor_id, entry.actor, entry.ip) == (None, "", "127.0.0.1")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("asked", "actions"),
    [
        ("/recorded/", ["site.try"]),
        ("/recorded/?lost=1", ["http.refused"]),
        ("/refused/", ["http.refused"]),
    ],
)
def test_a_refusal_is_one_entry(client: Client, asked: str, actions: list[str]) -> None:
    for _ in range(2):
        before = set(Entry.objects.values_list("pk", flat=True))
        assert client.get(asked).status_code == 403
        new = Entry.objects.exclude(pk__in=before).values_list("action", flat=True)
        assert list(new) == actions


@pytest.mark.parametrize(
    ("near", "forwarded", "expected"),
    [
        ("10.0.0.5", "1.2.3.4", "10.0.0.5"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "9.9.9.9, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
    ],
)
def test_a_forwarded_address_is_believed_from_our_proxies_only(
    client: Client, alice: User, settings: Settings, near: str, forwarded: str, expected: str
) -> None:
    settings.CHENGGUAN_PROXIES = frozenset({"10.0.0.1", "10.0.0.2"})
    client.get("/refused/", REMOTE_ADDR=near, headers={"X-Forwarded-For": forwarded})
    assert Entry.objects.get().ip == expected
