"""Each check of the drill can fail: things are lost, and done twice, on purpose."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import factories
import pytest
from django.db import connection

from bench import mixed
from chengguan.accounts.domain.principal import principal_of
from chengguan.accounts.models import User
from chengguan.audit.domain.chain import link_all
from chengguan.cases.domain.acting import act
from chengguan.exchange.models import Receipt
from chengguan.notify.domain import tell
from chengguan.notify.models import InboxItem
from chengguan.registry.models import FilingRule
from drill import checks, crowd
from drill.ledger import Ack, Ledger
from drill.listener import Listener

pytestmark = pytest.mark.django_db


def _ask(query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        return list(cursor.fetchall()) if cursor.description else []


def _do(query: str, values: Sequence[Any] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(query, values or None)


@pytest.fixture(autouse=True)
def city() -> factories.City:
    made = factories.working_city()
    # The witnesses act under the names of the bench's people.
    User.objects.filter(username="acceptor").update(username="acceptor-0")
    return made


def _reported(key: str) -> Ack:
    case = factories.report(key=key, text=f"路口有垃圾〔{key}〕")
    (report,) = _ask("SELECT id FROM cases_report WHERE case_id = %s", [case.pk])[0]
    answer = {"report_id": report, "case_id": case.pk, "number": case.number}
    return Ack(key, "report", answer, {}, time.time())


def _filed(key: str, report: Ack) -> Ack:
    acceptor = principal_of(User.objects.get(username="acceptor-0"))
    data = {"matter": "01001", "rule": FilingRule.objects.get().pk, "unverified": "明确"}
    done = act(report.answer["case_id"], "file", acceptor, data)
    Receipt.objects.create(id=done.event.id, client="c", key=f"act:{key}", digest="d")
    answer = {
        "event_id": done.event.id,
        "seq": done.event.seq,
        "number": report.answer["number"],
    }
    return Ack(key, "verb", answer, {"verb": "file"}, time.time())


def test_reports_that_are_there_once_are_fine() -> None:
    acks = [_reported("drill-report-1"), _reported("drill-report-2")]
    assert checks.reports(_ask, acks) == ([], [])


def test_a_lost_report_is_told() -> None:
    acks = [_reported("drill-report-1"), _reported("drill-report-2")]
    _do("DELETE FROM cases_report WHERE key = 'drill-report-2'")
    lost, twice = checks.reports(_ask, acks)
    assert (len(lost), "drill-report-2" in lost[0], twice) == (1, True, [])


def test_a_report_under_another_number_than_answered_is_told() -> None:
    ack = _reported("drill-report-1")
    told = Ack(ack.key, ack.kind, {**ack.answer, "number": "3101152026112899999"}, {}, ack.at)
    assert len(checks.reports(_ask, [told])[0]) == 1


def test_a_report_taken_in_twice_is_told() -> None:
    ack = _reported("drill-report-1")
    # As if the key had got lost on the way: the same words under another one.
    factories.report(key="other", text="路口有垃圾〔drill-report-1〕")
    lost, twice = checks.reports(_ask, [ack])
    assert (lost, len(twice)) == ([], 2)


def test_a_case_begun_twice_and_one_without_a_beginning_are_told() -> None:
    acks = [_reported("drill-report-1"), _reported("drill-report-2")]
    first, second = (ack.answer["case_id"] for ack in acks)
    _do(
        "UPDATE workflow_event SET instance_id = %s, seq = 9 WHERE instance_id = %s",
        [first, second],
    )
    lost, twice = checks.reports(_ask, acks)
    assert [len(lost), len(twice)] == [1, 1]


def test_verbs_that_are_there_once_are_fine_and_a_lost_one_is_told() -> None:
    ack = _filed("drill-verb-1", _reported("drill-report-1"))
    assert checks.verbs(_ask, [ack]) == ([], [])
    _do("DELETE FROM workflow_event WHERE id = %s", [ack.answer["event_id"]])
    lost, twice = checks.verbs(_ask, [ack])
    assert (len(lost), twice) == (1, [])


def test_a_verb_without_its_receipt_is_told() -> None:
    ack = _filed("drill-verb-1", _reported("drill-report-1"))
    Receipt.objects.all().delete()
    assert "没有回执" in checks.verbs(_ask, [ack])[0][0]


def test_a_verb_applied_twice_is_told() -> None:
    ack = _filed("drill-verb-1", _reported("drill-report-1"))
    _again(ack, seq=ack.answer["seq"] + 1)
    lost, twice = checks.verbs(_ask, [ack])
    assert (lost, len(twice), "file 有 2 次" in twice[0]) == ([], 1, True)


def test_more_verbs_than_keys_are_told() -> None:
    first = _filed("drill-verb-1", _reported("drill-report-1"))
    _filed("drill-verb-2", _reported("drill-report-2"))
    assert checks.verbs(_ask, [first], ["drill-verb-2"]) == ([], [])
    assert "动作共 2 个，发出的键只有 1 个" in checks.verbs(_ask, [first])[1]


def test_an_original_that_is_gone_or_cut_is_told(tmp_path: Path) -> None:
    content = b"photo"
    digest = hashlib.sha256(content).hexdigest()
    place = tmp_path / digest[:2] / digest[2:4] / digest
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    ack = Ack("drill-upload-1", "upload", {"sha256": digest}, {}, time.time())
    assert checks.originals(tmp_path, [ack]) == []
    place.write_bytes(content[:3])
    assert len(checks.originals(tmp_path, [ack])) == 1
    place.unlink()
    assert len(checks.originals(tmp_path, [ack])) == 1


def test_a_hole_in_the_chain_and_an_entry_linked_twice_are_told() -> None:
    _filed("drill-verb-1", _reported("drill-report-1"))
    link_all()
    assert checks.chain(_ask) == []
    _do("DELETE FROM audit_link WHERE position = 1")
    assert len(checks.chain(_ask)) == 1


def test_a_message_that_lies_twice_in_an_inbox_is_told() -> None:
    now = _ask("SELECT now()")[0][0]
    for number in (1, 2):
        InboxItem.objects.create(id=number, user_id=7, kind="x", title="派遣", created_at=now)
    assert len(checks.inboxes(_ask)) == 1


def test_a_worker_that_does_not_catch_up_is_told() -> None:
    number = tell("x")
    assert checks.drained(_ask, seconds=0.3) is not None
    _do(
        "UPDATE notify_outboxmessage SET created_at = now() - interval '9 seconds' WHERE id = %s",
        [number],
    )
    assert checks.drained(_ask, seconds=0.3) is None


def test_a_stream_that_repeats_or_leaves_out_is_told() -> None:
    listener = Listener(0, "")
    for block in ('id: 1\nevent: case.report\ndata: {"topic": "case.report", "subject": 5}',) * 2:
        listener._take(block)
    lost, twice = checks.stream([listener], [5, 6], 0)
    assert ([len(lost), len(twice)], "案件 6" in lost[0]) == ([1, 1], True)
    # Whoever was told to reload reads everything anew.
    listener._take("event: reload\ndata: {}")
    assert checks.stream([listener], [6], 0)[0] == []


def test_a_verdict_gathers_everything() -> None:
    report = _reported("drill-report-1")
    ledger = Ledger(acks={report.key: report}, refused=["x"], clashes=["y"])
    link_all()
    verdict = checks.all_of(_ask, ledger, Path())
    assert (verdict.clean, verdict.acknowledged["report"]) == (False, 1)
    assert (verdict.lost, verdict.twice, len(verdict.other)) == ([], [], 2)


class _Load:
    """A mixed load that has written this much."""

    def __init__(self, *entries: mixed.Entry) -> None:
        self._entries = entries

    def ledger(self) -> Sequence[mixed.Entry]:
        return self._entries


def _entry(ack: Ack, verb: str, **changed: Any) -> mixed.Entry:
    who = User.objects.get(username="acceptor-0").pk
    given: dict[str, Any] = {
        "kind": "verb" if verb else "report",
        "who": who,
        "key": ack.key,
        "number": ack.answer["number"],
        "verb": verb,
        "seq": 2,
        "outcome": mixed.DONE,
        "status": 200,
        "sent_at": 0.0,
        "answered_at": 1.0,
    }
    return mixed.Entry(**(given | changed))


def test_the_ledger_of_the_mixed_load_is_held_against_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crowd, "_ANSWERED_SECONDS", 0.0)
    report = _reported("drill-report-1")
    verb = _filed("drill-verb-1", report)
    load: Any = _Load(_entry(report, ""), _entry(verb, "file"))
    assert crowd.check(_ask, load) == ({"report": 1, "verb": 1}, [], [])
    _again(verb, seq=verb.answer["seq"] + 1)
    assert len(crowd.check(_ask, load)[2]) == 1
    never = _entry(report, "", key="never"), _entry(verb, "dispatch")
    assert len(crowd.check(_ask, _Load(*never))[1]) == 2  # type: ignore[arg-type]


def _again(ack: Ack, *, seq: int) -> None:
    """Write the event of a verb a second time, behind everybody's back."""
    columns = [
        name
        for (name,) in _ask(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'workflow_event'"
        )
        if name not in ("id", "seq")
    ]
    listed = ", ".join(columns)
    _do(
        f"INSERT INTO workflow_event (id, seq, {listed}) SELECT id + 1000000, %s, {listed}"
        " FROM workflow_event WHERE id = %s",
        [seq, ack.answer["event_id"]],
    )
