"""What files must ask the floors above: may this person see that subject?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chengguan.accounts.domain.principal import Principal

CanSee = Callable[["Principal", int], bool]

_subjects: dict[str, CanSee] = {}


def register_subject(subject_type: str, can_see: CanSee) -> None:
    """Let attachments of this type of subject be seen by whom `can_see(principal, id)` allows.

    Called once from `AppConfig.ready()` of the package that owns the subject.
    """
    _subjects[subject_type] = can_see


def may_see(principal: Principal, subject_type: str, subject_id: int) -> bool:
    """Say whether the subject may be seen; an unregistered type by nobody."""
    can_see = _subjects.get(subject_type)
    return can_see is not None and can_see(principal, subject_id)
