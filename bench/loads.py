"""The requests of each load, from a fixed seed."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from .client import request
from .world import SEED, World, points

LANES: Final = 8
_SOURCES: Final = ("hotline", "public", "collector", "external")
_STATES: Final = ("awaiting_dispatch", "awaiting_handling", "handling", "closed")


def report(world: World, chance: random.Random, point: Sequence[float], key: str) -> dict[str, Any]:
    """Give one report as the API takes it."""
    return {
        "key": key,
        "source": chance.choice(_SOURCES),
        "text": f"路口东侧有暴露垃圾，约{chance.randint(1, 9)}平方米，影响通行",
        "address": f"环湖西一路 {chance.randint(1, 900)} 号",
        "lon": round(float(point[0]), 6),
        "lat": round(float(point[1]), 6),
        "kind": "matter",
        "matter_code": chance.choice(world.matters),
        "reporter": {"name": "张三", "phone": "13800000000"},
    }


def reports(world: World, count: int, run: str) -> list[list[bytes]]:
    """Give single reports, spread over the lanes; each lane is a collector."""
    chance = random.Random(f"{SEED}{run}")
    tokens = world.tokens["collector"]
    lanes: list[list[bytes]] = [[] for _ in range(LANES)]
    for number, point in enumerate(points(count, chance.getrandbits(32))):
        body = json.dumps(report(world, chance, point, f"{run}-{number}")).encode()
        lane = number % LANES
        lanes[lane].append(request("POST", "/api/v1/reports", tokens[lane % len(tokens)], body))
    return lanes


def batch(world: World, count: int, run: str) -> bytes:
    """Give one batch of reports."""
    chance = random.Random(f"{SEED}{run}")
    rows = [
        report(world, chance, point, f"{run}-{number}")
        for number, point in enumerate(points(count, chance.getrandbits(32)))
    ]
    body = json.dumps({"reports": rows}).encode()
    return request("POST", "/api/v1/reports/batch", world.tokens["collector"][0], body)


def verbs(world: World, numbers: Sequence[str]) -> list[list[bytes]]:
    """Give the whole way of each case, from filing to closing, seven verbs; a case has one lane."""
    lanes: list[list[bytes]] = [[] for _ in range(LANES)]
    for position, number in enumerate(numbers):
        for token, verb, data in way(world, position):
            body = json.dumps({"verb": verb, "data": data}).encode()
            path = f"/api/v1/cases/{number}/act"
            lanes[position % LANES].append(request("POST", path, token, body))
    return lanes


def way(world: World, position: int) -> list[tuple[str, str, dict[str, Any]]]:
    """Give the way of one case as (token, verb, form), from filing to closing; each verb once."""
    tokens, unit_at = world.tokens, position % len(world.units)
    unit, _, handler = world.units[unit_at]
    clerk, hands = tokens["unit_clerk"][unit_at], tokens["handler"][unit_at]
    acceptor, dispatcher = tokens["acceptor"][0], tokens["dispatcher"][0]
    return [
        (acceptor, "file", {"limit": "4工作时", "unverified": "情况明确"}),
        (dispatcher, "dispatch", {"unit": unit, "override": "就近处置"}),
        (clerk, "assign", {"handler": handler}),
        (hands, "submit_handling", {"note": "已清理"}),
        (clerk, "confirm_handled", {}),
        (dispatcher, "forward", {}),
        (acceptor, "close", {"confirmed": True}),
    ]


def lists(world: World, count: int) -> list[tuple[str, str]]:
    """Give (token, path) of list pages of 50 rows with four filters, as four kinds of post ask."""
    chance = random.Random(f"{SEED}lists")
    now = datetime.now(UTC)
    found = []
    for number in range(count):
        since = now - timedelta(days=chance.choice((7, 30, 90, 300)))
        opened = since.strftime("%Y-%m-%dT00:00:00Z")
        street, matter = chance.choice(world.streets), chance.choice(world.matters[:60])
        post, wanted = (
            ("acceptor", {"area": street, "matter": matter, "open": "false", "opened_from": opened}),
            ("dispatcher", {"area": street, "state": "closed", "source": "hotline", "opened_from": opened}),
            ("unit_clerk", {"kind": "matter", "state": chance.choice(_STATES), "source": "collector", "opened_from": opened}),
            ("area_chief", {"kind": "matter", "open": "true", "opened_from": opened, "light": "red", "sort": "due"}),
        )[number % 4]  # fmt: skip
        tokens = world.tokens[post]
        path = f"/api/v1/cases?{urlencode({**wanted, 'size': 50})}"
        found.append((tokens[(number // 4) % len(tokens)], path))
    return found


def gets(asked: Sequence[tuple[str, str]]) -> list[list[bytes]]:
    """Spread (token, path) over the lanes as GET requests."""
    lanes: list[list[bytes]] = [[] for _ in range(LANES)]
    for number, (token, path) in enumerate(asked):
        lanes[number % LANES].append(request("GET", path, token))
    return lanes


def searches(world: World, count: int) -> list[tuple[str, str]]:
    """Give (token, path) of searches for words that one case in nine hundred has."""
    chance = random.Random(f"{SEED}searches")
    return [_search(world, f"环湖西一路 {chance.randint(100, 899)} 号") for _ in range(count)]


def searches_in_vain(world: World, count: int) -> list[tuple[str, str]]:
    """Give (token, path) of searches for a word that no case has: every case is looked at."""
    return [_search(world, f"无此词{number}") for number in range(count)]


def _search(world: World, words: str) -> tuple[str, str]:
    return world.tokens["acceptor"][0], f"/api/v1/cases?{urlencode({'q': words})}"


def numbers(world: World, known: Sequence[str]) -> list[tuple[str, str]]:
    """Give (token, path) of searches for a case by its number."""
    token = world.tokens["acceptor"][0]
    return [(token, f"/api/v1/cases?{urlencode({'number': number})}") for number in known]
