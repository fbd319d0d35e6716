"""A city as its TOML file says it: every rate, share and person; checked, frozen, unknown keys refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

#: Kinds of ground a grid may be; every weight by place is in this order.
PLACES = ("homes", "shops", "roads", "works", "green")
#: Districts have six-digit codes that count down from the city's.
MOST_DISTRICTS = 32
PLACE_NAMES = {"homes": "居住", "shops": "商业", "roads": "道路", "works": "工业", "green": "绿地"}


@dataclass(frozen=True, slots=True)
class CitySpec:
    """The ground and the run. `feedback_minutes`: how often agents look at the platform.

    `reference_grids` is the number of grids the matters' daily rates are given for. `districts`:
    into how many the city is divided, each a world of its own that can have a process of its own;
    grids, communities and people are the whole city's and are divided among them.
    """

    name: str
    start: date
    code: str = "310199"
    grids: int = 240
    communities: int = 8
    districts: int = 1
    reference_grids: int = 240
    west: float = 121.80
    south: float = 30.80
    side_m: float = 100.0
    places: tuple[float, ...] = (0.40, 0.20, 0.20, 0.12, 0.08)
    utc_offset_hours: int = 8
    feedback_minutes: int = 60
    calendar: str = "cn-2025-2027.toml"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file is called, and why it is as it is, where it is one side of a comparison.

    `changes`: the file says only what differs from the base it is compared with.
    """

    title: str = ""
    note: str = ""
    changes: bool = False


@dataclass(frozen=True, slots=True)
class Shift:
    """Some of the people at hours of their own (潮汐班次); it may cross midnight.

    `places` bind collectors to kinds of ground by name; none: everywhere.
    """

    number: int
    first_hour: int
    last_hour: int
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WeatherSpec:
    """By month: chance of a rainy day, of a windy day, mean temperature (°C)."""

    rain: tuple[float, ...]
    wind: tuple[float, ...]
    temperature: tuple[float, ...]
    rain_stays: float = 0.5


