"""Searches over the full table: random combinations of the fourteen fields, and words."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from . import anchors, loads, taking, words
from .figures import Figure, median, percentile
from .world import EAST, NORTH, SEED, SOUTH, WEST, World

if TYPE_CHECKING:
    from .running import Bench

_COMBINATIONS: Final = 400
_SEARCHES: Final = 200
_COUNTS: Final = 100
#: A search that hangs must not hide in rounds that are never over.
_ROUNDS: Final = 2
_POSTS: Final = ("acceptor", "dispatcher", "unit_clerk", "area_chief")
_FLAGS: Final = ("overdue", "urged", "returned", "reworked", "important", "overseen")


def search(bench: Bench) -> None:
    """Ask random combinations, then words; the index is built first, as the worker would in an hour."""
    _build(bench)
    asked = combinations(bench.world, bench.size(_COMBINATIONS))
    _measured(bench, "search", "search: any combination of the fourteen fields, p95", asked, 1_000)
    said = typed(bench.world, bench.size(_SEARCHES))
    _measured(bench, "words", "words as people type them, p95", said, 50)
    _counts(bench, asked[: bench.size(_COUNTS)])
    taking.follow(bench)
    for form in ("csv", "xlsx"):
        taking.export(bench, form)


def combinations(world: World, count: int) -> list[tuple[str, str]]:
    """Give (token, path) of pages of 50 under two to six fields drawn from a fixed seed.

    Seven of ten ask for what one case, drawn at random, has, as somebody does who looks for it, and
    are asked by somebody who may see it; the others ask any value beside any other, mostly in vain.
    """
    chance = random.Random(f"{SEED}search")
    fields = _fields(world, chance)
    drawn = anchors.drawn(chance, count)
    found = []
    for number in range(count):
        chosen = chance.sample(sorted(fields), chance.randint(2, 6))
        query: list[tuple[str, Any]] = [
            ("size", 50),
            ("sort", chance.choice(("-opened", "opened"))),
        ]
        post = _POSTS[number % len(_POSTS)]
        if drawn and number % 10 < 7:
            case = drawn[number % len(drawn)]
            for name in chosen:
                query += anchors.asked(case, name, chance)
            token = anchors.token(world, case, post)
        else:
            for name in chosen:
                query += fields[name]()
            token = world.tokens[post][number % len(world.tokens[post])]
        found.append((token, f"/api/v1/cases?{urlencode(query)}"))
    return found


def typed(world: World, count: int) -> list[tuple[str, str]]:
    """Give (token, path) of searches for words: parts of names, things, two words, endings, none."""
    chance = random.Random(f"{SEED}words")
    token = world.tokens["acceptor"][0]
    return [(token, f"/api/v1/cases?{urlencode({'q': _words(chance)})}") for _ in range(count)]


def _words(chance: random.Random) -> str:
    place = chance.choice(words.ROADS)
    thing = chance.choice(words.THINGS)
    cut = chance.randrange(len(thing) - 1)
    return chance.choice((
        place, place[:2], thing, thing[cut : cut + 2], f"{place[:2]} {thing[-2:]}",
        f"{chance.choice(words.PLACES)} {thing}", f"{thing} {chance.choice(words.EFFECTS)}",
        f"无此词{chance.randint(1, 9)}", str(chance.randint(10_000, 49_999)), thing[-1],
        f"环湖西一路 {chance.randint(100, 899)} 号",
    ))  # fmt: skip


def _fields(world: World, chance: random.Random) -> dict[str, Callable[[], list[tuple[str, Any]]]]:
    now = datetime.now(UTC)

    def day(ago: int) -> str:
        return (now - timedelta(days=ago)).strftime("%Y-%m-%dT00:00:00Z")

    def circle() -> str:
        lon, lat = chance.uniform(WEST, EAST), chance.uniform(SOUTH, NORTH)
        return f"{lon:.6f},{lat:.6f},{chance.choice((80, 400, 2000))}"

    people = [handler for _, _, handler in world.units]
    return {
        "number": lambda: [("number", f"310115{(now - timedelta(days=chance.randint(1, 300))):%Y%m%d}")],
        "words": lambda: [("q", _words(chance))],
        "matter": lambda: [("matter", chance.choice(world.matters[:80]))],
        "condition": lambda: [("rules", chance.randint(1, 400))],
        "source": lambda: [("source", chance.choice(("hotline", "public", "video")))],
        "area": lambda: [("area", chance.choice(world.streets))],
        "place": lambda: [("circle", circle())],
        "unit": lambda: [("unit", chance.choice(world.units)[0])],
        "person": lambda: [("person", chance.choice(people))],
        "state": lambda: [chance.choice((("state", "closed"), ("state", "voided"), ("state", "handling"), ("not_state", "closed")))],
        "times": lambda: [("opened_from", day(chance.choice((7, 30, 200)))), ("opened_to", day(chance.choice((0, 5))))],
        "lights": lambda: [("lights", chance.choice(("red", "green")))],
        "flags": lambda: [("flag", chance.choice(_FLAGS))],
        "scores": lambda: [("score", chance.choice(("urged:2-", "returns:1-", "reworks:1-2", "late:1-", "share:100-")))],
    }  # fmt: skip


def _build(bench: Bench) -> None:
    from time import perf_counter, process_time

    from django.db import connection

    from chengguan.cases.search import index

    def progress(count: int) -> None:
        if count % 200_000 == 0:
            bench.progress(f"{count:,} cases in the search index")

    begun, used = perf_counter(), process_time()
    count = index.rebuild(progress)
    seconds, used = perf_counter() - begun, process_time() - used
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_relation_size('cases_searchentry'), pg_relation_size('cases_search_tokens')"
        )
        table, tokens = cursor.fetchone()
    bench.figures.append(
        Figure("search_index", f"index of {count:,} cases built", count / seconds, "cases/s",
               details={"seconds": round(seconds, 1), "python_cpu_seconds": round(used, 1),
                        "table_MB": table >> 20, "tokens_MB": tokens >> 20})
    )  # fmt: skip


def _counts(bench: Bench, asked: Sequence[tuple[str, str]]) -> None:
    """Count what the first combinations find, no further than a thousand, as the list page does."""
    from time import perf_counter
    from urllib.parse import parse_qs, urlsplit

    from chengguan.accounts.domain.principal import principal_of
    from chengguan.accounts.models import User
    from chengguan.cases.api.looking import CaseQuery, _filter
    from chengguan.cases.queries import count_visible

    person = principal_of(User.objects.get(username="acceptor-0"))
    fields = CaseQuery.model_fields
    waits, found = [], 0
    for _, path in asked:
        said = parse_qs(urlsplit(path).query)
        lists = {n: v for n, v in said.items() if "list" in str(fields[n].annotation)}
        query = CaseQuery.model_validate({n: v[0] for n, v in said.items()} | lists)
        begun = perf_counter()
        found += count_visible(person, _filter(query), up_to=1001) > 0
        waits.append(perf_counter() - begun)
    waits.sort()
    details: dict[str, float] = {
        f"p{share}_ms": round(percentile(waits, share / 100) * 1000, 1) for share in (50, 95, 99)
    }
    details["found_something"] = round(found / len(waits), 2)
    bench.figures.append(
        Figure("counts_p95", "counts up to a thousand of such searches, p95, in process",
               details["p95_ms"], "ms", details=details)
    )  # fmt: skip


def _measured(
    bench: Bench, name: str, title: str, asked: Sequence[tuple[str, str]], target: float
) -> None:
    bench.ask(loads.gets(asked[:32]))
    # One after another: how long one person waits, not how many can be served.
    lane = [[one for many in loads.gets(asked) for one in many]]
    answers = []
    for _ in range(_ROUNDS):
        with bench.watch.cpu() as shares:
            answers.append(bench.ask(lane, keep=True))
    waits = [sorted(one.seconds) for one in answers]
    details = {
        f"p{share}_ms": round(median([percentile(one, share / 100) for one in waits]) * 1000, 1)
        for share in (50, 95, 99)
    }
    last = answers[-1]
    details["cpu_ms"] = round(sum(shares.values()) * last.wall / max(1, last.good) * 1000, 2)
    details["found_something"] = round(
        sum(bool(json.loads(body)["rows"]) for body in last.bodies[0]) / last.good, 2
    )
    value = float(details["p95_ms"])
    bench.figures.append(
        Figure(f"{name}_p95", title, value, "ms", target, at_most=True, details=details)
    )
