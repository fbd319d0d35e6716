"""A simulation in a city that is there already: its grids, rules, duties and calendar are taken as
they are, and only the agents' accounts are made, each marked as made up, none to sign in with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from random import Random

from django.db import transaction

from chengguan.accounts.domain.principal import principal_of
from chengguan.accounts.models import Organisation, User
from chengguan.core.errors import Conflict
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.duty import ONE, resolve
from chengguan.registry.enums import AreaLevel
from chengguan.registry.models import Area

from .model.ground import Grid, Ground
from .model.scenario import Matter, Scenario, UnitSpec
from .model.streams import Streams, pick
from .town import PREFIX, Cast, agents_of, make_people

#: Points are drawn close around a grid's inner point, this share of its width: a grid need not be
#: a rectangle.
_INNER = 0.2
#: Who has a thousand small grids passes by most of them.
_LEAST_MINUTES = 0.5


@dataclass(frozen=True, slots=True)
class Adopted:
    """The scenario as this city has it, its ground, who acts, and the matters left out, with why."""

    scenario: Scenario
    ground: Ground
    cast: Cast
    left_out: list[str]


def adopt(
    scenario: Scenario,
    seed: int,
    under: str = "",
    *,
    ground: Ground | None = None,
    stand_in: Mapping[str, str] | None = None,
) -> Adopted:
    """Fit a scenario to the registry of the present database, below the area `under`.

    `ground` is taken instead of all unit grids there; `stand_in` says by user name who plays an
    agent, as far as there is such a person: agent, or of a unit "code.post", as in `agents_of`.
    The file's daily volume is kept whatever the number of grids; a matter goes to the unit that
    the duties say for most of the ground, and one without rule or unit is left out.

    Raises:
        Conflict: there are no unit grids, or no matter is left, or the agents are there already.
    """
    ground = ground or _ground(scenario, seed, under)
    day = scenario.city.start
    # Duties are valid by days: noon of the first day asks for all of it.
    at = datetime.combine(day, time(4), UTC)
    kept: list[Matter] = []
    left_out: list[str] = []
    rules: dict[str, int] = {}
    organisations: dict[str, Organisation] = {}
    for matter in scenario.matters:
        found = [r for r in catalogue.rules_on(matter.kind, matter.code, day) if not r.stages]
        said = resolve(matter.kind, matter.code, at, area_code=ground.grids[0].code)
        if not found or said.status != ONE or said.organisation_id is None:
            left_out.append(
                f"{matter.code} {matter.name}：{said.reason if found else '没有立案标准'}"
            )
            continue
        unit = Organisation.objects.get(pk=said.organisation_id)
        organisations[unit.code] = unit
        rules[matter.code] = found[0].id
        kept.append(replace(matter, unit=unit.code, limit=found[0].limit_text))
    if not kept:
        raise Conflict(
            "simulation.nothing",
            "没有一类事项可以模拟。",
            mend="请先导入事项目录、立案标准与权责。",
        )
    fitted = _fitted(scenario, kept, organisations, len(ground.grids))
    people = _people(fitted, organisations, ground, stand_in or {})
    cast = Cast(
        {agent: principal_of(user) for agent, user in people.items()},
        {code: unit.pk for code, unit in organisations.items()},
        rules,
        "模拟：按事项的主管单位派遣",
    )
    return Adopted(fitted, ground, cast, left_out)


def _ground(scenario: Scenario, seed: int, under: str) -> Ground:
    stored = Area.objects.filter(level=AreaLevel.GRID, code__startswith=under, valid_to=None)
    chance = Streams(seed).of("ground")
    grids = [
        _grid(code, bbox, centre, scenario, chance)
        for code, bbox, centre in stored.order_by("code").values_list("code", "bbox", "centre")
        if bbox and centre
    ]
    if not grids:
        raise Conflict(
            "simulation.no_grids", "没有单元网格可供模拟。", mend="请先划分或导入单元网格。"
        )
    return Ground(tuple(grids))


def _grid(
    code: str,
    bbox: Sequence[float],
    centre: tuple[float, float],
    scenario: Scenario,
    chance: Random,
) -> Grid:
    west, south, east, north = bbox
    width, height = (east - west) * _INNER, (north - south) * _INNER
    return Grid(
        code,
        centre[0] - width / 2,
        centre[1] - height / 2,
        width,
        height,
        pick(chance, scenario.city.places),
        chance.random() < scenario.cameras.share,
        chance.random() < scenario.sensors.share,
    )


def _fitted(
    scenario: Scenario, matters: list[Matter], units: dict[str, Organisation], grids: int
) -> Scenario:
    """Give the scenario with this city's units; each works like the file's unit of its first matter."""
    first: dict[str, UnitSpec] = {}
    for matter in matters:
        first.setdefault(matter.unit, scenario.unit(scenario.matter(matter.code).unit))
    specs = tuple(
        replace(spec, code=code, name=units[code].name) for code, spec in sorted(first.items())
    )
    walkers = scenario.collectors
    minutes = walkers.grid_minutes * scenario.city.reference_grids / grids
    return replace(
        scenario,
        city=replace(scenario.city, grids=grids, reference_grids=grids, districts=1),
        matters=tuple(matters),
        units=specs,
        collectors=replace(walkers, grid_minutes=max(_LEAST_MINUTES, minutes)),
    )


def _people(
    scenario: Scenario,
    units: dict[str, Organisation],
    ground: Ground,
    stand_in: Mapping[str, str],
) -> dict[str, User]:
    """Give everybody's account, making what is missing; a second run finds them all."""
    centre = _centre(ground)
    wanted = list(agents_of(scenario))
    known = {
        user.username.removeprefix(PREFIX): user
        for user in User.objects.filter(username__startswith=PREFIX)
    }
    named = {user.username: user for user in User.objects.filter(username__in=stand_in.values())}
    known |= {agent: named[name] for agent, name in stand_in.items() if name in named}
    missing = [one for one in wanted if one[0] not in known]
    with transaction.atomic():
        known |= make_people(missing, units, centre)
    return {agent: known[agent] for agent, _, _ in wanted}


def _centre(ground: Ground) -> Organisation:
    """Give the highest supervision centre: its posts reach all of its area."""
    area = ground.grids[0].code[:6]
    for found in _centres():
        if area.startswith(found.area_code):
            return found
    raise Conflict("simulation.centre", f"区域 {area} 没有监督指挥中心。", mend="请先导入机构。")


def _centres() -> Iterator[Organisation]:
    yield from Organisation.objects.filter(kind="centre", active=True).order_by("path")
