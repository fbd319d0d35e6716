"""`python -m drill [--only name,…] [--people N] [--crowd N] [--hold SECONDS] [--out FILE]`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .drilling import Result
    from .house import House
    from .volumes import Volumes

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run the drill; gives 0 when every fault that was made left everything whole."""
    options = _options()
    place = options.place.absolute()
    os.environ["CHENGGUAN_VAR"] = str(place)
    from bench.figures import circumstances
    from chengguan.config import signals

    from . import page
    from .house import House
    from .volumes import Volumes

    volumes = Volumes(place / "disks")
    volumes.unmount_left()
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    # The bench's word for the machine and the moment, without its number of cases.
    about: dict[str, Any] = {k: v for k, v in circumstances(ROOT, 0).items() if k != "cases"}
    about |= {"people": options.people, "crowd": options.crowd, "hold": options.hold}
    begun = time.monotonic()
    # The people of the mixed load say an address each, as a proxy in front would.
    house = House(place, _port(options.port), {"CHENGGUAN_PROXIES": "127.0.0.1"})
    if not options.plain:
        volumes.mount()
        house.settings |= volumes.settings()
    try:
        # Asked to end we still take away what was started and mounted.
        with signals.as_exit():
            results = _run(options, house, volumes, about)
    finally:
        house.stop()
        house.end_database()
        volumes.unmount()
    about["seconds"] = round(time.monotonic() - begun, 1)
    about["load_after"] = [round(one, 2) for one in os.getloadavg()]
    page.write(options.out, about, results)
    print(f"→ {options.out} {options.out.with_suffix('.html')}")
    if not options.keep:
        shutil.rmtree(place, ignore_errors=True)
    return 0 if all(one.passed is not False for one in results) else 1


def _run(
    options: argparse.Namespace, house: House, volumes: Volumes, about: dict[str, Any]
) -> list[Result]:
    from bench.world import World

    from . import crowd, drilling, faults, page
    from .listener import Listener
    from .load import Load

    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"· {time.monotonic() - begun:6.1f} s  {line}", flush=True)

    world = World(**_settle(house, options.crowd))
    say("city made")
    house.serve()
    load = Load(world, house.port, options.people, options.think)
    load.listeners = [Listener(house.port + 1, world.tokens["acceptor"][0]) for _ in range(3)]
    load.start()
    mixed = crowd.start(house.var / "crowd", house.port) if options.crowd else None
    say(f"served; {options.crowd} people of the mixed load at work")
    drill = drilling.Drill(house, load, mixed, volumes, options.hold, say)
    results = []
    try:
        for fault in faults.ALL:
            if options.only and fault.name not in options.only:
                continue
            say(fault.title)
            results.append(drilling.run(drill, fault))
            say(page.line(results[-1]))
    finally:
        load.stop()
        if mixed is not None:
            about["crowd_writes"] = crowd.outcomes(mixed)
            mixed.kill()
    return results


def _port(first: int) -> int:
    from chengguan.config.serving import free_ports

    return free_ports("127.0.0.1", first)


def _settle(house: House, crowd: int) -> dict[str, Any]:
    done = house.start_command("-m", "drill.inside", "settle", str(house.var / "crowd"), str(crowd))
    said, _ = done.communicate(timeout=300)
    if done.returncode != 0:
        raise SystemExit(f"✗ 建库失败：\n{said}")
    found: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="drill", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "drill.json")
    parser.add_argument("--only", type=lambda text: text.split(","), default=[])
    parser.add_argument("--people", type=int, default=20, help="witnesses, who know everything")
    parser.add_argument("--crowd", type=int, default=60, help="people of the mixed load; 0: none")
    parser.add_argument(
        "--think", type=float, default=1.0, help="seconds between two of one's acts"
    )
    parser.add_argument("--hold", type=float, default=12.0, help="seconds a fault is held")
    parser.add_argument("--plain", action="store_true", help="no disks of its own")
    parser.add_argument("--keep", action="store_true", help="keep the installation afterwards")
    parser.add_argument("--port", type=int, default=8750)
    parser.add_argument("--place", type=Path, default=ROOT / "var" / "drill")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
