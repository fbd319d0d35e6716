"""The town a simulation plays in, made through the imports and verbs a city would use.

Areas, catalogue, filing rules, units, duties, calendar, procedure, and one real account for every
agent, each with its post and marked as made up. Nobody can sign in as one of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import shapely
from django.conf import settings
from django.db import transaction

from chengguan.accounts.domain.grants import grant_post
from chengguan.accounts.domain.people import create_user
from chengguan.accounts.domain.posts import load_posts
from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.models import Organisation, User
from chengguan.cases.procedure import publish_shipped
from chengguan.core.errors import Conflict
from chengguan.registry.domain import catalogue, imports
from chengguan.registry.domain.catalogue import STANDARD
from chengguan.registry.domain.shapes import to_geojson
from chengguan.registry.enums import MatterKind
from chengguan.workflow.domain.revising import import_calendar

from .model.cases import LEADER, SUPERVISOR
from .model.districts import District
from .model.ground import Grid, Ground
from .model.scenario import Scenario

SINCE: Final = date(2000, 1, 1)
MAKER: Final = Principal.system("模拟城市")
#: Accounts of the simulation begin so, that they are never taken for people.
PREFIX: Final = "moni."
CHANNELS: Final = ("video", "sensor", "hotline", "public")
_CENTRE: Final = "MONI"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts and on what: agent → principal, unit → organisation, matter → filing rule.

    `override` is the reason dispatchers give where the unit need not be the one duties resolve.
    """

    people: dict[str, Principal]
    units: dict[str, int]
    rules: dict[str, int]
    override: str = ""


def make_town(scenario: Scenario, ground: Ground, calendars: Path) -> Cast:
    """Make a town of one district in the present database; see `make_towns`."""
    return make_towns(scenario, [District("", scenario, ground)], calendars)[0]


def make_towns(scenario: Scenario, districts: Sequence[District], calendars: Path) -> list[Cast]:
    """Make a city and its districts in the present database; gives who acts in each.

    Raises:
        Conflict, Invalid: the scenario asks for what can't be brought in, such as an area twice.
    """
    with transaction.atomic():
        calendar = import_calendar(calendars / scenario.city.calendar, MAKER)
        settings.CHENGGUAN_CALENDAR = calendar.calendar.code
        publish_shipped(MAKER)
        _areas(scenario, districts)
        _catalogue(scenario)
        units = _units(scenario)
        everybody = (
            (one.mark + agent, post, unit)
            for one in districts
            for agent, post, unit in agents_of(one.scenario)
        )
        make_people(everybody, units, units[_CENTRE])
    return find_casts(scenario, districts)


def find_casts(scenario: Scenario, districts: Sequence[District]) -> list[Cast]:
    """Find who acts in each district of a city that was made before.

    Raises:
        KeyError: the city that stands here is another one.
    """
    units = {one.code: one.pk for one in Organisation.objects.filter(code__in=_codes(scenario))}
    rules = {one.code: _rule(one.code) for one in scenario.matters}
    users = {
        user.username.removeprefix(PREFIX): user
        for user in User.objects.filter(username__startswith=PREFIX)
    }
    return [
        Cast(
            {
                agent: principal_of(users[one.mark + agent])
                for agent, _, _ in agents_of(one.scenario)
            },
            units,
            rules,
        )
        for one in districts
    ]


def agents_of(scenario: Scenario) -> Iterator[tuple[str, str, str]]:
    """Give (agent, post, unit code or "") of everybody who acts."""
    desks = scenario.desks
    for number in range(scenario.collectors.number):
        yield f"caiji{number + 1:03d}", "collector", ""
    for name, post, count in (
        ("shouli", "acceptor", desks.acceptors + desks.acceptors_night),
        ("paiqian", "dispatcher", desks.dispatchers + desks.dispatchers_night),
    ):
        for number in range(count):
            yield f"{name}{number + 1:02d}", post, ""
    yield LEADER, "shift_lead", ""
    yield SUPERVISOR, "supervisor", ""
    for channel in CHANNELS:
        yield channel, "collector", ""
    for unit in scenario.units:
        code = unit.code.lower()
        yield f"{code}.guanli", "unit_clerk", unit.code
        for number in range(unit.crews):
            yield f"{code}.chuzhi{number + 1:02d}", "handler", unit.code


def _areas(scenario: Scenario, districts: Sequence[District]) -> None:
    city = scenario.city
    tree = [(city.code[:2], city.name), (city.code[:4], city.name)]
    _bring("areas", "模拟-区划.csv", imports.table(["区划代码", "名称"], tree))
    features = [found for one in districts for found in _district(one)]
    _bring("areas", "模拟-社区.geojson", _collection(features), {"crs": "CGCS2000"})
    cells = [
        _feature(grid.code, f"{int(grid.code[12:])}号网格", _square(grid))
        for one in districts
        for grid in one.ground.grids
    ]
    _bring("grids", "模拟-网格.geojson", _collection(cells), {"crs": "CGCS2000"})


