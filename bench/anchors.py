"""Questions that one case answers: the values it has, field by field."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .world import World

_METRES: Final = (80, 400, 2000)


def drawn(chance: random.Random, count: int) -> list[Any]:
    """Give up to `count` cases drawn by their ids."""
    from django.db.models import Max, Min

    from chengguan.cases.models import Case

    ends = Case.objects.aggregate(first=Min("id"), last=Max("id"))
    if ends["first"] is None:
        return []
    ids = [chance.randint(ends["first"], ends["last"]) for _ in range(count)]
    by_id = Case.objects.in_bulk(ids)
    return [by_id[one] for one in ids if one in by_id]


def token(world: World, case: Any, post: str) -> str:
    """Give the token of somebody of this post who may see the case, else of an acceptor."""
    if post == "unit_clerk":
        of_unit = [
            number for number, (unit, _, _) in enumerate(world.units) if unit == case.unit_id
        ]
        if of_unit:
            return world.tokens[post][of_unit[0]]
    elif post == "area_chief":
        if case.area_code[:9] in world.streets:
            return world.tokens[post][world.streets.index(case.area_code[:9])]
    else:
        return world.tokens[post][0]
    return world.tokens["acceptor"][0]


def asked(case: Any, name: str, chance: random.Random) -> list[tuple[str, Any]]:
    """Give the parameters by which this field asks for what the case has; none: it has nothing there."""
    at = case.opened_at
    days = chance.choice((0, 3, 90))
    people = [one for one in (case.handler_id, case.acceptor_id, case.dispatcher_id) if one]
    flags = [flag for flag in ("important", "overseen") if getattr(case, flag)]
    flags += ["overdue"] if case.on_time is False else []
    counted = [one for one in ("urged", "returns", "reworks") if getattr(case, one)]
    lon, lat = case.point
    found: dict[str, list[tuple[str, Any]]] = {
        "number": [("number", case.number[:14])],
        "words": [("q", _piece(case, chance))],
        "matter": [("matter", case.matter_code)],
        "condition": [("rules", case.rule_id)] if case.rule_id else [],
        "source": [("source", case.source)],
        "area": [("area", case.area_code[: chance.choice((9, 12))])],
        "place": [("circle", f"{lon + 0.0003:.6f},{lat:.6f},{chance.choice(_METRES)}")],
        "unit": [("unit", case.unit_id)] if case.unit_id else [],
        "person": [("person", chance.choice(people))] if people else [],
        "state": [("state", case.state)],
        "times": [
            ("opened_from", _day(at - timedelta(days=days))),
            ("opened_to", _day(at + timedelta(days=days + 1))),
        ],
        "lights": _light(case),
        "flags": [("flag", chance.choice(flags))] if flags else [("not_flag", "overdue")],
        "scores": [("score", f"{chance.choice(counted)}:1-")] if counted else [("score", "returns:-1")],
    }  # fmt: skip
    return found[name]


def _piece(case: Any, chance: random.Random) -> str:
    said = case.text if chance.random() < 0.6 else case.address
    runs = [run for part in said.split("，") for run in part.split() if len(run) > 1]
    run = chance.choice(runs)
    begin = chance.randrange(len(run) - 1)
    return str(run[begin : begin + chance.choice((2, 3, 4))])


def _day(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT00:00:00Z")


def _light(case: Any) -> list[tuple[str, Any]]:
    if case.closed_at is not None:
        return []
    return [("lights", "red" if case.stage_due_at < datetime.now(UTC) else "green")]
