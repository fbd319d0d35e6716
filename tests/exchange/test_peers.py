"""Two platforms over a real line: this one, and a district's small one beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest
import time_machine
from django.db import connection
from django.test import Client

from chengguan.core.errors import Invalid
from chengguan.exchange import ports
from chengguan.exchange.domain import forms
from chengguan.exchange.domain.calling import CallFailed
from chengguan.exchange.domain.receive import take_in_pending
from chengguan.exchange.domain.reconcile import Difference, reconcile
from chengguan.exchange.domain.send import deliver_due, envelope, pause_after, queue, send_again
from chengguan.exchange.domain.signing import forget_nonces, sign
from chengguan.exchange.models import Message, Nonce, Peer

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SECRET = "a-secret-shared-by-the-two"
CHECK = forms.Check(number="3101152026112300001", at=NOW, by="值班长", text="请核查")


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


class District(ThreadingHTTPServer):
    """The other platform: keeps what it gets, answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, bytes]] = []
        self.ledger: dict[str, Any] = {"sent": [], "received": []}


class _Handler(BaseHTTPRequestHandler):
    server: District

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        waiting = self.server.answers
        self._answer(*(waiting.pop(0) if waiting else (201, b'{"receipt": "R1"}')))

    def do_GET(self) -> None:
        self.server.got.append((dict(self.headers), b""))
        self._answer(200, orjson.dumps(self.server.ledger))

    def log_message(self, *args: Any) -> None:
        pass

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def district() -> Iterator[District]:
    with District() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def peer(db: None, district: District) -> Peer:
    return Peer.objects.create(
        code="district",
        name="区平台",
        secret=SECRET,
        known_as="city",
        url=f"http://127.0.0.1:{district.server_port}/exchange/",
    )


def test_a_form_is_sent_once_and_its_receipt_kept(peer: Peer, district: District) -> None:
    for _ in range(2):
        queue(peer, CHECK, key="e1", subject_type="case", subject_id=7)
    assert [deliver_due(), deliver_due()] == [1, 0]
    message = Message.objects.get()
    assert (message.status, message.receipt, message.attempts) == ("done", "R1", 1)
    assert (message.subject_type, message.subject_id, message.done_at) == ("case", 7, NOW)
    ((headers, body),) = district.got
    expected = sign(
        SECRET,
        sender="city",
        action="check",
        key="e1",
        body=body,
        timestamp=int(NOW.timestamp()),
        nonce=headers["X-Chengguan-Nonce"],
    )
    assert {k: v for k, v in headers.items() if k.startswith("X-")} == expected.headers()
    sent = orjson.loads(body)
    assert forms.read_form("check", sent["content"]) == CHECK
    assert (sent["form"], sent["key"], sent["sent_at"]) == (
        "check",
        "e1",
        "2026-11-23T08:00:00+00:00",
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (503, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (401, b'{"detail": "clock"}'),
        (302, b"{}"),
    ],
)
def test_no_good_answer_is_tried_again_later_with_a_new_nonce(
    peer: Peer,
    district: District,
    clock: time_machine.Traveller,
    status: int,
    body: bytes,
) -> None:
    district.answers = [(status, body)]
    queue(peer, CHECK, key="e1")
    assert deliver_due() == 1
    waiting = Message.objects.get()
    assert (waiting.status, waiting.attempts) == ("pending", 1)
    assert waiting.next_try_at == NOW + timedelta(seconds=30)
    assert waiting.error
    clock.shift(29)
    assert deliver_due() == 0
    clock.shift(1)
    assert deliver_due() == 1
    assert Message.objects.get().status == "done"
    assert len({headers["X-Chengguan-Nonce"] for headers, _ in district.got}) == 2
    assert district.got[0][1] == district.got[1][1]


def test_a_refusal_ends_it_and_a_person_may_send_again(peer: Peer, district: District) -> None:
    district.answers = [(422, '{"detail": "缺少单位。", "mend": "请补上。"}'.encode())]
    queue(peer, CHECK, key="e1")
    deliver_due()
    message = Message.objects.get()
    assert (message.status, message.error) == ("refused", "HTTP 422 缺少单位。请补上。")
    assert send_again(message)
    deliver_due()
    assert Message.objects.get().status == "done"
    assert not send_again(message)


