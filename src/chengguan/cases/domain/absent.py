"""An act that names somebody who is away is refused, with who stands in for him; or meant, and noted.

Pages offer B in place of A (AB 角), but a page may be old and the API is free to name anybody. A
task given to somebody on leave waits until he is back, and its clock runs meanwhile. So the
dispatcher is told, and may still mean it: by `although_away` among what he filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.domain.record import record
from chengguan.core.errors import Invalid
from chengguan.workflow.domain import Applied, Evidence, definition_of
from chengguan.workflow.domain import act as act_one

from ..models import Case
from ..staffing import Away, away

#: The key among a verb's data that says it is meant.
MEANT: Final = "although_away"
_YES: Final = frozenset({True, "1", "true", "on"})


def names_absent(
    case: Case, verb: str, data: Mapping[str, Any], principal: Principal
) -> tuple[str, Away] | None:
    """Give the field of a verb's form that names somebody who is away now, and his absence.

    From memory. Machines name nobody of their own will, and who names himself is there.
    """
    spec = definition_of(case.definition_id).verbs.get(verb)
    if spec is None or principal.is_system:
        return None
    for field in spec.form:
        if field.type != "person":
            continue
        given = str(data.get(field.name) or "")
        known = given.isascii() and given.isdigit() and len(given) < 17
        if known and int(given) != principal.user_id:
            found = away(int(given), timezone.now())
            if found is not None:
                return field.name, found
    return None


def act_on_absent(
    case: Case,
    verb: str,
    principal: Principal,
    data: Mapping[str, Any],
    found: tuple[str, Away],
    *,
    meant: bool,
    attachments: tuple[Evidence, ...],
) -> Applied:
    """Apply the verb where it is meant; else refuse it, by the engine's own reasons first.

    Whoever may not take the step at all learns nothing of absences.

    Raises:
        Invalid: it isn't meant (`cases.person_away`, `params` name the stand-in).
        As the engine says.
    """
    field, missing = found
    with transaction.atomic():
        if not meant:
            # Tried on a copy, and rolled back by the refusal.
            act_one(copy(case), verb, principal, data, None, attachments=attachments)
            raise _is_away(field, missing)
        applied = act_one(case, verb, principal, data, None, attachments=attachments)
        record(
            "case.although_away",
            actor=principal.actor(),
            subject_type="case",
            subject_id=case.pk,
            detail={
                "verb": verb,
                "person": missing.user_id,
                "until": missing.until.isoformat(),
                "stand_in": missing.stand_in,
            },
        )
    return applied


def meant_and_rest(data: Mapping[str, Any]) -> tuple[bool, dict[str, Any]]:
    """Take `although_away` out of what was filled in."""
    rest = dict(data)
    said = rest.pop(MEANT, False)
    return (said in _YES if isinstance(said, bool | str) else False), rest


def _is_away(field: str, missing: Away) -> Invalid:
    until = timezone.localtime(missing.until)
    other = missing.stand_in_name
    return Invalid(
        "cases.person_away",
        f"{missing.name} 离岗至 {until:%m-%d %H:%M}，"
        + (f"由 {other} 代班（B 角）。" if other else "没有安排 B 角。"),
        field=field,
        mend=(f"请改派{other}" if other else "请另选一人")
        + "；确需指派本人时，请勾选“离岗也指派”。",
        person=missing.user_id,
        until=until.isoformat(),
        stand_in=missing.stand_in,
        stand_in_name=other,
        override=MEANT,
    )


def until_text(at: datetime) -> str:
    """Give an absence's end as choices show it."""
    return f"离岗至 {timezone.localtime(at):%m-%d %H:%M}"
