"""The board (排班表): posts × areas × shifts over days, with gaps and double bookings marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.command.models.roster import Requirement

from .domain.coverage import Double, Gap, Need, doubles, gaps
from .domain.presence import Duty
from .domain.reading import absences, duties, known
from .domain.spans import LONGEST, counts, instant
from .queries import (
    area_name,
    assignments_visible_to,
    kept_q,
    names,
    own_path,
    post_names,
    unit_name,
)


@dataclass(frozen=True, slots=True)
class Chip:
    """One person in a cell; `for_name` is whom he replaces, `double` says he is twice on duty then."""

    id: int
    user_id: int
    name: str
    for_name: str
    double: bool
    hours: str


@dataclass(slots=True)
class Cell:
    """One day of a line; `missing` are the gaps that begin that day, in words."""

    day: date
    people: list[Chip] = field(default_factory=list)
    missing: list[Gap] = field(default_factory=list)


@dataclass(slots=True)
class Line:
    """One post, area and shift."""

    post: str
    post_name: str
    area_code: str
    area_name: str
    unit: str
    shift: str
    period: str
    hours: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Board:
    """What the page shows: lines, gaps with post and area by name, doubles by name, how many duties."""

    days: list[date]
    lines: list[Line]
    gaps: list[tuple[Gap, str, str]]
    doubles: list[tuple[Double, str]]
    duties: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What the board is narrowed to."""

    first: date
    days: int = 7
    unit: str = ""
    post: str = ""
    area: str = ""
    period: str = ""
    person: int = 0


def pieces_seen(principal: Principal, asked: Asked, *, unit_path: str = "") -> list[Duty]:
    """Give the pieces of duty one may see on those days, absences taken off."""
    first = instant(asked.first, time())
    last = instant(asked.first + timedelta(asked.days), time())
    rows = assignments_visible_to(principal).filter(
        known(None), starts_at__gt=first - LONGEST, starts_at__lt=last, ends_at__gt=first
    )
    if asked.post:
        rows = rows.filter(post=asked.post)
    if asked.area:
        rows = rows.filter(area_code__startswith=asked.area)
    if asked.period:
        rows = rows.filter(period=asked.period)
    if unit_path:
        rows = rows.filter(organisation__path__startswith=unit_path)
    away = absences(first, last)
    pieces = [piece for duty in duties(rows.distinct()) for piece in away.pieces(duty)]
    # After the cut, so that what somebody does in another's place is his and not the other's.
    return [piece for piece in pieces if asked.person in (0, piece.user_id)]


def board(principal: Principal, asked: Asked, *, unit_path: str = "") -> Board:
    """Read the board; seven statements, however many people."""
    pieces = pieces_seen(principal, asked, unit_path=unit_path)
    first = instant(asked.first, time())
    days = [asked.first + timedelta(number) for number in range(asked.days)]
    needs = needs_kept(principal, asked, unit_path)
    missing = [] if asked.period or asked.person else gaps(needs, pieces, days[0], days[-1], counts)
    twice = doubles(pieces)
    people = names({piece.user_id for piece in pieces} | {p.for_user for p in pieces if p.for_user})
    label = {key: name for key, (name, _) in people.items()}
    shown = [piece for piece in pieces if piece.starts_at >= first]
    lines = _lines(shown, days, label, {id_ for d in twice for id_ in (d.one.id, d.other.id)})
    _mark(lines, missing, days)
    named = [(one, label.get(one.user_id, "")) for one in twice]
    posts = post_names()
    told = [
        (gap, posts.get(gap.need.post, gap.need.post), area_name(gap.need.area_code))
        for gap in missing
    ]
    return Board(days, lines, told, named, len(shown))


@dataclass(frozen=True, slots=True)
class OwnDay:
    """One day of one's own: what he is on duty for, post and area in words."""

    day: date
    duties: list[tuple[Duty, str, str]]


