"""Which comparisons somebody may see: those of his area's plans, and his own."""

from __future__ import annotations

from django.db.models import QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.scope import scope_q
from chengguan.accounts.enums import Capability

from .errors import no_comparison
from .models import Comparison, Figure, SeedFigure

_FILES = ("base_text", "other_text")


def comparisons_visible_to(principal: Principal) -> QuerySet[Comparison]:
    """Give the comparisons `principal` may see."""
    scope = scope_q(principal, Capability.PLAN, area="area_code", people=("made_by_id",))
    return Comparison.objects.filter(scope)


def figures_visible_to(principal: Principal) -> QuerySet[Figure]:
    """Give the figures of those comparisons."""
    return Figure.objects.filter(comparison__in=comparisons_visible_to(principal))


def seed_figures_visible_to(principal: Principal) -> QuerySet[SeedFigure]:
    """Give what lies behind those figures, seed by seed."""
    return SeedFigure.objects.filter(comparison__in=comparisons_visible_to(principal))


def comparison_visible_to(principal: Principal, number: int) -> Comparison:
    """Give one, without the files.

    Raises:
        NotFound: there is none, or it may not be seen.
    """
    found = comparisons_visible_to(principal).defer(*_FILES).filter(pk=number).first()
    if found is None:
        raise no_comparison()
    return found