def _district(one: District) -> list[dict[str, Any]]:
    """Give a district, its one street and its communities."""
    city = one.scenario.city
    by_community: dict[str, list[Grid]] = {}
    for grid in one.ground.grids:
        by_community.setdefault(grid.community, []).append(grid)
    wholes = {
        code: shapely.union_all([_square(grid) for grid in grids])
        for code, grids in by_community.items()
    }
    district = shapely.union_all(list(wholes.values()))
    return [
        _feature(city.code, city.name, district),
        _feature(f"{city.code}001", f"{city.name}街道", district),
        *(
            _feature(code, f"{city.name}第{int(code[9:])}社区", whole)
            for code, whole in wholes.items()
        ),
    ]


def _square(grid: Grid) -> Any:
    # Neighbours must share their corners to the digit.
    west, south = round(grid.west, 9), round(grid.south, 9)
    east, north = round(grid.west + grid.width, 9), round(grid.south + grid.height, 9)
    return shapely.box(west, south, east, north)


def _feature(code: str, name: str, shape: Any) -> dict[str, Any]:
    properties = {"code": code, "name": name, "reserved": True}
    return {"type": "Feature", "properties": properties, "geometry": to_geojson(shape)}


def _collection(features: Sequence[dict[str, Any]]) -> bytes:
    whole = {"type": "FeatureCollection", "features": list(features)}
    return json.dumps(whole, ensure_ascii=False).encode()


def _catalogue(scenario: Scenario) -> None:
    heads = ["标准", "类别", "小类代码", "小类名称", "大类代码", "大类名称", "本地扩展"]
    words = {"matter": "事项", "component": "部件"}
    rows = [
        [STANDARD, words[m.kind], m.code, m.name, m.code[:2], f"大类{m.code[:2]}", "否"]
        for m in scenario.matters
    ]
    _bring("catalogue", "模拟-事项.csv", imports.table(heads, rows))
    heads = ["类别", "小类代码", "立案条件", "处置时限"]
    rules = [[words[m.kind], m.code, f"发现{m.name}", m.limit] for m in scenario.matters]
    _bring("rules", "模拟-立案标准.csv", imports.table(heads, rules))


def _rule(code: str) -> int:
    for kind in (MatterKind.MATTER, MatterKind.COMPONENT):
        found = catalogue.rules_on(kind, code, SINCE)
        if found:
            return found[0].id
    raise Conflict("simulation.rule", f"事项 {code} 没有立案标准。", mend="请补上立案标准。")


def _units(scenario: Scenario) -> dict[str, Organisation]:
    # Units and the centre are the whole city's, in however many districts they work.
    area = scenario.city.code if scenario.city.districts == 1 else scenario.city.code[:4]
    rows = [[_CENTRE, f"{scenario.city.name}城市运行管理中心", "centre", "", area, "是"]]
    rows += [[one.code, one.name, "department", _CENTRE, area, "是"] for one in scenario.units]
    heads = ["机构代码", "机构名称", "类别", "上级机构代码", "区域代码", "虚构"]
    _bring("organisations", "模拟-机构.csv", imports.table(heads, rows))
    duties = [
        [f"MONI{n:04d}", one.unit, one.code, area, "模拟分工"]
        for n, one in enumerate(scenario.matters, 1)
    ]
    heads = ["权责代码", "单位代码", "事项代码", "区域代码", "依据"]
    _bring("duties", "模拟-权责.csv", imports.table(heads, duties))
    return {one.code: one for one in Organisation.objects.filter(code__in=_codes(scenario))}


def _codes(scenario: Scenario) -> list[str]:
    return [_CENTRE, *(one.code for one in scenario.units)]


def make_people(
    agents: Iterable[tuple[str, str, str]], units: dict[str, Organisation], centre: Organisation
) -> dict[str, User]:
    """Make an account for each (agent, post, unit code or "") and grant it the post."""
    posts = {post.code: post for post in load_posts()}
    found = {}
    for number, (agent, post, unit) in enumerate(agents, 1):
        user = create_user(
            username=f"{PREFIX}{agent}",
            name=f"模拟{posts[post].name}{number:03d}",
            organisation=units[unit] if unit else centre,
            principal=MAKER,
            made_up=True,
            is_system=agent in CHANNELS,
        )
        grant_post(user, posts[post], principal=MAKER, valid_from=SINCE)
        found[agent] = user
    return found


def _bring(kind: str, name: str, content: bytes, options: dict[str, Any] | None = None) -> None:
    imports.bring(
        kind,
        name,
        content,
        {"effective": SINCE, **(options or {})},
        MAKER,
        code="simulation.import",
        mend="请在新数据库中模拟，或改模拟城市文件。",
    )
