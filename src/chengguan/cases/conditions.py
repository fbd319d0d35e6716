"""The pieces that a filter of cases is made of, each in the form that an index serves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from django.db.models import BooleanField, F, Q, Value
from django.db.models import Case as When
from django.db.models import When as Then
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from chengguan.registry.domain.duty_index import units

from .search.tokens import LEAST_ENDING, is_digits

_COMMUNITY: Final = 12


def wanted(values: Iterable[str]) -> tuple[str, ...]:
    """Give the values that are asked for."""
    return tuple(one for one in values if not one.startswith("-"))


def unwanted(values: Iterable[str]) -> tuple[str, ...]:
    """Give the values that are to be left out, without their minus."""
    return tuple(one[1:] for one in values if one.startswith("-"))


def without(condition: Q) -> Q:
    """Give what is not so, or not known to be so."""
    return ~Q(
        Exact(
            When(
                Then(condition, then=Value(True)), default=Value(False), output_field=BooleanField()
            ),
            Value(True),
        )
    )


def among(column: str, values: tuple[str, ...]) -> Q:
    """Give the rows with any of these values, and none of those with a minus."""
    found, plus, minus = Q(), wanted(values), unwanted(values)
    if plus:
        # One value as an equation: the planner orders by an index only behind equations.
        found = Q(**{column: plus[0]}) if len(plus) == 1 else Q(**{f"{column}__in": plus})
    return found & ~Q(**{f"{column}__in": minus}) if minus else found


def of_codes(codes: tuple[str, ...], condition: Callable[[str], Q]) -> Q:
    """Give the rows under any of these codes, and under none of those with a minus."""
    any_of, whole = Q(), Q()
    for code in wanted(codes):
        any_of |= condition(code)
    for code in unwanted(codes):
        whole &= ~condition(code)
    return any_of & whole


def of_unit(unit_id: int) -> Q:
    """Give the cases of an organisation and all below it; none of one there isn't."""
    unit = units().get(unit_id)
    return Q(unit_path__startswith=unit.path) if unit else Q(pk__in=[])


def of_units(unit_ids: tuple[int, ...]) -> Q:
    """Give the cases of any of these organisations, and of none whose number is negative."""
    any_of, whole = Q(), Q()
    for one in unit_ids:
        if one >= 0:
            any_of |= of_unit(one)
        else:
            whole &= ~of_unit(-one)
    return any_of & whole


def in_area(code: str) -> Q:
    """Say it by the community where there is one: closed cases are indexed by it in order of time."""
    found = prefix("area_code", code, 15)
    if len(code) < _COMMUNITY:
        return found
    community = Q(Exact(Left(F("area_code"), _COMMUNITY), code[:_COMMUNITY]))
    return community & found if len(code) > _COMMUNITY else community


def prefix(column: str, value: str, whole: int) -> Q:
    """Give the rows whose code begins so; a whole one as an equation."""
    return Q(**{column if len(value) >= whole else f"{column}__startswith": value})


def says(words: str) -> Q:
    """Give the cases in whose text or place each word stands, and none of those with a minus."""
    found = Q()
    for word in words.split():
        left_out = len(word) > 1 and word.startswith("-")
        one = _has(word[1:] if left_out else word)
        found &= ~one if left_out else one
    return found


def _has(word: str) -> Q:
    found = Q(**{f"text__{_lookup(word)}": word}) | Q(**{f"address__{_lookup(word)}": word})
    if len(word) >= LEAST_ENDING and is_digits(word):
        # People read a number from its end: 「尾号 0042」.
        found |= Q(number__endswith=word) | Q(component_code__endswith=word)
    return found


def _lookup(word: str) -> str:
    """Chinese and digits have no case, and folding both columns of every row doubles the search."""
    return "contains" if word.upper() == word.lower() else "icontains"
