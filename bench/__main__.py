"""`python -m bench [--baseline FILE] [--out FILE] [--only name,…] [--cases N] [--small]`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from bench import elsewhere, growth
from bench.mixed.plan import Plan, PlanError, read

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run the bench; gives 0 when it ran, whether targets are met or not: that is in the JSON."""
    options = _options()
    plan = _people(options)
    other = os.environ.get(elsewhere.ENVIRONMENT, "")
    if other and not options.column:
        return elsewhere.both(other, options.out.absolute(), sys.argv[1:])
    place = options.place.absolute()
    _prepare(place, other if options.column == "other" else "")
    # The environment must stand before anything of ours is imported.
    from bench import figures
    from chengguan.config import postgres, start

    about = figures.circumstances(ROOT, options.cases)
    if other:
        about["server"] = elsewhere.claim(other)
    before = figures.read(options.baseline) if options.baseline else {}
    with start.django_ready():
        try:
            found = _measure(options, plan, about)
        finally:
            from django.db import connections

            connections.close_all()
    postgres.release()
    if other and not options.keep:
        elsewhere.leave(other)
    for one in found:
        print(one.line(before.get(one.name)))
    figures.write(options.out, about, found)
    print(f"→ {options.out}")
    if "growth" in about:
        _draw(about["growth"], options.out.with_suffix(".png"))
    if not options.keep:
        shutil.rmtree(place, ignore_errors=True)
    return 0


def _measure(
    options: argparse.Namespace, people: Plan, about: dict[str, object]
) -> list[figures.Figure]:  # noqa: F821
    from bench import running, world
    from bench.machine import Watch, postmaster_here
    from chengguan.config import postgres, serving, start
    from chengguan.config.paths import VAR
    from chengguan.config.processes import Family

    begun = time.monotonic()

    def progress(line: str) -> None:
        print(f"· {time.monotonic() - begun:6.1f} s  {line}", flush=True)

    start.migrate()
    progress("database made")
    made = world.make_world(progress)
    about["durable"] = _durability()
    plan = serving.Plan.at("127.0.0.1", options.port, log=VAR / "log" / "bench.log")
    family = Family(serving.children(plan), log=plan.log)
    try:
        family.start()
        serving.wait_ready(plan, family)
        embedded = postgres.is_embedded()
        watch = Watch(family.pids(), postgres.directory() if embedded else postmaster_here())
        bench = running.Bench(
            made, plan.host, plan.port, watch, VAR, options.cases, options.small, progress,
            people, options.sizes, about,
        )  # fmt: skip
        for name in running.chosen(["grow"] if options.grow else options.only):
            progress(name)
            running.STEPS[name](bench)
    finally:
        family.stop()
    about["load_after"] = [round(one, 2) for one in os.getloadavg()]
    return bench.figures


def _people(options: argparse.Namespace) -> Plan:
    plan = read(options.people) if options.people else read()
    sizes = {
        "users": options.users,
        "minutes": options.minutes,
        "listeners": options.listeners,
        "warm_seconds": options.warm,
    }
    return plan.of(**{name: value for name, value in sizes.items() if value is not None})


def _draw(grown: Any, place: Path) -> None:
    from chengguan.core.errors import Invalid

    try:
        font = growth.draw(grown, place)
    except Invalid as error:
        print(f"! {error}")
        return
    print(f"→ {place}" + ("" if font else "（没有中文字体，图上只有代码）"))


def _sizes(text: str) -> tuple[int, ...]:
    found = tuple(int(one.replace("_", "")) for one in text.split(","))
    if min(found) < 1:
        raise argparse.ArgumentTypeError("--sizes 应为逗号分隔的正整数，如 10000,100000。")
    return tuple(sorted(found))


def _durability() -> dict[str, str]:
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute(f"SHOW {name}")
            found[name] = cursor.fetchone()[0]
    return found


def _prepare(place: Path, database: str) -> None:
    for name in (
        "DATABASE_URL",
        "CHENGGUAN_PG_FAST_UNSAFE",
        "CHENGGUAN_TESTING",
        "CHENGGUAN_PG_DIR",
    ):
        os.environ.pop(name, None)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if database:
        os.environ["DATABASE_URL"] = database
    os.environ["CHENGGUAN_VAR"] = str(place)
    os.environ["CHENGGUAN_HOSTS"] = "127.0.0.1,localhost,testserver"
    # The clients of the mixed load say an address for each person, as a proxy in front would.
    os.environ["CHENGGUAN_PROXIES"] = "127.0.0.1"
    os.environ["DJANGO_SETTINGS_MODULE"] = "chengguan.config.settings"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--baseline", type=Path, help="an earlier run to print ratios to")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "bench.json")
    parser.add_argument("--only", type=lambda text: text.split(","), default=[])
    parser.add_argument("--cases", type=int, default=1_000_000, help="cases behind the list")
    parser.add_argument("--small", action="store_true", help="tiny sizes: try the bench itself")
    parser.add_argument("--grow", action="store_true", help="cost against size, instead")
    parser.add_argument("--sizes", type=_sizes, default=(10_000, 100_000, 1_000_000))
    parser.add_argument("--people", type=Path, help="who takes part in the mixed load (TOML)")
    parser.add_argument("--users", type=int, help="people of the mixed load")
    parser.add_argument("--minutes", type=float, help="minutes of the mixed load")
    parser.add_argument("--warm", type=float, help="seconds of the mixed load before it counts")
    parser.add_argument("--listeners", type=int, help="open live streams of the mixed load")
    # Which of two servers is measured; `elsewhere.both` says it to each of its processes.
    parser.add_argument("--column", choices=("embedded", "other"), help=argparse.SUPPRESS)
    parser.add_argument("--keep", action="store_true", help="keep the database afterwards")
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--place", type=Path, default=ROOT / "var" / "bench")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (elsewhere.NotOurs, growth.NoRoom, PlanError) as error:
        sys.exit(f"✗ {error}")