def own_days(principal: Principal, first: date, days: int) -> list[OwnDay]:
    """Give one's own duties day by day, what he does in another's place among them.

    A night that began the evening before is the first day's: it is what he is on duty for.
    """
    posts = post_names()
    found: dict[date, list[tuple[Duty, str, str]]] = {}
    for piece in pieces_seen(principal, Asked(first, days, person=principal.user_id or -1)):
        told = (piece, posts.get(piece.post, piece.post), area_name(piece.area_code))
        day = max(first, timezone.localtime(piece.starts_at).date())
        found.setdefault(day, []).append(told)
    every = [first + timedelta(number) for number in range(days)]
    return [
        OwnDay(day, sorted(found.get(day, []), key=lambda one: one[0].starts_at)) for day in every
    ]


def needs_kept(principal: Principal, asked: Asked, unit_path: str = "") -> list[Need]:
    """Give what is needed in the rosters one keeps, or in one's own organisation."""
    reach = kept_q(principal, area="area_code")
    own = own_path(principal)
    if own:
        reach |= Q(organisation__path__startswith=own)
    rows = Requirement.objects.filter(reach)
    if asked.post:
        rows = rows.filter(post=asked.post)
    if asked.area:
        rows = rows.filter(area_code__startswith=asked.area)
    if unit_path:
        rows = rows.filter(organisation__path__startswith=unit_path)
    columns = (
        "id", "organisation_id", "post", "area_code", "days", "start", "end", "people",
        "valid_from", "valid_to",
    )  # fmt: skip
    return [Need(*row) for row in rows.distinct().order_by("id").values_list(*columns)]


def clock(at: datetime) -> str:
    """Give an instant's local hour and minute."""
    return f"{timezone.localtime(at):%H:%M}"


def _lines(
    pieces: Sequence[Duty], days: list[date], label: dict[int, str], twice: set[int]
) -> list[Line]:
    found: dict[tuple[str, ...], Line] = {}
    posts = post_names()
    for piece in pieces:
        key = (piece.post, piece.area_code, str(piece.organisation_id), piece.shift_name)
        line = found.get(key)
        if line is None:
            line = found[key] = Line(
                piece.post,
                posts.get(piece.post, piece.post),
                piece.area_code,
                area_name(piece.area_code),
                unit_name(piece.organisation_id),
                piece.shift_name,
                piece.period,
                f"{clock(piece.starts_at)}–{clock(piece.ends_at)}",
                [Cell(day) for day in days],
            )
        place = (timezone.localtime(piece.starts_at).date() - days[0]).days
        if 0 <= place < len(days):
            hours = f"{clock(piece.starts_at)}–{clock(piece.ends_at)}"
            chip = Chip(
                piece.id,
                piece.user_id,
                label.get(piece.user_id, ""),
                label.get(piece.for_user, "") if piece.for_user else "",
                piece.id in twice,
                "" if hours == line.hours else hours,
            )
            line.cells[place].people.append(chip)
    return sorted(
        found.values(),
        key=lambda one: (one.unit, one.post_name, one.area_code, one.period, one.hours),
    )


def _mark(lines: list[Line], missing: list[Gap], days: list[date]) -> None:
    """Put each gap into the first line of its post and area; one that has no line gets its own."""
    posts = post_names()
    for gap in missing:
        need = gap.need
        unit = unit_name(need.organisation_id)
        line = next(
            (
                one
                for one in lines
                if one.post == need.post
                and one.unit == unit
                and one.area_code.startswith(need.area_code)
                and _touches(one, gap)
            ),
            None,
        )
        if line is None:
            line = Line(
                need.post,
                posts.get(need.post, need.post),
                need.area_code,
                area_name(need.area_code),
                unit,
                "（无班次）",
                "day",
                f"{need.start:%H:%M}–{need.end:%H:%M}",
                [Cell(day) for day in days],
            )
            lines.append(line)
        line.cells[(gap.day - days[0]).days].missing.append(gap)


def _touches(line: Line, gap: Gap) -> bool:
    if line.shift == "（无班次）":
        return True
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in line.hours.split("–"))
    at = timezone.localtime(gap.starts_at)
    minute = at.hour * 60 + at.minute
    return start <= minute < end if start < end else minute >= start or minute < end
