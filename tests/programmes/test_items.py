"""Items in the database: started in order, acted on by whom they belong to, parents in step."""

from __future__ import annotations

from datetime import timedelta

import factories
import pytest
from django.db import IntegrityError, InternalError, transaction
from django.dispatch import Signal
from django.utils import timezone
from factories import City

from chengguan.accounts.domain.principal import Principal
from chengguan.core.errors import Conflict, Invalid, NotAllowed
from chengguan.programmes import queries
from chengguan.programmes.domain import NewItem, NewProgramme, act, close, start
from chengguan.programmes.enums import ItemState, ItemVerb, ProgrammeKind
from chengguan.programmes.models import Item, LogEntry, Programme
from chengguan.programmes.signals import items_opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> City:
    return factories.city()


def _started(city: City, leader: Principal) -> Programme:
    unit = city.people["unit"].organisation_id
    collector = city.people["collector"].pk
    items = [
        NewItem(key="1", title="排查", minutes=10),
        NewItem(key="1.1", title="东片", parent="1", owner_id=collector, owner_name="采集员甲"),
        NewItem(key="1.2", title="西片", parent="1", unit_id=unit, owner_name="环卫所"),
        NewItem(key="2", title="封控", requires=("1",), minutes=30),
    ]
    new = NewProgramme(kind=ProgrammeKind.PROJECT, title="汛前", area_code=factories.DISTRICT)
    return start(leader, new, items, timezone.now())


def _item(programme: Programme, title: str) -> Item:
    return programme.items.get(title=title)


def test_what_waits_starts_when_all_before_it_is_done(city: City) -> None:
    leader, now = city.principal("leader"), timezone.now()
    seen: list[str] = []

    def hear(sender: object, items: list[Item], **rest: object) -> None:
        seen.extend(item.title for item in items)

    signal: Signal = items_opened
    signal.connect(hear)
    try:
        programme = _started(city, leader)
        assert seen == ["东片", "西片"]
        act(city.principal("collector"), _item(programme, "东片").pk, ItemVerb.FINISH, now)
        assert seen == ["东片", "西片"]
        assert _item(programme, "排查").state == ItemState.ACCEPTED
        act(city.principal("unit"), _item(programme, "西片").pk, ItemVerb.FINISH, now)
    finally:
        signal.disconnect(hear)
    assert seen == ["东片", "西片", "封控"]
    assert _item(programme, "排查").state == ItemState.DONE
    assert queries.tree(programme).progress() == (2, 3)


def test_who_may_act(city: City) -> None:
    programme, now = _started(city, city.principal("leader")), timezone.now()
    west, east = _item(programme, "西片"), _item(programme, "东片")
    for name in ("other", "acceptor", "collector"):
        with pytest.raises(NotAllowed):
            act(city.principal(name), west.pk, ItemVerb.ACCEPT, now)
    with pytest.raises(NotAllowed):
        act(city.principal("collector"), east.pk, ItemVerb.CANCEL, now)
    act(city.principal("leader"), east.pk, ItemVerb.CANCEL, now)
    assert LogEntry.objects.filter(verb="cancel").count() == 1


def test_a_second_press_and_a_parent_are_refused(city: City) -> None:
    programme, now = _started(city, city.principal("leader")), timezone.now()
    west = _item(programme, "西片")
    act(city.principal("unit"), west.pk, ItemVerb.ACCEPT, now)
    with pytest.raises(Conflict, match="不能接受"):
        act(city.principal("unit"), west.pk, ItemVerb.ACCEPT, now)
    with pytest.raises(Conflict, match="一组任务"):
        act(city.principal("leader"), _item(programme, "排查").pk, ItemVerb.FINISH, now)
    with pytest.raises(Conflict, match="未开始"):
        act(city.principal("leader"), _item(programme, "封控").pk, ItemVerb.FINISH, now)


def test_closing_cancels_what_is_open_and_ends_it(city: City) -> None:
    leader, now = city.principal("leader"), timezone.now()
    programme = _started(city, leader)
    with pytest.raises(NotAllowed):
        close(city.principal("acceptor"), programme.pk, "", now)
    close(leader, programme.pk, "雨停", now)
    assert set(programme.items.values_list("state", flat=True)) == {ItemState.CANCELLED}
    with pytest.raises(Conflict):
        act(leader, _item(programme, "东片").pk, ItemVerb.FINISH, now)


def test_an_impossible_tree_makes_nothing(city: City) -> None:
    items = [
        NewItem(key="1", title="甲", requires=("2",)),
        NewItem(key="2", title="乙", requires=("1",)),
    ]
    new = NewProgramme(kind=ProgrammeKind.PLAN, title="坏")
    with pytest.raises(Invalid, match="互为前置"):
        start(city.principal("leader"), new, items, timezone.now())
    assert not Programme.objects.exists()


def test_strangers_see_nothing_and_owners_their_programme(city: City) -> None:
    programme = _started(city, city.principal("leader"))
    for name in ("other", "acceptor"):
        assert not queries.programmes_visible_to(city.principal(name)).exists()
        assert not queries.can_see_item(city.principal(name), _item(programme, "西片").pk)
    assert queries.programmes_visible_to(city.principal("unit")).get() == programme


def test_lights_and_counts(city: City) -> None:
    leader = city.principal("leader")
    programme = _started(city, leader)
    later = timezone.now() + timedelta(minutes=40)
    found = {
        line.item.title: (line.depth, line.is_parent, line.light)
        for line in queries.lines(programme.items.all(), later)
    }
    assert found["排查"] == (0, True, "red")
    assert found["东片"] == (1, False, "none")
    row = queries.with_progress(Programme.objects.all(), later).get()
    assert (row.n_items, row.n_done, row.n_late) == (3, 0, 1)  # type: ignore[attr-defined]


def test_the_log_can_not_be_changed(city: City) -> None:
    _started(city, city.principal("leader"))
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        LogEntry.objects.all().delete()
