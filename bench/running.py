"""The measurements, in the order in which they need each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, Final

from . import (
    client,
    counting,
    floors,
    growth,
    history,
    loads,
    mapping,
    million,
    mixed,
    searching,
)
from .figures import Figure, median, percentile
from .machine import Watch
from .world import World, points

ROUNDS: Final = 3
#: The cores the targets are for.
CORES: Final = 2
Progress = Callable[[str], None]


@dataclass
class Bench:
    """What all measurements share: the city, the servers, sizes, and what was found so far."""

    world: World
    host: str
    port: int
    watch: Watch
    folder: Path
    cases: int
    small: bool
    progress: Progress
    plan: mixed.Plan
    sizes: Sequence[int]
    about: dict[str, Any]
    figures: list[Figure] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)

    def size(self, whole: int) -> int:
        """Give a size, far less when only the bench itself is tried."""
        return max(16, whole // 100) if self.small else whole

    @property
    def floor_seconds(self) -> float:
        return 1.0 if self.small else 4.0

    def ask(self, lanes: Sequence[Sequence[bytes]], *, keep: bool = False) -> client.Answer:
        """Send requests and insist that none was refused."""
        plan = client.Plan(self.host, self.port, [list(lane) for lane in lanes], keep)
        answer = client.ask(plan)
        refused = {status: n for status, n in answer.statuses.items() if status >= 400}
        if refused:
            shown = "\n".join(one.decode(errors="replace") for one in answer.failures)
            raise RuntimeError(f"refused {refused}:\n{shown}")
        return answer


def locate(bench: Bench) -> None:
    """Points located in the city's 5,000 grids, in process; the floor asks PostgreSQL's GiST."""
    from chengguan.registry.domain.locate import locate_many

    count = bench.size(200_000)
    asked = points(count)
    locate_many(asked[:100])
    seconds = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        codes = locate_many(asked)
        seconds.append(perf_counter() - begun)
    bench.figures.append(
        Figure(
            "locate", "points located in 5,000 grids", count / median(seconds), "/s", 200_000,
            floor=counting.gist_rate(asked[: max(16, count // 10)]),
            floor_is="polygon @> point through a GiST index",
            bound_by="one core: the tree's candidates and their exact test, in C",
            details={"grids": 5000, "found": float((codes != "").mean())},
        )
    )  # fmt: skip


def reports(bench: Bench) -> None:
    """Reports one by one over HTTP from eight connections, durable before the answer."""
    bench.ask(loads.reports(bench.world, bench.size(400), "warm"))
    _reports(bench, "reports", "reports accepted one by one", bench.size(2_400))


def reports_at_size(bench: Bench) -> None:
    """The same once the table of cases is full: indexes are deeper then."""
    bench.ask(loads.reports(bench.world, bench.size(200), "warm-full"))
    _reports(bench, "reports_full", f"the same beside {bench.cases:,} cases", bench.size(1_200))


def _reports(bench: Bench, name: str, title: str, count: int) -> None:
    answers: list[client.Answer] = []
    for turn in range(ROUNDS):
        with bench.watch.cpu() as shares:
            answer = bench.ask(loads.reports(bench.world, count, f"{name}{turn}"), keep=True)
        answers.append(answer)
        bench.numbers += [json.loads(body)["number"] for lane in answer.bodies for body in lane]
    floors.make_tables()
    floor = floors.rate(floors.REPORT, bench.folder, seconds=bench.floor_seconds)
    _http(
        bench, name, title, answers, shares, floor, "one row and its event, one statement", 500, 40
    )


def _http(
    bench: Bench, name: str, title: str, answers: Sequence[client.Answer], shares: dict[str, float],
    floor: float, floor_is: str, target: float, p95: float | None,
) -> None:  # fmt: skip
    wait = median([percentile(one.seconds, 0.95) for one in answers]) * 1000
    details: dict[str, Any] = {
        "p50_ms": round(median([percentile(one.seconds, 0.5) for one in answers]) * 1000, 1),
        "p95_ms": round(wait, 1),
        "rounds": [round(one.rate, 1) for one in answers],
        "cpu": shares | {"client": round(median([one.cpu / one.wall for one in answers]), 2)},
        "clients": loads.LANES,
    }
    # What is left when other loads of the machine are taken out: the processor's time for one.
    last = answers[-1]
    details["cpu_ms"] = {
        name: round(share * last.wall / max(1, last.good) * 1000, 2)
        for name, share in details["cpu"].items()
    }
    spent = sum(details["cpu_ms"].values())
    details["capacity"] = round(CORES * 1000 / spent) if spent else None
    rate = median([one.rate for one in answers])
    bound = _bound(details["cpu"])
    bench.figures.append(
        Figure(name, title, rate, "/s", target, False, floor, floor_is, bound, details)
    )
    if p95 is not None:
        bench.figures.append(
            Figure(f"{name}_p95", f"{title}: 95th percentile", wait, "ms", p95, at_most=True)
        )


def _bound(shares: dict[str, float]) -> str:
    used = sum(shares.values())
    first = max(shares, key=lambda name: shares[name])
    said = ", ".join(f"{name} {share:.2f}" for name, share in sorted(shares.items()))
    word = f"the processor, mostly {first}" if used > 1.6 else "waiting (fsync, locks, other loads)"
    return f"{word}; cores used: {said}"


def batch(bench: Bench) -> None:
    """Batches of 5,000 over HTTP, two senders at a time: one for each core."""
    count, senders = bench.size(5_000), 2
    bench.ask([[loads.batch(bench.world, min(count, 200), f"batch-warm{n}")] for n in range(4)])
    seconds: list[float] = []
    for turn in range(ROUNDS):
        lanes = [[loads.batch(bench.world, count, f"batch{turn}-{n}")] for n in range(senders)]
        with bench.watch.cpu() as shares:
            answer = bench.ask(lanes, keep=True)
        accepted = [json.loads(one)["accepted"] for lane in answer.bodies for one in lane]
        assert accepted == [count] * senders
        seconds.append(answer.wall)
    floors.make_tables()
    bench.figures.append(
        Figure(
            "batch",
            "reports accepted in batches of 5,000 over HTTP, two senders",
            senders * count / median(seconds),
            "/s",
            5_000,
            floor=floors.copy_rate(bench.size(50_000)),
            floor_is="rows COPYed into one bare table (a report is six rows in six tables)",
            bound_by=_bound(shares),
            details={"seconds": seconds, "cpu": shares},
        )
    )
    bench.figures.append(counting.batch_in_process(bench.world, count))


def verbs(bench: Bench) -> None:
    """Cases led from report to close over HTTP, seven verbs each, by the posts that may."""
    each = bench.size(400)
    answers: list[client.Answer] = []
    for turn in range(ROUNDS):
        numbers = bench.numbers[turn * each : (turn + 1) * each]
        with bench.watch.cpu() as shares:
            answers.append(bench.ask(loads.verbs(bench.world, numbers)))
    floors.make_tables(1_000)
    script = floors.VERB.format(rows=1_000)
    floor = floors.rate(script, bench.folder, seconds=bench.floor_seconds)
    _http(bench, "verbs", "verbs applied", answers, shares, floor,
          "one row moved and its event, one statement", 300, None)  # fmt: skip


def lists(bench: Bench) -> None:
    """Pages of 50 rows under four filters, as four kinds of post ask for them."""
    asked = loads.lists(bench.world, bench.size(800))
    bench.ask(loads.gets(asked[:64]))
    answers: list[client.Answer] = []
    for _ in range(ROUNDS):
        with bench.watch.cpu() as shares:
            answers.append(bench.ask(loads.gets(asked)))
    floor = counting.floor_of(asked[:16], bench.folder, bench.floor_seconds)
    title = f"list of 50, four filters, {bench.cases:,} cases"
    _http(bench, "lists", title, answers, shares, floor,
          "the statements of the same pages alone", 150, 100)  # fmt: skip


def details(bench: Bench) -> None:
    """Case details with all steps, clocks, files and requests."""
    token = bench.world.tokens["acceptor"][0]
    done = bench.numbers[: bench.size(400)]
    asked = [(token, f"/api/v1/cases/{number}") for number in done]
    bench.ask(loads.gets(asked[:64]))
    answers: list[client.Answer] = []
    for _ in range(ROUNDS):
        with bench.watch.cpu() as shares:
            answers.append(bench.ask(loads.gets(asked * 2)))
    floor = counting.floor_of(asked[:8], bench.folder, bench.floor_seconds)
    _http(bench, "details", "case detail", answers, shares, floor,
          "the statements of the same answers alone", 150, None)  # fmt: skip


def statements(bench: Bench) -> None:
    """Statements of the three requests that are counted."""
    bench.figures += counting.statements(bench.world, bench.numbers[0])


def memory(bench: Bench) -> None:
    """Memory of what serves, after all the loads."""
    found = bench.watch.memory()
    bench.figures.append(
        Figure(
            "memory", "PSS of web, stream and worker", sum(found.values()), "MB", 600,
            at_most=True, details=found, bound_by="modules loaded in each of five processes",
        )
    )  # fmt: skip


def fill(bench: Bench) -> None:
    """Make the many cases; no figure."""
    million.fill(bench.cases, bench.world, bench.progress)


def mixed_load(bench: Bench) -> None:
    """People of all posts at work at once, with think time, beside the full table of cases."""
    plan = bench.plan
    if bench.small:
        plan = plan.of(users=24, minutes=0.15, warm_seconds=3.0, listeners=12).hurried(20)
    crowd = mixed.gather(plan, bench.world)
    before = bench.watch.memory()
    load = mixed.start(plan, crowd, bench.host, bench.port, bench.folder / "mixed")
    bench.progress(f"{plan.users} people signed in, at work for {plan.minutes:g} minutes")
    try:
        with bench.watch.cpu() as shares:
            memory = _memory_until_over(bench, load)
            load.wait()
    finally:
        load.kill()
    outcome = load.outcome()
    found = mixed.figures(plan, outcome)
    shares["client"] = round(outcome.driven.cpu_share + outcome.heard.cpu_share, 2)
    found[0].bound_by = _bound(shares)
    found[0].details |= {
        "cpu": shares,
        "memory_before": before,
        "memory_by_minute": memory,
        "memory_after": bench.watch.memory(),
    }
    bench.figures += found


def _memory_until_over(bench: Bench, load: mixed.Load) -> list[float]:
    """Give the PSS of all that serves, in MB, once a minute while the load works."""
    found: list[float] = []
    begun = perf_counter()
    while load.is_working():
        if perf_counter() - begun >= 60 * (len(found) + 1):
            found.append(round(sum(bench.watch.memory().values()), 1))
        sleep(0.5)
    return found


def replay(bench: Bench) -> None:
    """History replayed through the command, in a database of its own."""
    if not history.may_make_database():
        # Another server's account need not have the right to; the rest is measured all the same.
        bench.about["left_out"] = "replay: no right to make a database, or one is there"
        bench.progress("回放需另建一个库 bench_replay：没有建库权限，或已有同名库，略过")
        return
    rate, about = history.replay_rate(bench.folder, bench.size(8_000))
    bench.figures.append(
        Figure(
            "replay", "history replayed", rate, "cases/s", 1_000, details=about,
            floor=floors.copy_rate(bench.size(50_000)),
            floor_is="rows COPYed into one bare table (a replayed case is some 40 rows)",
            bound_by="one core: each step worked out in Python",
        )
    )  # fmt: skip


STEPS: Final[dict[str, Callable[[Bench], None]]] = {
    "locate": locate,
    "reports": reports,
    "batch": batch,
    "verbs": verbs,
    "details": details,
    "statements": statements,
    "fill": fill,
    "lists": lists,
    "search": searching.search,
    "reports_full": reports_at_size,
    "mixed": mixed_load,
    "memory": memory,
    "replay": replay,
    "map": mapping.measure,
    "grow": growth.grow,
}
#: Asked for by name only: they throw the cases of the other steps away, or open them all again.
ON_REQUEST: Final = frozenset({"grow", "map"})
#: What a step can't do without.
NEEDS: Final = {
    "verbs": ("reports",),
    "details": ("reports", "verbs"),
    "statements": ("reports",),
    "lists": ("fill",),
    "search": ("fill",),
    "reports_full": ("fill",),
    "mixed": ("fill",),
}


def chosen(only: Sequence[str]) -> list[str]:
    """Give the steps to do, in order, with what they need; all of them when none is named."""
    if not only:
        return [name for name in STEPS if name not in ON_REQUEST]
    wanted = set(only)
    for name in only:
        wanted.update(NEEDS.get(name, ()))
    return [name for name in STEPS if name in wanted]
