"""One step through the one door: written whole, refused whole, raced to one winner."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError
from pytest_django import DjangoAssertNumQueries

from chengguan.audit.models import Entry
from chengguan.core.errors import Invalid, NotAllowed
from chengguan.files.domain import keep
from chengguan.files.models import Attachment
from chengguan.notify.models import OutboxMessage
from chengguan.workflow.domain import Evidence, act, available
from chengguan.workflow.errors import Overtaken, WrongState
from chengguan.workflow.models import Definition, Event, WorkItem

from .trial import START, SYSTEM, Trial, begun, minutes, person, stored

pytestmark = pytest.mark.django_db

ACCEPTOR = person(11, "cases.accept", "cases.report")
UNIT = person(12, "cases.handle_unit", path="/1/7/", by_unit=True)
STRANGER = person(13, "cases.accept", area="320000")


def test_begin_writes_the_row_its_event_item_news_and_audit(trial: Definition) -> None:
    one = stored(begun())
    assert (one.state, one.stage, one.seq, one.definition_id) == ("waiting", "open", 1, trial.pk)
    assert (one.stage_due_at, one.due_at, one.closed_at) == (minutes(15), None, None)
    assert one.stage_warn_at == minutes(12)
    event = Event.objects.get(instance_id=one.pk)
    assert (event.verb, event.from_state, event.to_state, event.at) == (
        "report",
        "",
        "waiting",
        START,
    )
    item = WorkItem.objects.get(instance_id=one.pk)
    assert (item.state, item.capability, item.due_at, item.closed_at, item.area_code) == (
        "waiting",
        "cases.accept",
        minutes(15),
        None,
        "310115001",
    )
    assert OutboxMessage.objects.filter(subject_id=one.pk, topic="trial.report").count() == 1
    entry = Entry.objects.get(subject_type="trial", subject_id=str(one.pk))
    assert (entry.action, entry.result, entry.detail["event"]) == ("trial.report", "done", event.pk)


def test_act_moves_the_row_and_its_items(trial: Definition) -> None:
    one = stored(begun())
    applied = act(one, "accept", ACCEPTOR, {"unit": 7}, minutes(5))
    fresh = stored(applied)
    for name in ("state", "seq", "stage_due_at", "due_at", "unit_path", "acceptor_id", "clocks"):
        assert getattr(one, name) == getattr(fresh, name), name
    assert (one.state, one.seq, one.unit_path, one.acceptor_id) == ("working", 2, "/1/7/", 11)
    # Accepted 09:05 with 4 working hours: 09:05-12:00 and 14:00-15:05.
    assert one.due_at == one.stage_due_at == START + timedelta(hours=6, minutes=5)
    closed, open_ = WorkItem.objects.filter(instance_id=one.pk).order_by("id")
    assert (closed.closed_at, open_.closed_at) == (minutes(5), None)
    assert (open_.organisation_id, open_.organisation_path, open_.due_at) == (
        7,
        "/1/7/",
        one.due_at,
    )
    event = Event.objects.get(instance_id=one.pk, seq=2)
    assert event.data == {"unit": 7, "why": "按职责"}
    assert (event.actor_id, event.actor, event.post) == (11, "人11", "post")


def test_statements_of_one_step(
    trial: Definition, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    one = stored(begun())
    act(one, "urge", SYSTEM)
    # SAVEPOINT, one statement for everything, RELEASE.
    with django_assert_num_queries(3):
        act(one, "urge", SYSTEM)
    with django_assert_num_queries(3):
        act(one, "accept", ACCEPTOR, {"unit": 7})


def test_a_refusal_writes_nothing_but_its_audit(trial: Definition) -> None:
    one = stored(begun())
    events = Event.objects.count()
    with pytest.raises(WrongState) as wrong:
        act(one, "finish", UNIT)
    assert (wrong.value.status, wrong.value.code) == (409, "workflow.state")
    assert wrong.value.message == "当前为“待受理”，不能“办结”。"
    with pytest.raises(NotAllowed) as stranger:
        act(one, "accept", STRANGER, {"unit": 7})
    assert (stranger.value.status, stranger.value.code) == (403, "workflow.capability")
    with pytest.raises(Invalid) as missing:
        act(one, "accept", ACCEPTOR)
    assert (missing.value.status, missing.value.field) == (422, "unit")
    assert (Event.objects.count(), Trial.objects.get(pk=one.pk).seq) == (events, 1)
    refused = Entry.objects.filter(subject_id=str(one.pk), result="refused").order_by("id")
    assert [(e.action, e.actor_id, e.detail["code"]) for e in refused] == [
        ("trial.finish", 12, "workflow.state"),
        ("trial.accept", 13, "workflow.capability"),
        ("trial.accept", 11, "workflow.required"),
    ]


def test_a_unit_acts_only_on_what_it_holds(trial: Definition) -> None:
    one = stored(begun())
    act(one, "accept", ACCEPTOR, {"unit": 8})
    with pytest.raises(NotAllowed):
        act(one, "finish", UNIT)
    other = stored(begun())
    act(other, "accept", ACCEPTOR, {"unit": 7})
    assert act(other, "finish", UNIT).row["state"] == "done"


def test_only_the_named_person_verifies(trial: Definition) -> None:
    checker, other = person(21, "cases.verify"), person(22, "cases.verify")
    one = stored(begun())
    act(one, "verify", ACCEPTOR, {"checker": 21}, minutes(3))
    assert WorkItem.objects.get(instance_id=one.pk, closed_at=None).user_id == 21
    with pytest.raises(NotAllowed) as refused:
        act(one, "verified", other, {"finding": "属实"}, minutes(9))
    assert refused.value.code == "workflow.assignee"
    act(one, "verified", checker, {"finding": "属实"}, minutes(10))
    # 3 of the 15 minutes were used before the pause of 7.
    assert (one.state, one.stage_due_at) == ("waiting", minutes(22))


def test_a_stale_row_is_overtaken(trial: Definition) -> None:
    first = stored(begun())
    second = Trial.objects.get(pk=first.pk)
    act(first, "accept", ACCEPTOR, {"unit": 7})
    with pytest.raises(Overtaken) as late:
        act(second, "refuse", ACCEPTOR, {"reason": "dup"})
    assert (late.value.status, late.value.message) == (409, "已被他人处理，请刷新。")
    assert Event.objects.filter(instance_id=first.pk).count() == 2
    assert WorkItem.objects.filter(instance_id=first.pk, closed_at=None).count() == 1
    assert Entry.objects.filter(subject_id=str(first.pk), result="refused").count() == 1


def test_by_id_with_its_procedure(trial: Definition) -> None:
    key = begun().row["id"]
    assert act(key, "urge", SYSTEM, procedure="trial").row["urged"] == 1


def test_time_does_not_run_backwards(trial: Definition) -> None:
    one = stored(begun())
    act(one, "urge", SYSTEM, at=minutes(10))
    with pytest.raises(Invalid) as back:
        act(one, "urge", SYSTEM, at=minutes(9))
    assert back.value.code == "workflow.time"


def test_evidence_fills_the_form_and_is_attached(trial: Definition) -> None:
    one = stored(begun())
    blob = keep(b"%PDF-1.4\n%%EOF\n", name="a.pdf", max_bytes=10_000)
    applied = act(
        one,
        "accept",
        ACCEPTOR,
        {"unit": 7},
        attachments=[Evidence(blob.sha256, "a.pdf", "other", "photos")],
    )
    assert applied.event.data["photos"] == [blob.sha256]
    attached = Attachment.objects.get(subject_type="trial", subject_id=one.pk)
    assert (attached.event_id, attached.blob_id, attached.uploaded_by) == (
        applied.event.id,
        blob.sha256,
        11,
    )


def test_an_effect_chooses_the_target(trial: Definition) -> None:
    one, other = stored(begun()), stored(begun())
    assert act(one, "route", SYSTEM, {"note": "很长的说明"}).row["state"] == "done"
    assert act(other, "route", SYSTEM, {}).row["state"] == "void"
    assert one.closed_at == one.changed_at


def test_reopening_clears_the_end(trial: Definition) -> None:
    one = stored(begun())
    act(one, "route", SYSTEM, {"note": "很长的说明"}, minutes(1))
    act(one, "reopen", SYSTEM, at=minutes(30))
    assert (one.state, one.closed_at, one.stage_due_at) == ("waiting", None, minutes(45))


def test_offers_say_why_not(trial: Definition) -> None:
    one = stored(begun())
    act(one, "accept", ACCEPTOR, {"unit": 7})
    offers = {offer.verb: offer for offer in available(one, UNIT)}
    assert set(offers) == {
        "send_back",
        "finish",
        "urge",
        "release",
        "ask_extension",
        "grant_extension",
        "refuse_extension",
        "withdraw_extension",
        "ask_hold",
        "approve_hold",
        "grant_hold",
        "refuse_hold",
        "withdraw_hold",
    }
    assert (offers["finish"].allowed, offers["finish"].bulk) == (True, True)
    assert (offers["urge"].allowed, offers["urge"].code) == (False, "workflow.capability")
    assert offers["grant_extension"].reason == "没有待审批的延期申请。"
    assert [field.name for field in offers["send_back"].form] == ["reason"]


def test_events_are_append_only(trial: Definition) -> None:
    begun()
    with pytest.raises(IntegrityError):
        Event.objects.update(verb="other")
