"""The same message twice at once, and messages in the wrong order: reports, verbs, inbox, stream."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import random
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from bench import loads

from ..drilling import Drill, Fault, Struck
from ..inside import PEER_SECRET
from ..ledger import Ack
from ..line import FAILURES, Answer, Line
from ..listener import Listener

_COUNT = 20


def doubled(drill: Drill) -> Struck:
    """Send everything twice at once and out of order while people work."""
    begun = time.monotonic()
    struck = Struck(begun)
    drill.load.run(lambda: _all(drill, struck))
    time.sleep(drill.hold / 4)
    return struck


async def _all(drill: Drill, struck: Struck) -> None:
    numbers = await _reports(drill, struck)
    await _verbs(drill, struck, numbers)
    await _inbox(drill, struck)
    await _stream(drill, struck)


async def _reports(drill: Drill, struck: Struck) -> list[str]:
    """Each report three times at once: one is created, all give the same numbers."""
    load = drill.load
    token = load.world.tokens["collector"][0]
    numbers = []
    for n in range(_COUNT):
        key = f"drill-double-{int(struck.begun)}-{n}"
        sent = load.report(key)
        headers = _headers(token, key)
        load.ledger.begin(key, "report")
        answers = await _at_once(drill, 3, "POST", "/api/v1/reports", headers, _body(sent))
        for answer in answers:
            load.ledger.acknowledge(Ack(key, "report", answer.json(), sent, time.time()))
        created = [answer.json()["created"] for answer in answers]
        if sorted(created) != [False, False, True]:
            struck.wrong.append(f"{key}：同时三次，新建标记为 {created}")
        numbers.append(answers[0].json()["number"])
    struck.notes.append(f"{_COUNT} 条上报各同时发三次")
    return numbers


async def _verbs(drill: Drill, struck: Struck, numbers: list[str]) -> None:
    """Each case: the first verb twice under one key; the last ones too early: refused, nothing done."""
    load, refused = drill.load, 0
    for position, number in enumerate(numbers):
        way = loads.way(load.world, position)
        path = f"/api/v1/cases/{number}/act"
        for token, verb, data in reversed(way[1:]):
            key = f"drill-early-{number}-{verb}"
            answer = await _ask(
                drill, path, _headers(token, key), {"verb": verb, "data": data, "seq": 1}
            )
            if answer.status < 400:
                struck.wrong.append(f"{number}：{verb} 次序不对也办成了")
            refused += answer.status in (403, 404, 409, 422)
        token, verb, data = way[0]
        key, sent = f"drill-double-{number}", {"verb": verb, "data": data}
        load.ledger.begin(key, "verb")
        answers = await _at_once(drill, 2, "POST", path, _headers(token, key), _body(sent))
        for answer in answers:
            if answer.status < 400:
                load.ledger.acknowledge(Ack(key, "verb", answer.json(), sent, time.time()))
        # Somebody of the mixed load may have been faster: then both are told so.
        if len({answer.status for answer in answers}) != 1:
            struck.wrong.append(f"{number}：同一键两种应答 {[one.status for one in answers]}")
        load.ledger.open.pop(key, None)
    struck.notes.append(f"{len(numbers)} 个动作各同时发两次；次序不对的 {refused} 个动作全部被拒")


async def _inbox(drill: Drill, struck: Struck) -> None:
    """Forms from another platform: twice at once, shuffled, replayed, and changed under one key."""
    forms = [_form(struck.begun, n) for n in range(_COUNT)]
    twice = [one for one in forms for _ in range(2)]
    random.Random("inbox").shuffle(twice)
    answers = await asyncio.gather(*(_deliver(drill, key, body) for key, body in twice))
    bad = [answer.status for answer in answers if answer.status not in (200, 201)]
    receipts: dict[str, set[str]] = {}
    for (key, _), answer in zip(twice, answers, strict=True):
        if answer.status < 400:
            receipts.setdefault(key, set()).add(str(answer.json()["receipt"]))
    key, body = forms[0]
    replay = _signed(key, body)
    first, again = await _post(drill, replay, body), await _post(drill, replay, body)
    changed = await _deliver(drill, key, body.replace("占道".encode(), "出店".encode()))
    if bad or any(len(given) != 1 for given in receipts.values()):
        struck.wrong.append(f"收件箱：被拒 {bad}，一个编号有几个回执 {receipts}")
    if (first.status, again.status, changed.status) != (200, 401, 409):
        struck.wrong.append(
            f"收件箱：重发 {first.status}、重放 {again.status}、改内容 {changed.status}，"
            "应为 200、401、409"
        )
    kept = drill.house.sql(
        "SELECT count(*), count(DISTINCT key) FROM exchange_message WHERE key LIKE %s",
        [f"drill-{int(struck.begun)}-%"],
    )[0]
    if kept != (_COUNT, _COUNT):
        struck.wrong.append(f"收件箱：存了 {kept[0]} 份，编号 {kept[1]} 个，应各 {_COUNT}")
    struck.notes.append(f"{_COUNT} 份对接表单乱序各两次，存 {kept[0]} 份；重放被拒")


async def _stream(drill: Drill, struck: Struck) -> None:
    """Break a listener's line and come back with its last id, many times: nothing twice, nothing missed."""
    token = drill.load.world.tokens["acceptor"][0]
    steady, broken = (Listener(drill.house.port + 1, token) for _ in range(2))
    tasks = [asyncio.create_task(steady.hear())]
    await asyncio.sleep(1.0)
    for _ in range(6):
        task = asyncio.create_task(broken.hear())
        await asyncio.sleep(0.8)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0.3)
    tasks.append(asyncio.create_task(broken.hear()))
    await asyncio.sleep(1.5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    twice = [key for key, count in broken.heard.items() if count > 1]
    first = min((int(key) for key in broken.heard if key.isdigit()), default=0)
    order = [key for key in steady.heard if key in broken.heard or not first]
    begun = list(steady.heard).index(order[0]) if order else 0
    expected = list(steady.heard)[begun:-5]
    missed = [key for key in expected if key not in broken.heard]
    if twice or (missed and not broken.reloads) or not broken.heard:
        struck.wrong.append(f"推送断线续听：重复 {twice[:5]}，漏听 {missed[:5]}")
    struck.notes.append(
        f"推送断线 6 次，续听 {len(broken.heard)} 条，重复 {len(twice)}，漏听 {len(missed)}"
    )


def _form(begun: float, number: int) -> tuple[str, bytes]:
    key = f"drill-{int(begun)}-{number}"
    content = {
        "number": f"P{number:05d}", "at": datetime.now(UTC).isoformat(), "by": "演练平台",
        "source": "external", "text": "占道经营",
    }  # fmt: skip
    whole = {
        "form": "registration", "key": key,
        "sent_at": datetime.now(UTC).isoformat(), "content": content,
    }  # fmt: skip
    return key, _body(whole)


def _signed(key: str, body: bytes) -> dict[str, str]:
    """Sign as another platform does, by the rule of the documents and none of our code."""
    when, nonce = str(int(time.time())), secrets.token_hex(16)
    parts = ["PEER", when, nonce, "registration", key, hashlib.sha256(body).hexdigest()]
    digest = hmac.new(PEER_SECRET.encode(), "\n".join(parts).encode(), hashlib.sha256).hexdigest()
    named = {"Sender": "PEER", "Timestamp": when, "Nonce": nonce, "Signature": digest}
    headers = {f"X-Chengguan-{name}": value for name, value in named.items()}
    return headers | {"Content-Type": "application/json"}


async def _deliver(drill: Drill, key: str, body: bytes) -> Answer:
    return await _post(drill, _signed(key, body), body)


async def _post(drill: Drill, headers: dict[str, str], body: bytes) -> Answer:
    line = Line("127.0.0.1", drill.house.port)
    try:
        return await line.ask("POST", "/exchange/in/", headers, body)
    finally:
        line.close()


async def _at_once(
    drill: Drill, count: int, method: str, path: str, headers: dict[str, str], body: bytes
) -> list[Answer]:
    """Send the same on several connections at once; whoever is told to wait asks again."""

    async def one() -> Answer:
        line = Line("127.0.0.1", drill.house.port)
        try:
            while True:
                try:
                    answer = await line.ask(method, path, headers, body)
                except FAILURES:
                    await asyncio.sleep(0.2)
                    continue
                if answer.status == 409 and b"exchange.in_progress" in answer.body:
                    await asyncio.sleep(0.1)
                    continue
                return answer
        finally:
            line.close()

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def _ask(drill: Drill, path: str, headers: dict[str, str], sent: Any) -> Answer:
    return (await _at_once(drill, 1, "POST", path, headers, _body(sent)))[0]


def _headers(token: str, key: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": key,
        "Content-Type": "application/json",
    }


def _body(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


FAULTS = [
    Fault(
        "deliveries",
        "重复与乱序送达",
        "同一请求同时发两三次，动作次序颠倒，对接表单乱序重发、重放、改内容，推送断线续听",
        "无需操作。",
        doubled,
    ),
]
