"""Eight writers on one real case, with different verbs: one wins, and nothing of the others stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Final

import pytest
from django.db import connection

from chengguan.core.errors import Conflict

if TYPE_CHECKING:
    from cases.town import Town

    from chengguan.cases.models import Case

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WRITERS: Final = 8
ROUNDS: Final = 50
#: How far a case has come when the eight begin, and what they try, each the next one's turn.
STAGES: Final[tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = (
    ((), ("file", "void", "request_verification")),
    (("file",), ("dispatch", "return_to_acceptor")),
    (("file", "dispatch"), ("assign", "return_to_dispatcher", "submit_by_unit")),
    (("file", "dispatch", "assign"), ("submit_handling", "return_to_unit", "revoke_assignment")),
    (
        ("file", "dispatch", "assign", "submit_handling"),
        ("confirm_handled", "reject_handling"),
    ),
)


@pytest.fixture
def town(transactional_db: None) -> Iterator[Town]:
    from cases.town import make_town

    from chengguan.store import cache

    yield make_town()
    cache.forget()


@dataclass
class Race:
    """One case, what was there before, and how each of the eight fared."""

    case: Case
    verbs: list[str]
    results: list[str] = field(default_factory=lambda: [""] * WRITERS)


def test_of_eight_writers_on_a_real_case_one_wins_fifty_times(town: Town) -> None:
    races = []
    for number in range(ROUNDS):
        walked, rivals = STAGES[number % len(STAGES)]
        case = town.walk(town.report(), *walked)
        races.append(Race(case, [rivals[n % len(rivals)] for n in range(WRITERS)]))
    barrier = Barrier(WRITERS, timeout=60)
    threads = [Thread(target=_write, args=(town, races, n, barrier)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Who comes late finds the case overtaken, or, having read it anew, in another state.
    won = Counter({"won": 1})
    lost = [Counter(race.results) - won for race in races]
    assert [Counter(race.results)["won"] for race in races] == [1] * ROUNDS
    assert {name for one in lost for name in one} <= {"Overtaken", "WrongState"}
    assert Counter(race.verbs[race.results.index("won")] for race in races).total() == ROUNDS
    for race in races:
        _check(race)
    _check_whole()


def _write(town: Town, races: list[Race], number: int, barrier: Barrier) -> None:
    from cases.town import WHO

    from chengguan.cases.domain.acting import act
    from chengguan.cases.models import Case

    try:
        for race in races:
            verb = race.verbs[number]
            own = Case.objects.get(pk=race.case.pk)
            who, data = town.who(WHO.get(verb, "acceptor")), town.data(verb, own.changed_at)
            barrier.wait()
            try:
                act(own, verb, who, data, own.changed_at)
                race.results[number] = "won"
            except Conflict as error:
                race.results[number] = type(error).__name__
            except Exception as error:  # noqa: BLE001 - told in the assertion, by name
                race.results[number] = repr(error)
    finally:
        connection.close()


def _check(race: Race) -> None:
    from chengguan.audit.models import Entry
    from chengguan.cases.models import Case, Fact
    from chengguan.notify.models import OutboxMessage
    from chengguan.workflow.models import Event, WorkItem

    before, now = race.case, Case.objects.get(pk=race.case.pk)
    verb = race.verbs[race.results.index("won")]
    events = list(Event.objects.filter(instance_id=now.pk).order_by("seq"))
    assert now.seq == before.seq + 1 == len(events)
    assert (events[-1].verb, events[-1].from_state, events[-1].to_state) == (
        verb,
        before.state,
        now.state,
    )
    waiting = WorkItem.objects.filter(instance_id=now.pk, closed_at=None)
    assert [one.state for one in waiting] == ([] if now.state == "voided" else [now.state])
    # Each event at most one fact a clock, and none that belongs to a step that did not happen.
    facts = list(Fact.objects.filter(case_id=now.pk).values_list("clock", "round", "event_id"))
    assert len({(clock, turn) for clock, turn, _ in facts}) == len(facts)
    assert {event for _, _, event in facts} <= {one.pk for one in events}
    entries = Entry.objects.filter(subject_type="case", subject_id=str(now.pk))
    results = Counter(entries.values_list("result", flat=True))
    assert results == {"done": len(events), "refused": WRITERS - 1}
    assert OutboxMessage.objects.filter(subject_id=now.pk).count() == len(events)


def _check_whole() -> None:
    from chengguan.audit.domain.chain import link_all
    from chengguan.audit.domain.verify import verify as verify_audit
    from chengguan.cases.domain.rebuild import verify as verify_cases

    checked = verify_cases()
    assert (checked.cases, checked.differences) == (ROUNDS, [])
    link_all()
    told = verify_audit()
    assert (told.intact, told.pending) == (True, 0)
