"""One run from file to truth log: the city is read, the town made, the days lived through."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from django.db import connection

from chengguan.cases.models import Report
from chengguan.core.errors import Conflict

from .adopting import adopt
from .driving import Driven, Driver
from .model.ground import Ground, lattice
from .model.platform import Platform
from .model.reading import load_scenario, with_spoilers
from .model.scenario import Scenario
from .model.streams import Streams
from .model.truth import TruthLog
from .model.world import World
from .town import Cast, make_town

TRUTH, RUN, CITY = "truth.jsonl", "run.json", "city.toml"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run. `digest` is the truth log's SHA-256, `seconds` of the whole."""

    folder: Path
    scenario: Scenario
    seed: int
    days: int
    client: str
    digest: str
    lines: int
    seconds: float
    driven: Driven


def ground_of(scenario: Scenario, seed: int) -> Ground:
    """Make the ground a run of this seed stands on."""
    return lattice(scenario.city, scenario.cameras.share, scenario.sensors.share, Streams(seed))


def simulate(
    path: Path,
    *,
    days: int,
    seed: int,
    folder: Path,
    calendars: Path,
    spoilers: Mapping[str, Any] | None = None,
    progress: Progress = lambda _line: None,
) -> Run:
    """Make the town in the present database and live `days` days; writes `folder`.

    Raises:
        Invalid: the file, or a switch, is wrong.
        Conflict: the database has such a town already.
    """
    scenario = load_scenario(path)
    if spoilers:
        scenario = with_spoilers(scenario, spoilers)
    ground = ground_of(scenario, seed)
    progress(
        f"建立“{scenario.city.name}”：{len(ground.grids)} 个网格，{len(scenario.matters)} 类事项"
    )
    cast = make_town(scenario, ground, calendars)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CITY).write_bytes(path.read_bytes())
    return live(
        scenario,
        cast,
        ground,
        days=days,
        seed=seed,
        folder=folder,
        spoilers=spoilers or {},
        progress=progress,
    )


def simulate_here(
    path: Path,
    *,
    days: int,
    seed: int,
    folder: Path,
    under: str = "",
    spoilers: Mapping[str, Any] | None = None,
    progress: Progress = lambda _line: None,
) -> Run:
    """Live `days` days in the city of the present database, below the area `under`.

    Raises:
        Invalid: the file, or a switch, is wrong.
        Conflict: the registry has not what a simulation needs.
    """
    scenario = load_scenario(path)
    if spoilers:
        scenario = with_spoilers(scenario, spoilers)
    here = adopt(scenario, seed, under)
    for why in here.left_out:
        progress(f"不模拟 {why}")
    progress(f"{len(here.ground.grids)} 个网格，{len(here.scenario.matters)} 类事项")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CITY).write_bytes(path.read_bytes())
    return live(
        here.scenario,
        here.cast,
        here.ground,
        days=days,
        seed=seed,
        folder=folder,
        spoilers=spoilers or {},
        progress=progress,
    )


def live(
    scenario: Scenario,
    cast: Cast,
    ground: Ground,
    *,
    days: int,
    seed: int,
    folder: Path,
    client: str = "",
    spoilers: Mapping[str, Any] | None = None,
    progress: Progress = lambda _line: None,
) -> Run:
    """Live through the days in a town that stands; writes the truth log and `run.json`.

    `client` names the run in the platform's reports; a second run in one town needs its own.

    Raises:
        Conflict: the client has sent reports before.
    """
    client = client or f"moni-{seed}"
    if Report.objects.filter(client=client).exists():
        raise Conflict(
            "simulation.again",
            f"这个数据库里已有种子 {seed} 的一次模拟。",
            mend="请换一个种子，或换一个数据库。",
        )
    driver = Driver(cast, scenario.city, client)
    truth = TruthLog(folder / TRUTH)
    begun = perf_counter()

    def told(day: int) -> None:
        seconds = perf_counter() - begun
        left = seconds / max(1, day) * (days - day)
        progress(
            f"第 {day}/{days} 天，{driver.driven.cases} 件 {driver.driven.steps} 步，"
            f"每秒 {driver.driven.cases / seconds:.0f} 件，约余 {left:.0f} 秒"
        )

    lived(scenario, seed, days, driver, truth, ground, told)
    seconds = perf_counter() - begun
    truth.close()
    run = Run(
        folder, scenario, seed, days, client, truth.digest, truth.count, seconds, driver.driven
    )
    _write_run(run, spoilers or {})
    return run


def lived(
    scenario: Scenario,
    seed: int,
    days: int,
    platform: Platform,
    truth: TruthLog,
    ground: Ground,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Let a world live on a platform; the truth is in the log afterwards."""
    World(scenario, seed, days, platform, truth, ground, progress).run()


def _write_run(run: Run, spoilers: Mapping[str, Any]) -> None:
    said = {
        "client": run.client,
        "database": connection.settings_dict["NAME"],
        "days": run.days,
        "digest": run.digest,
        "lines": run.lines,
        "seed": run.seed,
        "spoilers": dict(spoilers),
        "units": {unit.code: unit.name for unit in run.scenario.units},
        "start": run.scenario.city.start.isoformat(),
        "cases": run.driven.cases,
        "steps": run.driven.steps,
        "refused": dict(sorted(run.driven.refused.items())),
    }
    text = json.dumps(said, ensure_ascii=False, indent=2, sort_keys=True)
    (run.folder / RUN).write_text(text + "\n", encoding="utf-8")
