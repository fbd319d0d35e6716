"""Over which cases a person's figures are counted, and the rows behind a figure."""

from __future__ import annotations

from django.db.models import Q

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability
from chengguan.cases.queries import reach


def reach_of(principal: Principal) -> Q:
    """Give the condition on cases a person's figures count.

    Who may see cases counts what he may see. Who may only show a wall counts the wall's area, and
    nothing of a single case beyond place, matter and state is shown to him (`names_cases`).
    """
    if principal.can(Capability.SEE_CASES):
        return reach(principal)
    return scope_q(principal, Capability.WALL, organisation_path="unit_path", matter="matter_code")


def names_cases(principal: Principal) -> bool:
    """Say whether the rows behind a figure may be shown with words, place and people."""
    return principal.can(Capability.SEE_CASES)
