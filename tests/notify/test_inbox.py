"""One's own inbox: filled by the relay, read by its owner alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from chengguan.accounts.domain import loading
from chengguan.notify import queries
from chengguan.notify.domain import News, tell, tell_many
from chengguan.notify.domain.inbox import mark_read
from chengguan.notify.domain.relay import relay
from chengguan.notify.models import InboxItem
from chengguan.store import revisions

if TYPE_CHECKING:
    from chengguan.accounts.models import User

pytestmark = pytest.mark.django_db


def _give(user_id: int, count: int = 1) -> None:
    tell_many(
        News("case.due", user_ids=[user_id], payload={"title": f"第{n}件", "url": f"/cases/{n}/"})
        for n in range(count)
    )
    relay()


def test_the_relay_fills_inboxes() -> None:
    tell(
        "case.assigned",
        user_ids=[1, 2, 1],
        payload={"title": "派给您一件", "body": "道路破损", "url": "/cases/7/"},
    )
    tell("case.stepped", area_code="310115", payload={"title": "没有收件人"})
    tell("case.stepped", user_ids=[1], payload={"verb": "没有标题"})
    relay()
    found = InboxItem.objects.order_by("user_id").values_list(
        "user_id", "kind", "title", "body", "url", "read_at"
    )
    expected = ("case.assigned", "派给您一件", "道路破损", "/cases/7/", None)
    assert list(found) == [(1, *expected), (2, *expected)]


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "/\\evil", "x"])
def test_a_foreign_link_is_dropped(url: str) -> None:
    tell("x", user_ids=[1], payload={"title": "标题", "url": url})
    relay()
    assert InboxItem.objects.get().url == ""


def test_pages_and_counts(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    _give(1, 60)
    _give(2, 1)
    with django_assert_num_queries(1):
        first = queries.inbox(1)
    assert first.items[0].title == "第59件"
    assert (len(first.items), first.older) == (50, first.items[-1].id)
    rest = queries.inbox(1, before=first.older)
    assert (len(rest.items), rest.older) == (10, None)
    assert mark_read(1, [first.items[0].id]) == 1
    assert (queries.unread_count(1), queries.unread_count(2)) == (59, 1)
    assert first.items[0].id not in [i.id for i in queries.inbox(1, unread=True).items]
    assert mark_read(1) == 59
    assert (queries.unread_count(1), queries.unread_count(2)) == (0, 1)


def test_the_page(
    client: Client, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(alice)
    assert "还没有消息" in client.get("/notices/").content.decode()
    numbers = []
    for count in (1, 2):
        _give(alice.pk, count)
        loading.forget()
        revisions.refresh()
        # Session, revisions, who, items, unread.
        with django_assert_num_queries(5) as counted:
            page = client.get("/notices/").content.decode()
        numbers.append(len(counted.captured_queries))
        assert "第0件" in page
    assert numbers == [5, 5]
    item = InboxItem.objects.latest("id")
    followed = client.get(f"/notices/{item.id}/")
    assert (followed.status_code, followed["Location"]) == (302, item.url)
    assert client.get("/notices/count/").json() == {"unread": 2}
    assert client.post("/notices/read/")["Location"] == "/notices/"
    assert client.get("/notices/count/").json() == {"unread": 0}


def test_the_stranger_reaches_nothing(client: Client, alice: User, charlie: User) -> None:
    _give(alice.pk)
    item = InboxItem.objects.get()
    assert client.get("/notices/").status_code == 302
    client.force_login(charlie)
    assert "第0件" not in client.get("/notices/").content.decode()
    assert client.get(f"/notices/{item.id}/").status_code == 404
    client.post("/notices/read/", {"id": item.id})
    assert queries.unread_count(alice.pk) == 1
    assert client.get("/notices/read/").status_code == 405
    assert client.get("/notices/?before=1x").status_code == 422


def test_the_stream_is_elsewhere(client: Client, settings: Settings) -> None:
    settings.CHENGGUAN_STREAM_URL = "http://127.0.0.1:8001/stream/"
    sent = client.get("/stream/?topics=case")
    assert (sent.status_code, sent["Location"]) == (
        307,
        "http://127.0.0.1:8001/stream/?topics=case",
    )
    settings.CHENGGUAN_STREAM_URL = ""
    assert client.get("/stream/").status_code == 503
