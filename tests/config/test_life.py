"""The made-up days of the demo, three of them on a few dozen grids, on the demo's own registry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Q
from django.test import override_settings
from django.utils import timezone

from chengguan.config import demo
from chengguan.config.demo.marks import CLIENT, MARK

# Loads the demo's registry first, which is most of its ten seconds.
pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture(scope="module")
def lived(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    from chengguan.accounts.domain import loading
    from chengguan.config.demo import life
    from chengguan.config.demo.places import inhabited
    from chengguan.store import cache

    cache.forget()
    media = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media), transaction.atomic():
        demo.load(lambda _: None, life=False)
        yield life.live(lambda _: None, days=3, ground=inhabited(1, most=60))
        transaction.set_rollback(True)
    cache.forget()
    loading.forget()


@pytest.fixture(autouse=True)
def _lived(lived: str) -> None:
    """Every test here stands in the district."""


def made_up() -> Any:
    from chengguan.cases.models import Case

    return Case.objects.filter(source_ref__startswith=MARK)


def test_it_says_what_it_made(lived: str) -> None:
    found = re.match(r"(\d+) 件案件，(\d+) 步，图 (\d+) 张", lived)
    assert found
    assert int(found[1]) == made_up().count() > 60


def test_every_case_is_marked_and_the_real_ones_are_not() -> None:
    from chengguan.cases.models import Case, Report

    whole = Q(text__contains=MARK) & Q(address__contains=MARK) & Q(source_ref__startswith=MARK)
    reports = Report.objects.filter(client=CLIENT)
    assert {one.raw["simulated"] for one in reports} == {True}
    assert reports.exclude(whole).count() == 0
    assert made_up().exclude(whole).count() == 0
    real = Case.objects.filter(source__in=["video", "sensor"])
    assert real.count() == 174
    assert real.filter(Q(text__contains=MARK) | Q(address__contains=MARK)).count() == 0
    assert made_up().filter(source__in=["video", "sensor"]).count() == 0


def test_nothing_lies_in_the_future_and_the_last_lies_close_to_now() -> None:
    from chengguan.files.models import Attachment
    from chengguan.workflow.models import Event

    now = timezone.now()
    cases = made_up()
    events = Event.objects.filter(instance_id__in=cases.values("id"))
    assert not events.filter(at__gt=now).exists()
    assert not Attachment.objects.filter(created_at__gt=now).exists()
    for column in ("opened_at", "filed_at", "dispatched_at", "handled_at", "closed_at"):
        assert not cases.filter(**{f"{column}__gt": now}).exists()
    assert cases.filter(opened_at__gt=now - timedelta(hours=1)).exists()
    assert cases.filter(opened_at__lt=now - timedelta(days=2)).exists()


def test_made_up_cases_stand_in_every_queue_with_all_lights() -> None:
    from chengguan.workflow.domain import current

    now = timezone.now()
    queues = {name for name, state in current("case").states.items() if state.queue}
    open_ones = made_up().filter(closed_at=None)
    assert queues <= set(open_ones.values_list("state", flat=True))
    assert open_ones.filter(stage_due_at__lt=now).exists()
    assert open_ones.filter(stage_warn_at__lt=now, stage_due_at__gte=now).exists()
    assert open_ones.filter(stage_warn_at__gte=now).exists()
    assert made_up().filter(on_time=True).exists()


def test_the_real_events_stay_the_most_urgent_of_those_who_wait_to_be_taken_in() -> None:
    from chengguan.cases.models import Case

    waiting = Case.objects.filter(state="reported", closed_at=None)
    order = waiting.order_by("stage_due_at").values_list("source", flat=True)
    assert order[0] in ("video", "sensor")


def test_demo_people_have_made_up_work_in_their_queues() -> None:
    from chengguan.accounts.models import User
    from chengguan.workflow.models import WorkItem

    items = WorkItem.objects.filter(closed_at=None, instance_id__in=made_up().values("id"))
    people = User.objects.filter(pk__in=items.exclude(user_id=None).values("user_id"))
    demo_people = set(
        people.exclude(username__startswith="moni.").values_list("username", flat=True)
    )
    assert demo_people & {"caiji1", "caiji2", "caiji3"}
    assert any(name.endswith("_chuzhi") for name in demo_people)


def test_steps_that_ask_for_a_picture_have_one_of_their_own() -> None:
    from chengguan.files.domain.verify import verify
    from chengguan.files.models import Attachment
    from chengguan.workflow.models import Event

    steps = Event.objects.filter(
        instance_id__in=made_up().values("id"),
        verb__in=["submit_by_unit", "submit_handling", "submit_check", "submit_verification"],
    )
    pictured = set(
        Attachment.objects.filter(event_id__in=steps.values("id")).values_list(
            "event_id", flat=True
        )
    )
    assert pictured == set(steps.values_list("id", flat=True))
    filed = made_up().exclude(filed_at=None)
    assert filed.filter(photos=0).count() == 0
    assert verify().faults == []


def test_every_closed_case_has_a_picture() -> None:
    # A hotline report that was voided has none; the self-check looks at a closed case.
    from chengguan.files.models import Attachment

    shown = Attachment.objects.filter(subject_type="case").values("subject_id")
    closed = made_up().filter(state="closed")
    assert closed.count() > 50
    assert not closed.exclude(pk__in=shown).exists()


def test_every_case_is_the_fold_of_its_events() -> None:
    from chengguan.cases.domain.rebuild import verify

    assert verify().differences == []


def test_a_second_load_lives_nothing_again_and_without_life_keeps_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from chengguan.config.demo import steps
    from chengguan.workflow.models import Event

    before = Event.objects.count()
    lived: list[str] = []

    def lives(_tell: Any) -> str:
        lived.append("once")
        return "件"

    monkeypatch.setattr(steps, "LIFE", steps.Step("life", "模拟九十天", lives, telling=True))
    for life in (False, True, True, False):
        steps.run(lambda _: None, life=life)
    assert lived == ["once"]
    assert Event.objects.count() == before


def test_a_life_that_was_stopped_leaves_no_file_and_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from chengguan.cases.models import Case
    from chengguan.config.demo import life, photos, steps
    from chengguan.config.demo.places import inhabited
    from chengguan.files.domain.verify import verify
    from chengguan.files.models import Blob

    cases, blobs = Case.objects.count(), Blob.objects.count()
    monkeypatch.setattr(life, "CLIENT", "another")
    monkeypatch.setattr("chengguan.config.demo.life.fill", _stopped)

    def lives(tell: Any) -> str:
        return life.live(tell, days=1, seed=2, ground=inhabited(1, most=20))

    step = steps.Step("life-stopped", "模拟", lives, telling=True, sweep=photos.sweep)
    monkeypatch.setattr(steps, "LIFE", step)
    with pytest.raises(SystemExit):
        steps.run(lambda _: None)
    assert (Case.objects.count(), Blob.objects.count()) == (cases, blobs)
    assert verify(contents=False).faults == []
    assert "life-stopped" not in steps.finished()


def _stopped(*given: Any) -> int:
    album = given[3]
    album.keep()
    raise SystemExit(130)
