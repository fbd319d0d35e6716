"""Start, live, cancel and keep a comparison of two plans.

A job lives the seeds that are not in the tables yet, one transaction a seed, so that a worker
killed half-way goes on where it stood, and a cancelled one stops after the runs in hand.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.core.errors import DomainError

from ..enums import OPEN, State
from ..errors import not_allowed, over, too_many
from ..model.scenario import Scenario
from ..models import Comparison, Figure, SeedFigure
from ..whatif.engine import Pair, pairs
from ..whatif.measures import measures_of
from ..whatif.paired import differences
from ..whatif.question import Asked, ask

MOST_WAITING: Final = 3
_SUBJECT: Final = "simulation.comparison"
log = logging.getLogger("chengguan.simulation")


def calendars() -> Path:
    """Give where the shipped working calendars lie."""
    return Path(settings.BASE_DIR) / "data" / "calendars"


def start_comparison(
    principal: Principal,
    base: tuple[str, str],
    other: tuple[str, str],
    *,
    days: int,
    seeds: int,
    area_code: str = "",
) -> Comparison:
    """Check two plans, each (file name, TOML), and put their comparison into the worker's queue.

    Raises:
        NotAllowed: not a planner, or not for this area.
        Conflict: too many of one's own wait already.
        Invalid: a file is wrong, or the two can't be compared; see `whatif.question.ask`.
    """
    if not principal.can(Capability.PLAN, area_code=area_code):
        raise not_allowed()
    asked = ask(base, other, days=days, seeds=seeds, calendars=calendars())
    with transaction.atomic():
        waiting = Comparison.objects.filter(made_by_id=principal.user_id, state__in=OPEN)
        if waiting.count() >= MOST_WAITING:
            raise too_many(MOST_WAITING)
        made = _made(principal, asked, base, other, days=days, seeds=seeds, area_code=area_code)
        _record("simulation.compare", principal, made)
        _defer(made.pk)
    return made


def keep_comparison(
    principal: Principal,
    asked: Asked,
    base: tuple[str, str],
    other: tuple[str, str],
    found: Sequence[Pair],
    *,
    days: int,
    area_code: str = "",
) -> Comparison:
    """Keep a comparison that was lived elsewhere (by the command), finished as it is."""
    with transaction.atomic():
        made = _made(
            principal, asked, base, other, days=days, seeds=len(found), area_code=area_code
        )
        made.first_seed = min(one.seed for one in found)
        made.started_at = made.made_at
        made.save(update_fields=["first_seed", "started_at"])
        for pair in found:
            _keep_pair(made.pk, asked.question.base, pair)
        _finish(made.pk, asked.question.base)
        _record("simulation.compare", principal, made)
    return made


def cancel_comparison(principal: Principal, comparison: Comparison) -> None:
    """Stop a comparison: one that waits never begins, one that runs ends after the runs in hand.

    Raises:
        NotAllowed: it is somebody else's, in an area one does not plan for.
        Conflict: it is over.
    """
    own = principal.user_id is not None and comparison.made_by_id == principal.user_id
    if not own and not principal.can(Capability.PLAN, area_code=comparison.area_code):
        raise not_allowed()
    with transaction.atomic():
        changed = Comparison.objects.filter(pk=comparison.pk, state__in=OPEN).update(
            state=State.CANCELLED, finished_at=timezone.now()
        )
        if not changed:
            raise over()
        _record("simulation.cancel", principal, comparison)


def run_comparison(number: int, workers: int) -> None:
    """Live what is left of a comparison; called by the job.

    What goes wrong is written on the comparison, for who reads the page, and raised for the log.
    """
    begun = Comparison.objects.filter(pk=number, state__in=OPEN)
    # Taken up again after a kill, it keeps the time it first began.
    if not begun.update(state=State.RUNNING, started_at=Coalesce("started_at", Now())):
        return
    comparison = Comparison.objects.get(pk=number)
    try:
        _live(comparison, workers)
    except Exception as error:
        said = str(error) if isinstance(error, DomainError) else f"程序出错：{type(error).__name__}"
        Comparison.objects.filter(pk=number, state__in=OPEN).update(
            state=State.FAILED, finished_at=timezone.now(), error=said[:1000]
        )
        raise


def _live(comparison: Comparison, workers: int) -> None:
    number = comparison.pk
    asked = ask(
        (comparison.base_name, comparison.base_text),
        (comparison.other_name, comparison.other_text),
        days=comparison.days,
        seeds=comparison.seeds,
        calendars=calendars(),
    )
    had = set(
        SeedFigure.objects.filter(comparison=comparison).values_list("seed", flat=True).distinct()
    )
    first = comparison.first_seed
    left = [seed for seed in range(first, first + comparison.seeds) if seed not in had]
    for pair in pairs(asked.question, left, workers):
        with transaction.atomic():
            # The row's lock keeps a cancelling hand and this one apart.
            state = Comparison.objects.select_for_update().values_list("state", flat=True)
            if state.get(pk=number) != State.RUNNING:
                log.info("comparison cancelled", extra={"comparison": number})
                return
            _keep_pair(number, asked.question.base, pair)
    with transaction.atomic():
        state = Comparison.objects.select_for_update().values_list("state", flat=True)
        if state.get(pk=number) == State.RUNNING:
            _finish(number, asked.question.base)


def _made(
    principal: Principal,
    asked: Asked,
    base: tuple[str, str],
    other: tuple[str, str],
    *,
    days: int,
    seeds: int,
    area_code: str,
) -> Comparison:
    return Comparison.objects.create(
        base_title=asked.base_title[:80],
        other_title=asked.other_title[:80],
        area_code=area_code,
        days=days,
        seeds=seeds,
        base_name=base[0][:200],
        other_name=other[0][:200],
        base_text=base[1],
        other_text=other[1],
        changed=[asdict(one) for one in asked.changed],
        made_by_id=principal.user_id,
        made_by=principal.name[:80],
        made_at=timezone.now(),
    )


def _keep_pair(number: int, base: Scenario, pair: Pair) -> None:
    rows = [_seed_figure(number, pair, one.code, one.title) for one in measures_of(base)]
    SeedFigure.objects.bulk_create(rows)
    comparison = Comparison.objects.only("hours").get(pk=number)
    Comparison.objects.filter(pk=number).update(
        done=F("done") + 1,
        hours=_summed(comparison.hours, pair),
        processor_seconds=F("processor_seconds") + pair.base.seconds + pair.other.seconds,
    )


def _seed_figure(number: int, pair: Pair, code: str, title: str) -> SeedFigure:
    base, other = pair.base.figures.get(code), pair.other.figures.get(code)
    gap = None if base is None or other is None else other - base
    return SeedFigure(
        comparison_id=number,
        seed=pair.seed,
        code=code,
        title=title,
        base=base,
        other=other,
        difference=gap,
    )


def _summed(before: Mapping[str, Any], pair: Pair) -> dict[str, dict[str, list[float]]]:
    summed: dict[str, dict[str, list[float]]] = {}
    for side, lived in (("base", pair.base), ("other", pair.other)):
        own = before.get(side, {})
        summed[side] = {
            kind: [round(a + b, 6) for a, b in zip(own.get(kind, [0.0] * 24), hours, strict=True)]
            for kind, hours in lived.hours.items()
        }
    return summed


def _finish(number: int, base: Scenario) -> None:
    seeds: dict[int, tuple[dict[str, float | None], dict[str, float | None]]] = {}
    rows = SeedFigure.objects.filter(comparison_id=number).order_by("seed")
    for seed, code, one, two in rows.values_list("seed", "code", "base", "other"):
        both = seeds.setdefault(seed, ({}, {}))
        both[0][code], both[1][code] = one, two
    measures = measures_of(base)
    found = differences(measures, list(seeds.values()))
    Figure.objects.bulk_create(
        Figure(
            comparison_id=number,
            place=place,
            title=measure.title,
            about=measure.about,
            unit=measure.unit,
            good=measure.good,
            **asdict(one),
        )
        for place, (measure, one) in enumerate(zip(measures, found, strict=True), 1)
    )
    Comparison.objects.filter(pk=number).update(state=State.DONE, finished_at=timezone.now())


def _defer(number: int) -> None:
    from ..tasks import compare

    compare.defer(comparison=number)


def _record(action: str, principal: Principal, comparison: Comparison) -> None:
    record(
        action,
        actor=principal.actor(Capability.PLAN),
        subject_type=_SUBJECT,
        subject_id=comparison.pk,
        detail={"base": comparison.base_title, "other": comparison.other_title},
    )
