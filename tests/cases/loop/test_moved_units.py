"""A unit moves in the organisation tree: its cases, queues, requests and facts go with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from factories import organisation, post, user

from chengguan.accounts.domain import loading
from chengguan.accounts.domain.organisations import move_organisation
from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.models import Organisation, User
from chengguan.cases import tasks as case_tasks
from chengguan.cases.domain.rebuild import verify
from chengguan.cases.models import Case, Fact
from chengguan.cases.queries import cases_visible_to
from chengguan.cases.screens.timeline import moments
from chengguan.registry.domain.duty_index import units
from chengguan.store import revisions
from chengguan.workflow import tasks
from chengguan.workflow.domain.definition import definition_of
from chengguan.workflow.models import Event, Request, WorkItem

from ..town import SYSTEM, Town


class Bureaus:
    """The unit's bureau until now, the one it comes under, and their managers."""

    def __init__(self, town: Town) -> None:
        top = town.city.unit.parent
        assert top is not None
        # Its own copy: the town outlives the test, and what the test moved falls back.
        self.unit = Organisation.objects.get(pk=town.city.unit.pk)
        self.old, self.new = (organisation(name, parent=top) for name in ("市容局", "建设局"))
        managing = post("unit")
        self._old = user("市容局经办", self.old, managing)
        self._new = user("建设局经办", self.new, managing)
        self.move(self.old)

    def move(self, parent: Organisation) -> None:
        move_organisation(self.unit, parent, principal=SYSTEM)
        self._fresh()

    def follow(self, before: str) -> tuple[int, int]:
        return tasks.follow_organisation(before=before), case_tasks.follow_organisation(
            before=before
        )

    def seen(self) -> tuple[set[int], set[int]]:
        return _seen(self._old), _seen(self._new)

    def _fresh(self) -> None:
        self.unit.refresh_from_db()
        revisions.refresh()
        loading.forget()


def _seen(manager: User) -> set[int]:
    principal: Principal = principal_of(manager)
    return set(cases_visible_to(principal).values_list("pk", flat=True))


@pytest.fixture
def bureaus(town: Town) -> Bureaus:
    made = Bureaus(town)
    assert units()[made.unit.pk].path == made.unit.path
    return made


def test_everything_of_a_moved_unit_follows_it(town: Town, bureaus: Bureaus) -> None:
    working = town.walk(town.report(), "file", "dispatch", "assign", "ask_extension")
    done = town.walk(town.report(), "file", "dispatch", "assign", "submit_handling")
    town.walk(done, "confirm_handled", "forward", "close")
    others = town.do(
        town.walk(town.report(), "file"),
        "dispatch",
        unit=town.city.other_unit.pk,
        override="就近",
    )
    claimed = WorkItem.objects.get(instance_id=working.pk, closed_at=None)
    WorkItem.objects.filter(pk=claimed.pk).update(claimed_by=7)
    both, before = {working.pk, done.pk}, bureaus.unit.path
    assert bureaus.seen() == (both, set())

    bureaus.move(bureaus.new)
    # Both cases, and the one fact that is the unit's.
    assert bureaus.follow(before) == (2, 1)

    after = bureaus.unit.path
    assert after.startswith(bureaus.new.path)
    assert bureaus.seen() == (set(), both)
    cases = {case.pk: case for case in Case.objects.all()}
    assert {key: case.unit_path for key, case in cases.items()} == {
        working.pk: after,
        done.pk: after,
        others.pk: town.city.other_unit.path,
    }
    assert (cases[done.pk].state, cases[done.pk].closed_at) == ("closed", done.closed_at)
    assert cases[working.pk].stage_due_at == working.stage_due_at
    last = Event.objects.filter(instance_id=working.pk).latest("seq")
    assert (last.verb, last.from_state, last.to_state) == ("unit_moved", "handling", "handling")
    assert last.effects == {"set": {"unit_path": after}, "clocks": []}
    (shown,) = moments([last], definition_of(working.definition_id), {}, {})
    assert (shown.title, shown.moved) == ("机构调整", False)
    assert Request.objects.get(instance_id=working.pk).organisation_path == after
    item = WorkItem.objects.get(instance_id=working.pk, closed_at=None)
    assert (item.pk, item.organisation_path, item.claimed_by) == (claimed.pk, after, 7)
    for model, column in ((WorkItem, "organisation_path"), (Fact, "unit_path")):
        assert not model._default_manager.filter(**{f"{column}__startswith": before}).exists()
    assert verify().differences == []
    # Again changes nothing; and the case goes on under its unit's new managers.
    assert bureaus.follow(before) == (0, 0)
    working.refresh_from_db()
    town.do(working, "submit_handling", working.changed_at + timedelta(minutes=1))
    assert verify().differences == []


def test_two_moves_in_a_row_end_at_the_last_place(town: Town, bureaus: Bureaus) -> None:
    case = town.walk(town.report(), "file", "dispatch")
    first = bureaus.unit.path
    bureaus.move(bureaus.new)
    second = bureaus.unit.path
    bureaus.move(bureaus.old)
    bureaus.move(bureaus.new)
    assert bureaus.follow(first) == (1, 0)
    assert bureaus.follow(second) == (0, 0)
    case.refresh_from_db()
    assert case.unit_path == second
    assert Event.objects.filter(instance_id=case.pk, verb="unit_moved").count() == 1


def _deferred() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, args->>'before' FROM procrastinate_jobs "
            "WHERE task_name LIKE '%%follow_organisation' ORDER BY 1"
        )
        return list(cursor.fetchall())


def test_a_move_defers_its_jobs_with_itself(bureaus: Bureaus) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    before = bureaus.unit.path
    bureaus.move(bureaus.new)
    assert _deferred() == [
        ("cases.follow_organisation", before),
        ("cases.follow_organisation", before),
        ("workflow.follow_organisation", before),
        ("workflow.follow_organisation", before),
    ]
