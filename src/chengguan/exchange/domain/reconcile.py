"""Reconciliation: at the end of a day both sides compare what was sent with what arrived."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import orjson
from django.utils import timezone

from ..errors import Unreadable
from ..models import Message, Peer
from .calling import CallFailed, call


@dataclass(frozen=True, slots=True)
class Line:
    """One message in a ledger."""

    form: str
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What one side has and the other hasn't, or has otherwise."""

    form: str
    key: str
    kind: str

    def __str__(self) -> str:
        said = {
            "not_arrived": "我方已发，对方未收到：将继续重发，或在交换记录中手工重发",
            "not_received": "对方已发，我方未收到：请对方重发",
            "unknown_here": "对方已收，我方没有发过：请核对对方数据",
            "unknown_there": "我方已收，对方没有发过：请核对签名密钥是否泄露",
            "content": "两边内容不一致：请逐项核对",
        }[self.kind]
        return f"{self.form} {self.key} {said}。"


def ledger(peer: Peer, day: date, *, outgoing: bool) -> list[Line]:
    """Give what we sent to the peer (`outgoing`) or received from it, by the sender's day."""
    begin = datetime.combine(day, time(), timezone.get_default_timezone())
    found = Message.objects.filter(
        peer=peer, outgoing=outgoing, sent_at__gte=begin, sent_at__lt=begin + timedelta(days=1)
    )
    lines = found.order_by("form", "key").values_list("form", "key", "payload")
    return [Line(form, key, _digest(payload)) for form, key, payload in lines]


def reconcile(peer: Peer, day: date) -> list[Difference]:
    """Ask the peer for its ledger of the day and give all differences, both ways.

    Raises:
        CallFailed, Unreadable: no ledger was to be had.
    """
    reply = call(peer, "GET", f"ledger/{day.isoformat()}/", action="ledger", key=day.isoformat())
    if reply.status != 200:
        raise CallFailed(f"{peer.name} 没有给出台账（HTTP {reply.status}）")
    theirs_sent, theirs_received = _lines(reply.body, "sent"), _lines(reply.body, "received")
    return [
        *_compare(ledger(peer, day, outgoing=True), theirs_received, "not_arrived", "unknown_here"),
        *_compare(theirs_sent, ledger(peer, day, outgoing=False), "not_received", "unknown_there"),
    ]


def ledgers(peer: Peer, day: date) -> dict[str, list[list[str]]]:
    """Give both ledgers as they are answered to the peer."""
    return {
        "sent": [[x.form, x.key, x.digest] for x in ledger(peer, day, outgoing=True)],
        "received": [[x.form, x.key, x.digest] for x in ledger(peer, day, outgoing=False)],
    }


def _compare(sent: list[Line], arrived: list[Line], lost: str, unknown: str) -> list[Difference]:
    left = {(line.form, line.key): line.digest for line in sent}
    right = {(line.form, line.key): line.digest for line in arrived}
    found = [Difference(*name, lost) for name in sorted(left.keys() - right.keys())]
    found += [Difference(*name, unknown) for name in sorted(right.keys() - left.keys())]
    both = sorted(left.keys() & right.keys())
    return found + [Difference(*name, "content") for name in both if left[name] != right[name]]


def _lines(body: dict[str, Any], name: str) -> list[Line]:
    try:
        return [Line(str(form), str(key), str(digest)) for form, key, digest in body[name]]
    except (KeyError, TypeError, ValueError):
        raise Unreadable(
            "exchange.ledger", "对方台账的格式不对。", mend="请对方核对接口版本。"
        ) from None


def _digest(payload: Any) -> str:
    return hashlib.sha256(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).hexdigest()