def test_nobody_there(peer: Peer, district: District) -> None:
    queue(peer, CHECK, key="e1")
    Peer.objects.update(url="http://127.0.0.1:1/exchange/")
    assert deliver_due() == 1
    assert "连不上 区平台" in Message.objects.get().error
    assert [pause_after(n).seconds for n in (1, 2, 3, 8, 40)] == [30, 60, 120, 3600, 3600]
    Message.objects.update(attempts=39, next_try_at=NOW)
    deliver_due()
    assert Message.objects.get().status == "failed"


def test_a_killed_sender_leaves_it_to_the_next(
    peer: Peer, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    queue(peer, CHECK, key="e1")
    with monkeypatch.context() as patch:
        patch.setattr("chengguan.exchange.domain.send._deliver", killed)
        with pytest.raises(KeyboardInterrupt):
            deliver_due()
    assert deliver_due() == 0
    clock.shift(121)
    assert deliver_due() == 1
    assert Message.objects.get().status == "done"


def test_an_inactive_peer_gets_nothing(peer: Peer) -> None:
    queue(peer, CHECK, key="e1")
    Peer.objects.update(active=False)
    assert deliver_due() == 0


def _post(
    client: Client,
    key: str = "d1",
    *,
    content: dict[str, Any] | None = None,
    secret: str = SECRET,
    sender: str = "district",
    **signing: Any,
) -> Any:
    message = Message(
        form="check", key=key, sent_at=NOW, payload=content or forms.write_form(CHECK)
    )
    body = envelope(message)
    signed = sign(secret, sender=sender, action="check", key=key, body=body, **signing)
    return client.post(
        "/exchange/in/", body, content_type="application/json", headers=signed.headers()
    )


def test_what_comes_in_is_kept_once_and_acknowledged(peer: Peer, client: Client) -> None:
    first, again = _post(client), _post(client)
    assert (first.status_code, again.status_code) == (201, 200)
    message = Message.objects.get()
    assert first.json() == {"receipt": str(message.pk), "again": False}
    assert again.json() == {"receipt": str(message.pk), "again": True}
    assert (message.outgoing, message.status, message.sent_at) == (False, "pending", NOW)
    changed = _post(client, content={**forms.write_form(CHECK), "text": "换了内容"})
    assert (changed.status_code, changed.json()["code"]) == (409, "exchange.key_reused")
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("signing", "code"),
    [
        ({"secret": "wrong"}, "exchange.signature"),
        ({"sender": "unknown"}, "exchange.signature"),
        ({"timestamp": int(NOW.timestamp()) - 301}, "exchange.time"),
        ({"timestamp": int(NOW.timestamp()) + 301}, "exchange.time"),
        ({"nonce": "short"}, "exchange.replay"),
        ({"nonce": "x" * 65}, "exchange.replay"),
    ],
)
def test_who_is_not_to_be_believed(
    peer: Peer, client: Client, signing: dict[str, Any], code: str
) -> None:
    response = _post(client, **signing)
    assert (response.status_code, response.json()["code"]) == (401, code)
    assert not Message.objects.exists()


def test_a_replay_is_refused_until_nonces_are_forgotten(
    peer: Peer, client: Client, clock: time_machine.Traveller
) -> None:
    nonce = "0123456789abcdef"
    assert _post(client, nonce=nonce).status_code == 201
    replay = _post(client, nonce=nonce)
    assert (replay.status_code, replay.json()["code"]) == (401, "exchange.replay")
    clock.shift(601)
    assert forget_nonces(datetime.now(UTC)) == 1
    late = _post(client, nonce=nonce, timestamp=int(NOW.timestamp()))
    assert late.json()["code"] == "exchange.time"
    assert not Nonce.objects.exists()


def test_an_inactive_peer_or_one_without_secret_is_unknown(peer: Peer, client: Client) -> None:
    Peer.objects.update(active=False)
    assert _post(client).status_code == 401
    Peer.objects.update(active=True, secret="")
    assert _post(client, secret="").status_code == 401


def test_what_cannot_be_read_is_refused_and_uses_no_key(peer: Peer, client: Client) -> None:
    response = _post(client, content={"number": "1"})
    assert response.status_code == 422
    assert [fault["field"] for fault in response.json()["errors"][1:]] == ["at", "by", "text"]
    for body in (b"", b"[]", b"{", b'{"form":"check","key":"","sent_at":"x","content":{}}'):
        bad = client.post("/exchange/in/", body, content_type="application/json")
        assert (bad.status_code, bad.json()["code"]) == (422, "exchange.envelope")
    huge = client.post("/exchange/in/", b"x" * 1_000_001, content_type="application/json")
    assert huge.status_code == 413
    assert not Message.objects.exists()
    assert client.get("/exchange/in/").status_code == 405


