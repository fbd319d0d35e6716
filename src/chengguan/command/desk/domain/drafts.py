"""What is typed into a verb's form survives leaving, reload and the end of a session.

One row for a person, a case and a verb; gone when the verb is done, and after thirty days.
Texts and choices only: a file is kept when it is sent, and not before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import orjson
from django.db.models import QuerySet
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.models import Case
from chengguan.core.errors import Invalid, NotAllowed
from chengguan.workflow.models import Event

from ...models import Draft

KEPT_DAYS: Final = 30
_MOST_BYTES: Final = 24_000
_NOT_KEPT: Final = frozenset({"csrfmiddlewaretoken", "seq", "case"})

Typed = Mapping[str, Sequence[str]]


def keep_draft(principal: Principal, case: Case, verb: str, typed: Typed) -> bool:
    """Keep what a person typed; empty fields are left out, and nothing typed is no draft.

    `typed` maps a field to its values as posted. Returns whether there is a draft now.

    Raises:
        NotAllowed: nobody is signed in.
        Invalid: it is longer than any form here can be.
    """
    if principal.user_id is None:
        raise NotAllowed("desk.draft", "请先登录。", mend="登录后可继续填写。")
    data = _worth_keeping(typed)
    if len(orjson.dumps(data)) > _MOST_BYTES:
        raise Invalid("desk.draft", "填写的内容过长，草稿没有保存。", mend="请精简后再试。")
    if not data:
        drop_draft(principal, case.pk, verb)
        return False
    Draft.objects.update_or_create(
        user_id=principal.user_id,
        case_id=case.pk,
        verb=verb,
        defaults={"data": data, "changed_at": timezone.now()},
    )
    return True


def drafted(principal: Principal, case_ids: Sequence[int]) -> frozenset[int]:
    """Give those of some cases on which the person has something typed and not sent."""
    found = _drafts(principal).filter(case_id__in=list(case_ids))
    return frozenset(found.values_list("case_id", flat=True))


def is_settled(principal: Principal, case: Case, verb: str, seen: int | None) -> bool:
    """Say whether the person has taken the verb since he saw the case at `seen`.

    A draft that was on its way while the verb was sent comes after it: nobody wants it back.
    """
    if seen is None or seen >= case.seq or principal.user_id is None:
        return False
    later = Event.objects.filter(instance_id=case.pk, seq__gt=seen)
    return later.filter(verb=verb, actor_id=principal.user_id).exists()


def draft_of(principal: Principal, case_id: int, verb: str) -> Draft | None:
    """Give what the person typed into this form before; None where nothing."""
    return _drafts(principal).filter(case_id=case_id, verb=verb).first()


def drop_draft(principal: Principal, case_id: int, verb: str) -> None:
    """Forget a draft: the verb is done, or the person wants it gone."""
    _drafts(principal).filter(case_id=case_id, verb=verb).delete()


def purge_drafts(now: datetime) -> int:
    """Delete the drafts that nobody has touched for thirty days; gives how many."""
    old = Draft.objects.filter(changed_at__lt=now - timedelta(days=KEPT_DAYS))
    return old.delete()[0]


def _drafts(principal: Principal) -> QuerySet[Draft]:
    if principal.user_id is None:
        return Draft.objects.none()
    return Draft.objects.filter(user_id=principal.user_id)


def _worth_keeping(typed: Typed) -> dict[str, list[str]]:
    kept = {}
    for name, values in typed.items():
        said = [value for value in values if value.strip()]
        if said and name not in _NOT_KEPT and not name.endswith("_words"):
            kept[name] = said
    return kept
