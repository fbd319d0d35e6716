"""Ten thousand synthetic disputes: what rulings spare, and that each is followed by the next equal case."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from django.utils import timezone

from chengguan.registry.domain.duty import CONFLICT, ONE, resolve
from chengguan.registry.models import Duty, Precedent
from chengguan.store import revisions

if TYPE_CHECKING:
    from factories import City

DISPUTES, CELLS = 10_000, 60


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asks_at_once", "at_least"), [(False, 0.45), (True, 0.5)], ids=["second-return", "at-once"]
)
def test_rulings_spare_hops_in_ten_thousand_disputes(
    city: City, asks_at_once: bool, at_least: float
) -> None:
    """Each place and matter has 2 to 5 units with equal duties, one of which is the right one.

    Plain routing: the dispatcher can't know and tries one after another, each but the right one
    sends the case back. With rulings: by the second return at the latest, or at once if the
    dispatcher asks when he meets the conflict; every later equal case follows the ruling.
    Asking only at the second return spares 45 %, for of two rivals none is ever returned twice.
    """
    chance = random.Random(16)
    now = timezone.now()
    cells = _cells(chance)
    plain = ruled = reused = 0
    seen: Counter[str] = Counter()
    for _ in range(DISPUTES):
        code, place, rivals, right = chance.choice(cells)
        tries = chance.sample(rivals, len(rivals))
        hops = tries.index(right) + 1
        plain += hops
        found = resolve("matter", code, now, area_code=f"{place}001")
        if found.status == ONE:
            assert (found.organisation_id, found.trace[0].source) == (right, "precedent")
            ruled, reused = ruled + 1, reused + 1
            continue
        assert found.status == CONFLICT
        ruled += 1 if asks_at_once else min(hops, 3)
        if asks_at_once or hops > 2:
            _rule(code, place, right)
            seen[code] += 1
    # No matter and place was ever ruled twice: every later equal case followed the first ruling.
    assert set(seen.values()) == {1}
    assert reused > 0
    assert 1 - ruled / plain >= at_least, ruled / plain


def _cells(chance: random.Random) -> list[tuple[str, str, list[int], int]]:
    units = [factories.organisation(f"单位{n}").pk for n in range(5)]
    cells, duties = [], []
    for number in range(CELLS):
        code, place = f"9{number:04d}", f"{factories.STREET}{number % 2 + 1:03d}"
        rivals = chance.sample(units, chance.randint(2, 5))
        duties += [
            Duty(
                code=f"X{number}-{one}",
                organisation_id=one,
                area_code=place,
                kind="matter",
                matter_prefix=code,
                valid_from=factories.SINCE,
            )
            for one in rivals
        ]
        cells.append((code, place, rivals, chance.choice(rivals)))
    Duty.objects.bulk_create(duties)
    revisions.bump("duties")
    return cells


def _rule(code: str, place: str, unit: int) -> None:
    Precedent.objects.create(
        kind="matter",
        matter_code=code,
        area_code=place,
        organisation_id=unit,
        reason="裁定",
        ruled_by="值班领导",
        valid_from=timezone.localdate() - timedelta(days=1),
    )
    revisions.bump("duties")
