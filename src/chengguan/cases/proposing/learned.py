"""The model that this process holds, and the job that makes a new one from filed cases.

A request never learns: it reads what the worker last wrote, once for each revision.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from chengguan.store import revisions
from chengguan.store.cache import revised

from ..models import Case, Learned
from .wording import Key, Wording, learn, unpacked

REVISION: Final = "proposals"
#: The newest cases of each matter; more taught nothing and cost memory.
PER_MATTER: Final = 200
#: A window holds at most so many cases: as many can be counted between two keys.
COUNTED: Final = 8_000
_WINDOWS: Final = (90, 30, 14, 7, 3, 1)
_LEAST: Final = 50
_EVERY: Final = timedelta(hours=6)

# Through the index of closed cases matter by matter: of a million, 200 rows each are read.
_CLOSED: Final = """
    SELECT m.kind, m.code, c.text FROM (SELECT DISTINCT kind, code FROM registry_matter) m,
    LATERAL (
        SELECT text FROM cases_case WHERE matter_code = m.code AND kind = m.kind
        AND closed_at IS NOT NULL AND filed_at IS NOT NULL
        ORDER BY opened_at DESC, id DESC LIMIT %s) c
"""


@revised(REVISION)
def wording() -> Wording | None:
    """Give the model last learned; None in a district that has none yet."""
    data = Learned.objects.order_by("-pk").values_list("data", flat=True).first()
    return unpacked(bytes(data)) if data is not None else None


@revised(REVISION)
def window_days() -> int:
    """Give over how many past days cases can be counted while somebody types."""
    per_day = Learned.objects.order_by("-pk").values_list("per_day", flat=True).first() or 0.0
    return next((days for days in _WINDOWS if per_day * days <= COUNTED), _WINDOWS[-1])


def is_due(now: datetime | None = None) -> bool:
    """Say whether it is time to learn again: after six hours, and as soon as there are cases."""
    last = Learned.objects.order_by("-pk").values_list("at", flat=True).first()
    if last is not None:
        return (now or timezone.now()) - last >= _EVERY
    return len(Case.objects.filter(filed_at__isnull=False).values_list("pk")[:_LEAST]) == _LEAST


def learn_matters(now: datetime | None = None) -> Learned | None:
    """Learn from the newest filed cases and keep the model; None where there are too few."""
    at = now or timezone.now()
    cases = _filed()
    model = learn(cases) if len(cases) >= _LEAST else None
    if model is None:
        return None
    month = Case.objects.filter(opened_at__gte=at - timedelta(days=30), opened_at__lt=at)
    with transaction.atomic():
        made = Learned.objects.create(
            at=at,
            cases=len(cases),
            matters=len(model.matters),
            per_day=month.count() / 30,
            held_out=model.judged.cases,
            first=model.judged.first,
            three=model.judged.three,
            data=model.packed(),
        )
        Learned.objects.exclude(pk=made.pk).update(data=b"")
        revisions.bump(REVISION)
    return made


def _filed() -> list[tuple[Key, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED, [PER_MATTER])
        rows = cursor.fetchall()
    running = Case.objects.filter(closed_at__isnull=True, filed_at__isnull=False)
    rows += running.order_by("-opened_at").values_list("kind", "matter_code", "text")[
        : 50 * PER_MATTER
    ]
    return [((kind, code), text) for kind, code, text in rows if code and text]
