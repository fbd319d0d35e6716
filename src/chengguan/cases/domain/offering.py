"""What was proposed when a report without a matter was filed: kept, to be held against what was filed."""

from __future__ import annotations

from datetime import datetime

from chengguan.accounts.domain.principal import Principal

from ..models import Case, Offered
from .proposing import likely_matters


def note_offered(principal: Principal, case: Case, at: datetime) -> None:
    """Keep the matters that the case's words propose; once a case, one statement.

    The server proposes again from the same words: what a browser says it showed proves nothing.
    """
    found = likely_matters(principal, case.text, "", at, count=False)
    Offered.objects.get_or_create(
        case_id=case.pk,
        defaults={
            "at": at,
            "by": principal.user_id,
            "matters": [[one.kind, one.code] for one in found],
        },
    )
