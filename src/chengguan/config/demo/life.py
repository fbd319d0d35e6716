"""Ninety made-up days of the demo district, lived through the platform's two doors up to now.

The simulation's world (`chengguan.simulation`) plays in the district's own registry: its grids,
filing rules, duties and units, with the demo's people where it has them. Every case says 模拟 in
its text, its address, its source number, its raw report and each of its pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.domain.intake import NewReport
from chengguan.cases.enums import Source
from chengguan.core.errors import Conflict
from chengguan.registry.domain.duty import resolve
from chengguan.simulation.adopting import Adopted, adopt
from chengguan.simulation.driving import Driver
from chengguan.simulation.model.ground import Ground
from chengguan.simulation.model.platform import Act, Said
from chengguan.simulation.model.reading import load_scenario
from chengguan.simulation.model.truth import TruthLog
from chengguan.simulation.running import lived
from chengguan.workflow.domain import Command, Evidence

from . import FILES
from .bringing import own
from .ground import STREET
from .marks import CLIENT, MARK, marked
from .photos import Album
from .places import Names, inhabited
from .stock import fill

CITY: Final = FILES / "life.toml"
DAYS: Final = 90
SEED: Final = 20260101
#: A line of progress every so many days.
_TOLD: Final = 15
#: What a step's picture shows, by verb; what it finds says whether the problem is gone.
_ROLES: Final = {
    "submit_verification": "verify",
    "submit_by_unit": "handle_after",
    "submit_check": "check",
}
_GONE: Final = {"true": False, "false": True, "unfound": True, "solved": True, "unsolved": False}
#: Who speaks on the telephone sends no picture: the collector who verifies it does.
_WITHOUT_PICTURE: Final = frozenset({Source.HOTLINE})

Progress = Callable[[str], None]


def load(progress: Progress) -> str:
    """Live the ninety days before now, and the day itself until now."""
    return live(progress, days=DAYS)


def live(
    progress: Progress,
    *,
    days: int,
    seed: int = SEED,
    path: Path = CITY,
    ground: Ground | None = None,
) -> str:
    """Live `days` whole days and today until now; says in Chinese what came of it.

    Belongs into the caller's transaction; whoever rolls it back calls `photos.sweep` afterwards.

    Raises:
        Conflict: the platform took no case at all, or refused a story's step.
    """
    now = timezone.now()
    start = timezone.localtime(now).date() - timedelta(days=days)
    scenario = load_scenario(path)
    scenario = replace(scenario, city=replace(scenario.city, start=start))
    ground = ground or inhabited(seed)
    here = adopt(scenario, seed, STREET, ground=ground, stand_in=stand_ins())
    driver = _Lively(here, now)

    def told(day: int) -> None:
        if day % _TOLD == 0 and day <= days:
            progress(f"第 {day}/{days} 天，{driver.driven.cases} 件案件，{driver.album.count} 张图")

    lived(here.scenario, seed, days + 1, driver, TruthLog(), here.ground, told)
    if not driver.driven.cases:
        raise Conflict("demo.life", "模拟没有产生案件。", mend="请检查 data/demo/life.toml。")
    waiting = fill(here.scenario.matters, here.ground, _reporters(here), driver.album, seed, now)
    driver.album.keep()
    megabytes = driver.album.size / 1e6
    return (
        f"{driver.driven.cases + waiting} 件案件，{driver.driven.steps} 步，"
        f"图 {driver.album.count} 张（{megabytes:.0f} MB），均标“{MARK}”"
    )


def _reporters(here: Adopted) -> list[Principal]:
    return [here.cast.people[agent] for agent in ("caiji004", "caiji005", "caiji006")]


def stand_ins() -> dict[str, str]:
    """Say which of the demo's people play which agents; what they have to do stands in their queues."""
    desks = {"collector": "caiji{:03d}", "acceptor": "shouli{:02d}", "dispatcher": "paiqian{:02d}"}
    desks |= {"shift_lead": "zhiban{:02d}", "supervisor": "ducha{:02d}"}
    posts = {
        post: [row["账号"] for row in own("people.csv") if row["岗位"] == post] for post in desks
    }
    found = {
        desks[post].format(number): name
        for post, names in posts.items()
        for number, name in enumerate(names, 1)
    }
    for row in own("people.csv"):
        unit = row["机构代码"].lower()
        if row["岗位"].startswith("unit_clerk"):
            found.setdefault(f"{unit}.guanli", row["账号"])
        elif row["岗位"].startswith("handler"):
            found.setdefault(f"{unit}.chuzhi01", row["账号"])
    return found


class _Lively(Driver):
    """Drives up to a moment, and adds what people see: places with names, pictures, marks."""

    def __init__(self, here: Adopted, until: datetime) -> None:
        super().__init__(here.cast, here.scenario.city, CLIENT)
        self.album = Album()
        self._names = {one.code: one.name for one in here.scenario.matters}
        self._places = Names()
        self._undivided = _undivided(here, until)
        self._said: dict[str, Said] = {}
        self._end = int((until - self.start).total_seconds())

    def report(self, said: Said) -> None:
        """Gather a report, unless it lies in the future."""
        if said.at <= self._end:
            super().report(said)

    def act(self, act: Act) -> None:
        """Gather a step, unless it lies in the future."""
        if act.at <= self._end:
            super().act(act)

    def dressed(self, new: NewReport, said: Said) -> NewReport:
        """Add place, picture and marks."""
        self._said[said.key] = said
        pictures = (
            [] if said.source in _WITHOUT_PICTURE else [self._picture(said, "report", said.at)]
        )
        return replace(marked(new, self._places.place(said.grid)), attachments=pictures)

    def prepared(self, command: Command, act: Act) -> Command:
        """Add the step's picture; give no reason for another unit where there is no other."""
        said, data = self._said[act.key], dict(command.data)
        if act.verb == "file":
            data.pop("photos")
        elif act.verb == "dispatch" and said.matter in self._undivided:
            data.pop("override", None)
        role = _ROLES.get(act.verb)
        if role is None:
            return replace(command, data=data)
        data.pop("photos", None)
        gone = _GONE.get(str(data.get("finding", "")))
        return replace(
            command, data=data, attachments=[self._picture(said, role, act.at, solved=gone)]
        )

    def _picture(self, said: Said, role: str, at: int, *, solved: bool | None = None) -> Evidence:
        digest = self.album.add(
            said.key,
            role,
            self.moment(at),
            said.point,
            self._names[said.matter],
            self._places.place(said.grid),
            solved=solved,
        )
        return Evidence(digest, f"{MARK}-{said.key}-{role}.jpg", role=role)


def _undivided(here: Adopted, at: datetime) -> frozenset[str]:
    """Give the matters that the duties give to one unit in every community of the ground."""
    areas = {grid.community for grid in here.ground.grids}
    return frozenset(
        one.code
        for one in here.scenario.matters
        if {resolve(one.kind, one.code, at, area_code=area).organisation_id for area in areas}
        == {here.cast.units[one.unit]}
    )