@dataclass(frozen=True, slots=True)
class Festival:
    """Days on which people are out: matters with `festival` rise by their factor."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Matter:
    """One kind of problem.

    `per_day` arise in the reference city; `hours` names a profile; `places` weigh the kinds of
    ground; `hurts` (0–1) drives citizens; `seen` (0–1) is how plain it is to a collector's eye;
    `heals_hours` is the mean time to heal by itself (0: never); `spreads` children a day while it
    stands; `returns_days` the mean time to come back when handling did not cure (`cure`: share
    that is cured); `work_minutes` the median of work on the spot; `limit` the filing rule's.
    """

    code: str
    name: str
    kind: str
    unit: str
    per_day: float
    limit: str
    hours: str = "day"
    places: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0, 1.0)
    months: tuple[float, ...] = (1.0,) * 12
    rain: float = 1.0
    wind: float = 1.0
    heat: float = 1.0
    festival: float = 1.0
    hurts: float = 0.5
    seen: float = 0.8
    hard: bool = False
    heals_hours: float = 0.0
    spreads: float = 0.0
    cure: float = 0.9
    returns_days: float = 7.0
    work_minutes: float = 30.0
    camera: float = 0.0
    sensor: float = 0.0
    reports_per_day: float = 0.05


@dataclass(frozen=True, slots=True)
class UnitSpec:
    """A handling unit: crews with a shift (hours), skill on the work, share of cure.

    `lead` is the share of the limit (median) that goes by before a job is on a crew's list;
    `extends` the share of jobs for which it asks for more time in earnest; `shifts` are crews, out
    of `crews`, with hours of their own.
    """

    code: str
    name: str
    crews: int
    first_hour: int = 8
    last_hour: int = 18
    speed_kmh: float = 15.0
    skill: float = 1.0
    cure: float = 1.0
    clerk_minutes: float = 6.0
    lead: float = 0.25
    extends: float = 0.02
    shifts: tuple[Shift, ...] = ()

    @property
    def rosters(self) -> list[Shift]:
        """Who works when, the usual hours first."""
        return _rosters(self.crews, self.first_hour, self.last_hour, self.shifts)


@dataclass(frozen=True, slots=True)
class Collectors:
    """Who walks the beats. Skill of noticing falls by `tires` each hour on foot.

    `beat_weights` by kind of ground: where a grid weighs more, beats have fewer grids and each is
    seen more often. `shifts` are collectors, out of `number`, with hours of their own.
    """

    number: int
    first_hour: int = 8
    last_hour: int = 17
    grid_minutes: float = 12.0
    skill: float = 0.85
    tires: float = 0.03
    report_minutes: float = 3.0
    task_minutes: float = 8.0
    speed_kmh: float = 12.0
    beat_weights: tuple[float, ...] = (1.0,) * len(PLACES)
    shifts: tuple[Shift, ...] = ()

    @property
    def rosters(self) -> list[Shift]:
        """Who walks when and where, the usual hours first."""
        return _rosters(self.number, self.first_hour, self.last_hour, self.shifts)


def _rosters(number: int, first: int, last: int, shifts: tuple[Shift, ...]) -> list[Shift]:
    usual = number - sum(one.number for one in shifts)
    return [Shift(usual, first, last), *shifts]


@dataclass(frozen=True, slots=True)
class Citizens:
    """How the public reports: through the hotline or the app; whether they dispute a false closing."""

    hotline: float = 0.7
    disputes: float = 0.3
    mistaken: float = 0.05


@dataclass(frozen=True, slots=True)
class Eyes:
    """Cameras or sensors: share of grids covered, false alarms a day in the reference city."""

    share: float = 0.0
    false_per_day: float = 0.0
    minutes: float = 20.0


@dataclass(frozen=True, slots=True)
class Desks:
    """Acceptors and dispatchers by day and by night, and how they work (minutes, shares)."""

    acceptors: int = 3
    acceptors_night: int = 1
    dispatchers: int = 2
    dispatchers_night: int = 1
    day_from: int = 8
    day_to: int = 20
    accept_minutes: float = 3.0
    dispatch_minutes: float = 3.0
    close_minutes: float = 2.0
    knows_duplicate: float = 0.9
    sees_false_alarm: float = 0.7
    sees_false_photo: float = 0.3
    sees_foreign_photo: float = 0.05
    checks: float = 0.4
    check_skill: float = 0.95
    grants_extension: float = 0.7


@dataclass(frozen=True, slots=True)
class Inspection:
    """Supervisors look at randomly drawn grids: the platform's own measure of what is missed."""

    grids_per_day: int = 8
    skill: float = 0.97
    first_hour: int = 9
    last_hour: int = 16


@dataclass(frozen=True, slots=True)
class Spoilers:
    """Behaviours that spoil numbers, each the share of people or acts that are so; 0 is honest.

    `easy_only`, `collude`, `stage` are shares of collectors; `false_close`, `foreign_photo`,
    `stop_clock`, `habit_extension`, `last_minute` shares of a unit's jobs; `reward` is false
    reports by reward hunters for each honest public report. `units` are the units that spoil,
    all of them when there is none.
    """

    easy_only: float = 0.0
    collude: float = 0.0
    collude_unit: str = ""
    stage: float = 0.0
    false_close: float = 0.0
    foreign_photo: float = 0.0
    stop_clock: float = 0.0
    habit_extension: float = 0.0
    last_minute: float = 0.0
    reward: float = 0.0
    units: tuple[str, ...] = ()

    def spoils(self, unit: str) -> bool:
        """Whether a unit is one of those that spoil."""
        return not self.units or unit in self.units


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole city. `profiles`: name → 24 weights, one for each hour of the day."""

    city: CitySpec
    weather: WeatherSpec
    profiles: dict[str, tuple[float, ...]]
    matters: tuple[Matter, ...]
    units: tuple[UnitSpec, ...]
    collectors: Collectors
    festivals: tuple[Festival, ...] = ()
    citizens: Citizens = field(default_factory=Citizens)
    cameras: Eyes = field(default_factory=Eyes)
    sensors: Eyes = field(default_factory=Eyes)
    desks: Desks = field(default_factory=Desks)
    inspection: Inspection = field(default_factory=Inspection)
    spoilers: Spoilers = field(default_factory=Spoilers)
    plan: Plan = field(default_factory=Plan)

    def matter(self, code: str) -> Matter:
        """Give a matter by code."""
        return next(one for one in self.matters if one.code == code)

    def unit(self, code: str) -> UnitSpec:
        """Give a unit by code."""
        return next(one for one in self.units if one.code == code)
