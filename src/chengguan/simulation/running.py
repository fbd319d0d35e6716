"""One run from file to truth log: the city is read, the town made, the days lived through.

A run that was killed goes on with the same call: what the database holds is not done again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from chengguan.cases.models import Report
from chengguan.core.errors import Conflict
from chengguan.registry.models import Area

from . import journal
from .adopting import adopt
from .driving import Driven
from .lives import Life, Lived, live_all
from .model.districts import District, districts_of
from .model.ground import Ground
from .model.joining import join
from .model.platform import Platform
from .model.reading import load_scenario, with_spoilers
from .model.scenario import Scenario
from .model.truth import TruthLog
from .model.world import World
from .progress import Progress
from .town import Cast, find_casts, make_towns

TRUTH, RUN, CITY = "truth.jsonl", "run.json", "city.toml"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run. `digest` is the truth log's SHA-256, `seconds` of the whole.

    `peak` is the most memory seen, in bytes, the database's included where it can be seen.
    """

    folder: Path
    scenario: Scenario
    seed: int
    days: int
    client: str
    digest: str
    lines: int
    seconds: float
    driven: Driven
    peak: int = 0


def ground_of(scenario: Scenario, seed: int) -> Ground:
    """Make the ground a run of this seed stands on, when the city is one district."""
    return districts_of(scenario, seed)[0].ground


def simulate(
    path: Path,
    *,
    days: int,
    seed: int,
    folder: Path,
    calendars: Path,
    spoilers: Mapping[str, Any] | None = None,
    progress: Say = lambda _line: None,
    workers: int = 1,
) -> Run:
    """Make the town in the present database and live `days` days; writes `folder`.

    Goes on where it was, if the same was begun here and not ended.

    Raises:
        Invalid: the file, or a switch, is wrong.
        Conflict: the database has another town, or another run that is not over.
    """
    scenario = _scenario(path, spoilers)
    districts = districts_of(scenario, seed)
    client, identity = f"moni-{seed}", _identity(scenario, seed, days)
    begun = _begun(client, identity)
    if begun is None and Area.objects.exists():
        raise Conflict(
            "simulation.town",
            "这个数据库里已有一座城市。",
            mend="请换一个数据库，或加 --here 在这座城市里模拟。",
        )
    grids = sum(len(one.ground.grids) for one in districts)
    with transaction.atomic():
        if begun is None:
            progress(
                f"建立“{scenario.city.name}”：{len(districts)} 个区，{grids} 个网格，"
                f"{len(scenario.matters)} 类事项"
            )
            casts = make_towns(scenario, districts, calendars)
            journal.begin(client, identity | {"calendar": settings.CHENGGUAN_CALENDAR})
        else:
            progress(f"继续模拟“{scenario.city.name}”")
            settings.CHENGGUAN_CALENDAR = begun["calendar"]
            casts = find_casts(scenario, districts)
    _keep_city(path, folder)
    lives = [
        Life(one, cast, days, seed, client, _part(folder, one))
        for one, cast in zip(districts, casts, strict=True)
    ]
    return _live(scenario, lives, folder, spoilers or {}, progress, workers)


def simulate_here(
    path: Path,
    *,
    days: int,
    seed: int,
    folder: Path,
    under: str = "",
    spoilers: Mapping[str, Any] | None = None,
    progress: Say = lambda _line: None,
) -> Run:
    """Live `days` days in the city of the present database, below the area `under`.

    It is one district, whatever the file says. Goes on where it was, if the same was begun.

    Raises:
        Invalid: the file, or a switch, is wrong.
        Conflict: the registry has not what a simulation needs.
    """
    here = adopt(_scenario(path, spoilers), seed, under)
    for why in here.left_out:
        progress(f"不模拟 {why}")
    progress(f"{len(here.ground.grids)} 个网格，{len(here.scenario.matters)} 类事项")
    _keep_city(path, folder)
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
    progress: Say = lambda _line: None,
) -> Run:
    """Live through the days in a town of one district; writes the truth log and `run.json`.

    `client` names the run in the platform's reports; a second run in one town needs its own.

    Raises:
        Conflict: the client has sent reports before, in a run that is over or another one.
    """
    client = client or f"moni-{seed}"
    identity = _identity(scenario, seed, days)
    if _begun(client, identity) is None:
        if Report.objects.filter(client=client).exists():
            raise Conflict(
                "simulation.again",
                f"这个数据库里已有种子 {seed} 的一次模拟。",
                mend="请换一个种子，或换一个数据库。",
            )
        journal.begin(client, identity)
    life = Life(District("", scenario, ground), cast, days, seed, client, folder / TRUTH)
    return _live(scenario, [life], folder, spoilers or {}, progress, 1)


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


def _scenario(path: Path, spoilers: Mapping[str, Any] | None) -> Scenario:
    scenario = load_scenario(path)
    return with_spoilers(scenario, spoilers) if spoilers else scenario


def _keep_city(path: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CITY).write_bytes(path.read_bytes())


def _identity(scenario: Scenario, seed: int, days: int) -> dict[str, Any]:
    """Say what must be the same when a run goes on."""
    return {"seed": seed, "days": days, "city": sha256(repr(scenario).encode()).hexdigest()}


def _begun(client: str, identity: Mapping[str, Any]) -> dict[str, Any] | None:
    """Give what was said of this run when it began; None when it has not."""
    said = journal.unfinished(client)
    if said is not None and any(said[name] != value for name, value in identity.items()):
        raise Conflict(
            "simulation.other",
            "这个数据库里有一次没有做完的模拟，其天数或城市文件与这次不同。",
            mend="请用原来的文件与参数继续，或换一个数据库。",
        )
    return said


def _part(folder: Path, district: District) -> Path:
    return folder / (f"truth-{district.mark}jsonl" if district.mark else TRUTH)


def _live(
    scenario: Scenario,
    lives: Sequence[Life],
    folder: Path,
    spoilers: Mapping[str, Any],
    say: Say,
    workers: int,
) -> Run:
    """Live all districts, join their truth, write `run.json`, and forget the journal."""
    first = lives[0]
    progress = Progress(say, first.days, len(lives))
    begun = perf_counter()
    found = live_all(lives, workers, progress.told, progress.pause)
    digest, lines = _joined(lives, found, folder)
    driven = Driven()
    for one in found:
        driven.add(one.driven)
    seconds = perf_counter() - begun
    run = Run(
        folder,
        scenario,
        first.seed,
        first.days,
        first.client,
        digest,
        lines,
        seconds,
        driven,
        progress.peak,
    )
    _write_run(run, spoilers)
    journal.end(first.client)
    return run


def _joined(lives: Sequence[Life], found: Sequence[Lived], folder: Path) -> tuple[str, int]:
    if len(lives) == 1:
        return found[0].digest, found[0].lines
    parts = [one.truth for one in lives]
    joined = join(parts, folder / TRUTH)
    for part in parts:
        part.unlink()
    return joined


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
