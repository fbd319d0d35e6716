"""The keyboard's table: no key twice, no verb that isn't there, and the help sheet made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chengguan.command.desk.keys import BINDINGS, letter_of, sheet, table
from chengguan.workflow.domain import current

if TYPE_CHECKING:
    from django.test import Client
    from factories import City


def test_no_key_has_two_meanings() -> None:
    keys = [key for one in BINDINGS for key in one.keys]
    assert sorted(keys) == sorted(set(keys))


def test_no_verb_has_two_letters() -> None:
    verbs = [verb for one in BINDINGS for verb in one.verbs]
    assert sorted(verbs) == sorted(set(verbs))


@pytest.mark.django_db
def test_every_verb_of_the_table_is_one_of_the_procedure(city: City) -> None:
    verbs = {verb for one in BINDINGS for verb in one.verbs}
    assert verbs - set(current("case").verbs) == set()


@pytest.mark.django_db
def test_the_primary_verb_of_every_state_has_a_letter(city: City) -> None:
    primary = [one.name for one in current("case").verbs.values() if one.primary]
    assert [verb for verb in primary if not letter_of(verb)] == []


@pytest.mark.django_db
def test_the_help_sheet_says_what_is_bound(city: City, acceptor: Client) -> None:
    page = acceptor.get("/desk/").content.decode()
    lines = [line for _, group in sheet() for line in group]
    assert len(lines) == len(BINDINGS) == len(table())
    assert all(f"<dd>{title}</dd>" in page for _, title in lines)