def test_forms_are_taken_in_once(peer: Peer, client: Client, clock: time_machine.Traveller) -> None:
    seen: list[str] = []

    def handle(message: Message, form: Any) -> None:
        seen.append(f"{message.key} {form.text}")
        if message.key == "refused":
            raise Invalid("x", "没有这个案件。", mend="请核对编号。")
        if message.key == "broken" and len(seen) < 4:
            Peer.objects.create(code="half", name="半")
            raise RuntimeError("no luck")
        message.subject_type, message.subject_id = "case", 7

    for key in ("good", "refused", "broken"):
        _post(client, key)
    assert take_in_pending() == 0  # nobody takes them in yet
    ports.register_receiver("check", handle)
    try:
        assert [take_in_pending(), take_in_pending()] == [3, 0]
        clock.shift(31)
        assert [take_in_pending(), take_in_pending()] == [1, 0]
    finally:
        ports._receivers.pop("check")
    assert seen == ["good 请核查", "refused 请核查", "broken 请核查", "broken 请核查"]
    found = Message.objects.order_by("key").values_list("key", "status", "attempts", "subject_id")
    assert list(found) == [
        ("broken", "done", 2, 7),
        ("good", "done", 1, 7),
        ("refused", "refused", 1, None),
    ]
    assert "请核对编号" in Message.objects.get(key="refused").error
    assert not Peer.objects.filter(code="half").exists()


@pytest.mark.django_db(transaction=True)
def test_eight_copies_at_once_are_kept_once(peer: Peer) -> None:
    answers: list[tuple[int, str]] = []

    def send() -> None:
        response = _post(Client())
        answers.append((response.status_code, response.json()["receipt"]))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(status for status, _ in answers) == [200] * 7 + [201]
    assert {receipt for _, receipt in answers} == {str(Message.objects.get().pk)}


def test_reconciliation_names_every_difference(
    peer: Peer, district: District, client: Client
) -> None:
    for key in ("both", "lost", "changed"):
        queue(peer, CHECK, key=key)
    queue(peer, CHECK, key="yesterday", at=NOW - timedelta(days=1))
    _post(client, "ours")
    mine = client.get("/exchange/ledger/2026-11-23/", headers=_asking()).json()
    digest = {key: value for _, key, value in mine["sent"]}
    assert sorted(digest) == ["both", "changed", "lost"]
    assert [line[:2] for line in mine["received"]] == [["check", "ours"]]
    district.ledger = {
        "received": [
            ["check", "both", digest["both"]],
            ["check", "changed", "0"],
            ["check", "ghost", "0"],
        ],
        "sent": [["check", "theirs", "0"]],
    }
    found = reconcile(peer, date(2026, 11, 23))
    assert found == [
        Difference("check", "lost", "not_arrived"),
        Difference("check", "ghost", "unknown_here"),
        Difference("check", "changed", "content"),
        Difference("check", "theirs", "not_received"),
        Difference("check", "ours", "unknown_there"),
    ]
    assert "重发" in str(found[0])
    district.ledger = {"received": mine["sent"], "sent": mine["received"]}
    assert reconcile(peer, date(2026, 11, 23)) == []
    district.ledger = {}
    with pytest.raises(Invalid):
        reconcile(peer, date(2026, 11, 23))
    Peer.objects.update(url="ftp://127.0.0.1/")
    with pytest.raises(CallFailed):
        reconcile(Peer.objects.get(), date(2026, 11, 23))


def test_the_ledger_is_for_the_peer_alone(peer: Peer, client: Client) -> None:
    assert client.get("/exchange/ledger/2026-11-23/").status_code == 401
    other = client.get("/exchange/ledger/2026-11-22/", headers=_asking())
    assert other.status_code == 401
    assert client.get("/exchange/ledger/yesterday/").status_code == 422


def _asking() -> dict[str, str]:
    day = "2026-11-23"
    return sign(SECRET, sender="district", action="ledger", key=day, body=b"").headers()
