"""Claiming a work item: the first wins, a stranger may not, one's own is given back."""

from __future__ import annotations

import pytest

from chengguan.core.errors import NotAllowed, NotFound
from chengguan.workflow.domain import act
from chengguan.workflow.domain.items import claim, release
from chengguan.workflow.errors import Overtaken
from chengguan.workflow.models import Definition, WorkItem

from .trial import SYSTEM, begun, person, stored

pytestmark = pytest.mark.django_db

ALICE, BOB = person(1, "cases.accept"), person(2, "cases.accept")
CHARLIE = person(3, "cases.accept", area="320000")


def test_the_first_claims(trial: Definition) -> None:
    one = stored(begun())
    item = WorkItem.objects.get(instance_id=one.pk)
    assert claim(item.pk, ALICE).claimed_by == 1
    assert claim(item.pk, ALICE).claimed_by == 1
    with pytest.raises(Overtaken):
        claim(item.pk, BOB)
    assert (release(item.pk, BOB), release(item.pk, ALICE)) == (False, True)
    assert claim(item.pk, BOB).claimed_by == 2


def test_a_stranger_and_a_closed_item(trial: Definition) -> None:
    one = stored(begun())
    item = WorkItem.objects.get(instance_id=one.pk)
    with pytest.raises(NotAllowed):
        claim(item.pk, CHARLIE)
    act(one, "refuse", SYSTEM, {"reason": "dup"})
    with pytest.raises(NotFound):
        claim(item.pk, ALICE)
