"""Five hundred listeners in one process: everybody hears everything, soon, in little memory."""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import Any

import psutil
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection

from chengguan.notify.domain import News, tell_many
from chengguan.notify.domain.relay import relay

from .conftest import make_token, make_user, stream_server
from .listening import Ear, Ears

LISTENERS = int(os.environ.get("CHENGGUAN_LISTENERS", "500"))
USERS = 50
BATCHES = 20


@pytest.mark.slow  # opens five hundred connections
def test_five_hundred_listeners(transactional_db: None) -> None:
    tokens = [
        make_token(make_user(f"u{n}", area=f"31011{n % 5}"), f"token-{n}") for n in range(USERS)
    ]
    connection.close()
    with stream_server() as (address, pid):
        found = asyncio.run(_scene(address, tokens, psutil.Process(pid)))
    found |= {"listeners": LISTENERS, "load_average": round(os.getloadavg()[0], 1)}
    place = settings.BASE_DIR / "var" / "stream.json"
    place.write_text(json.dumps(found, indent=1) + "\n")
    # A batch has one message for everybody, and one for each of five areas.
    assert found["heard"] == LISTENERS * BATCHES * 2
    assert found["mb_full"] < 200


async def _scene(address: str, tokens: list[str], server: psutil.Process) -> dict[str, Any]:
    async with Ears(address) as ears:
        empty = _megabytes(server)
        begun = time.perf_counter()
        opened = [
            await ears.open(Authorization=f"Bearer {tokens[n % USERS]}") for n in range(LISTENERS)
        ]
        assert {ear.status for ear in opened} == {200}
        joining = time.perf_counter() - begun
        hearing = [asyncio.create_task(_hear(ear)) for ear in opened]
        for _ in range(BATCHES):
            await sync_to_async(_tell, thread_sensitive=False)()
            await asyncio.sleep(0.15)
        delays = sorted(delay for part in await asyncio.gather(*hearing) for delay in part)
        full = _megabytes(server)
    return {
        "heard": len(delays),
        "joins_per_second": round(LISTENERS / joining),
        "p50_ms": round(delays[len(delays) // 2] * 1000, 1),
        "p99_ms": round(delays[int(len(delays) * 0.99)] * 1000, 1),
        "max_ms": round(delays[-1] * 1000, 1),
        "mb_empty": empty,
        "mb_full": full,
    }


async def _hear(ear: Ear) -> list[float]:
    delays = []
    for _ in range(BATCHES * 2):
        event = await ear.event(timeout=60)
        assert event is not None
        delays.append(time.time() - event["data"]["payload"]["t"])
    return delays


def _tell() -> None:
    now = {"t": time.time()}
    news = [
        News("case.stepped", subject_id=n, area_code=f"31011{n}", payload=now) for n in range(5)
    ]
    tell_many([News("notice.all", payload=now), *news])
    relay()
    connection.close()


def _megabytes(server: psutil.Process) -> float:
    """Of the whole server, its shared pages counted once."""
    family = [server, *server.children(recursive=True)]
    return round(sum(one.memory_full_info().pss for one in family) / 2**20, 1)
