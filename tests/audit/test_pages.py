"""The audit list is the audit administrator's; what leaves it is on record."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from accounts.administrators import Bureau, bureau
from accounts.people import grant, person, post
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from chengguan.audit.domain import chain
from chengguan.audit.domain.actor import Actor
from chengguan.audit.domain.export import HEAD, export_csv
from chengguan.audit.domain.record import NewEntry, record, record_many
from chengguan.audit.models import Entry
from chengguan.audit.queries import history
from chengguan.store import revisions

pytestmark = pytest.mark.django_db

ALICE = Actor(7, "爱丽丝", "acceptor", 3, "10.0.0.9", "req-1")
AT = datetime(2026, 3, 23, 4, 0, tzinfo=UTC)


@pytest.fixture
def b(settings: Settings) -> Bureau:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return bureau()


@pytest.fixture
def auditor(b: Bureau, client: Client) -> Client:
    client.force_login(b.user(b.audit))
    return client


def write(count: int = 1, at: datetime = AT, **columns: str) -> None:
    columns = {"action": "cases.file", "subject_type": "case", "subject_id": "42"} | columns
    record_many([NewEntry(actor=ALICE, at=at, **columns) for _ in range(count)])  # type: ignore[arg-type]


def listed(client: Client, query: str = "") -> list[str]:
    response = client.get(f"/audit/entries/?since=2026-03-20&until=2026-03-25&{query}")
    assert response.status_code == 200
    return [str(row.cells[3][2]) for row in response.context["list"].rows]


def test_only_the_audit_administrator_reads_it(b: Bureau, client: Client) -> None:
    write()
    pages = ["/audit/entries/", "/audit/entries/export.csv"]
    pages.append(f"/audit/entries/{Entry.objects.get().pk}/")
    for page in pages:
        assert client.get(page).status_code == 302
    acceptor = person(at=b.root)
    grant(acceptor, post("cases.see", "cases.export"))
    for user in (b.user(b.system), b.user(b.security), acceptor):
        client.force_login(user)
        for page in pages:
            assert client.get(page).status_code == 403
    refused = Entry.objects.filter(action="http.refused")
    assert refused.count() == 9
    client.force_login(b.user(b.audit))
    for page in pages:
        assert client.get(page).status_code == 200


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["a.two", "a.one", "b.three"]),
        ("action=a.", ["a.two", "a.one"]),
        ("result=refused", []),
        ("subject_type=case", ["a.two", "a.one", "b.three"]),
        ("what=43", ["a.two"]),
        ("who=爱丽", ["a.two", "a.one", "b.three"]),
        ("who=鲍勃", []),
    ],
)
def test_filters(auditor: Client, query: str, expected: list[str]) -> None:
    write(action="b.three", at=AT - timedelta(hours=2))
    write(action="a.one", at=AT - timedelta(hours=1))
    write(action="a.two", subject_id="43")
    assert listed(auditor, query) == expected


def test_days_are_local_days(auditor: Client) -> None:
    write(action="before", at=datetime(2026, 3, 19, 15, 59, 59, tzinfo=UTC))
    write(action="first", at=datetime(2026, 3, 19, 16, 0, tzinfo=UTC))
    write(action="last", at=datetime(2026, 3, 25, 15, 59, 59, tzinfo=UTC))
    write(action="after", at=datetime(2026, 3, 25, 16, 0, tzinfo=UTC))
    assert listed(auditor) == ["last", "first"]


def test_three_rows_cost_what_one_does(auditor: Client) -> None:
    auditor.get("/audit/entries/")
    counts = []
    for rows in (1, 2):
        write(rows)
        revisions.current("accounts")
        with CaptureQueriesContext(connection) as asked:
            auditor.get("/audit/entries/?action=cases")
        counts.append(len(asked))
    assert counts == [4, 4]


def test_the_detail_shows_the_place_in_the_chain(auditor: Client) -> None:
    write()
    number = Entry.objects.get(action="cases.file").pk
    assert "等待入链" in auditor.get(f"/audit/entries/{number}/").content.decode()
    chain.link_all()
    assert chain.head().digest.hex() in auditor.get(f"/audit/entries/{number}/").content.decode()


def test_an_export_is_itself_on_record(b: Bureau, auditor: Client) -> None:
    write()
    response = auditor.get("/audit/entries/export.csv?what=42")
    body = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert len(list(csv.reader(io.StringIO(body)))) == 2
    entry = Entry.objects.get(action="export")
    assert (entry.actor_id, entry.subject_type) == (b.audit.user_id, "audit.entry")


def test_the_log_as_a_file_has_places_and_digests_and_no_formulas() -> None:
    write(2)
    write(subject_id="=1+1")
    write(action="later", at=AT + timedelta(days=1))
    chain.link_all()
    out = io.StringIO()
    assert export_csv(out, actor=ALICE, until=AT + timedelta(hours=1)) == 3
    head, *rows = csv.reader(io.StringIO(out.getvalue()))
    assert tuple(head) == HEAD
    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert all(len(row[1]) == 64 for row in rows)
    assert rows[2][12] == "'=1+1"
    assert Entry.objects.filter(action="audit.export").count() == 1


def test_history_is_the_subject_s_own_and_the_latest_comes_first() -> None:
    for n in range(3):
        record(
            "a",
            actor=ALICE,
            subject_type="case",
            subject_id=7,
            at=AT + timedelta(n),
            detail={"n": n},
        )
    record("a", actor=ALICE, subject_type="case", subject_id=70, at=AT)
    record("a", actor=ALICE, subject_type="report", subject_id=7, at=AT)
    assert [entry.detail["n"] for entry in history("case", 7)] == [2, 1, 0]
