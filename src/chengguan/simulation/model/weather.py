"""Weather and festivals by day, drawn once for the whole run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from .scenario import Festival, Matter, WeatherSpec
from .streams import Streams

_HOT = 30.0


@dataclass(frozen=True, slots=True)
class Day:
    """One day's sky: what falls, blows and burns, and whether people are out celebrating."""

    day: date
    rain: bool
    wind: bool
    temperature: float
    festival: str

    def factor(self, matter: Matter) -> float:
        """Give by how much a matter arises more on this day."""
        found = matter.months[self.day.month - 1]
        if self.rain:
            found *= matter.rain
        if self.wind:
            found *= matter.wind
        if self.temperature >= _HOT:
            found *= matter.heat
        if self.festival:
            found *= matter.festival
        return found


def days(
    spec: WeatherSpec, festivals: tuple[Festival, ...], start: date, number: int, streams: Streams
) -> list[Day]:
    """Draw the weather of `number` days; rain tends to stay as `rain_stays` says."""
    chance = streams.of("weather")
    found: list[Day] = []
    raining = False
    for count in range(number):
        day = start + timedelta(days=count)
        month = day.month - 1
        wet = spec.rain[month]
        raining = chance.random() < (wet + (1 - wet) * spec.rain_stays * raining)
        wind = chance.random() < spec.wind[month]
        temperature = round(chance.gauss(spec.temperature[month], 3.5), 1)
        festival = next((one.name for one in festivals if one.first <= day <= one.last), "")
        found.append(Day(day, raining, wind, temperature, festival))
    return found
