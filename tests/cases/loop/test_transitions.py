"""Every verb of the shipped definition: allowed, refused and raced, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from proving import proved

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.domain.acting import act
from chengguan.cases.models import Case
from chengguan.cases.procedure import PROCEDURE, shipped_source
from chengguan.core.errors import Conflict, Invalid, NotAllowed
from chengguan.core.worktime import Calendar
from chengguan.workflow.domain.calendars import Calendars
from chengguan.workflow.domain.compiler import compile_definition
from chengguan.workflow.domain.stepping import step
from chengguan.workflow.errors import WrongState

from ..town import START, SYSTEM, WHO, Town

COMPILED: Final = compile_definition(
    shipped_source(), guards=PROCEDURE.guards, effects=PROCEDURE.effects
)
CALENDARS: Final = Calendars.of(city=Calendar("city@1", "Asia/Shanghai", [(0, 2**40)]))
STRANGER: Final = Principal(99, "stranger", "查理", 9, "/9/")

DISPATCHED: Final = ("file", "dispatch")
ASSIGNED: Final = (*DISPATCHED, "assign")
HANDLED: Final = (*ASSIGNED, "submit_handling")
FEEDBACK: Final = (*HANDLED, "confirm_handled")
TO_CLOSE: Final = (*FEEDBACK, "forward")
CLOSED: Final = (*TO_CLOSE, "close")
RETURNED: Final = (*DISPATCHED, "return_to_dispatcher")
SECOND: Final = (*DISPATCHED, "return_to_dispatcher", "dispatch")
#: Dispatched, then five hours of nobody doing anything: the four working hours are over.
LATE: Final = (*ASSIGNED, "+6h", "submit_handling", "confirm_handled", "forward", "close")

#: verb → the steps that lead to where it can be taken, and the state after it.
ALLOWED: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "amend": ((), "reported"),
    "request_verification": ((), "verifying"),
    "submit_verification": (("request_verification",), "reported"),
    "file": ((), "awaiting_dispatch"),
    "void": (("request_verification",), "voided"),
    "self_handle": ((), "closed"),
    "dispatch": (("file",), "awaiting_handling"),
    "dispatch_automatically": (("file",), "awaiting_handling"),
    "call_assist": (ASSIGNED, "handling"),
    "finish_assist": ((*ASSIGNED, "call_assist"), "handling"),
    "release_assist": ((*ASSIGNED, "call_assist"), "handling"),
    "return_to_acceptor": (("file",), "reported"),
    "assign": (DISPATCHED, "handling"),
    "revoke_assignment": (ASSIGNED, "awaiting_handling"),
    "hand_over": (ASSIGNED, "handling"),
    "return_to_dispatcher": (DISPATCHED, "awaiting_dispatch"),
    "return_to_unit": (ASSIGNED, "awaiting_handling"),
    "finish_stage": (("staged", *ASSIGNED[1:]), "handling"),
    "submit_handling": (ASSIGNED, "handled"),
    "submit_by_unit": (ASSIGNED, "handled"),
    "reject_handling": (HANDLED, "handling"),
    "confirm_handled": (HANDLED, "feedback"),
    "rework": (FEEDBACK, "awaiting_handling"),
    "forward": (FEEDBACK, "awaiting_close"),
    "request_check": (TO_CLOSE, "checking"),
    "submit_check": ((*TO_CLOSE, "request_check"), "awaiting_close"),
    "refuse_close": (TO_CLOSE, "awaiting_dispatch"),
    "close": (TO_CLOSE, "closed"),
    "close_automatically": (("proved",), "closed"),
    "reopen": (CLOSED, "awaiting_dispatch"),
    "reopen_inspected": (CLOSED, "awaiting_dispatch"),
    "merge": ((), "reported"),
    "unmerge": (("merge",), "reported"),
    "absorb": ((), "reported"),
    "release": (("absorb",), "reported"),
    "close_with_main": (("merge",), "closed"),
    "urge": (ASSIGNED, "handling"),
    "resume": ((*ASSIGNED, "ask_suspension", "grant_suspension", "+800h"), "handling"),
    "escalate": ((*ASSIGNED, "ask_oversight", "+5h"), "handling"),
    "ask_extension": (ASSIGNED, "handling"),
    "grant_extension": ((*ASSIGNED, "ask_extension"), "handling"),
    "refuse_extension": ((*ASSIGNED, "ask_extension"), "handling"),
    "withdraw_extension": ((*ASSIGNED, "ask_extension"), "handling"),
    "ask_suspension": (ASSIGNED, "handling"),
    "grant_suspension": ((*ASSIGNED, "ask_suspension"), "handling"),
    "refuse_suspension": ((*ASSIGNED, "ask_suspension"), "handling"),
    "withdraw_suspension": ((*ASSIGNED, "ask_suspension"), "handling"),
    "ask_return": (SECOND, "awaiting_handling"),
    "grant_return": ((*SECOND, "ask_return"), "awaiting_dispatch"),
    "refuse_return": ((*SECOND, "ask_return"), "awaiting_handling"),
    "withdraw_return": ((*SECOND, "ask_return"), "awaiting_handling"),
    "ask_ruling": (RETURNED, "awaiting_dispatch"),
    "grant_ruling": ((*RETURNED, "ask_ruling"), "awaiting_dispatch"),
    "refuse_ruling": ((*RETURNED, "ask_ruling"), "awaiting_dispatch"),
    "withdraw_ruling": ((*RETURNED, "ask_ruling"), "awaiting_dispatch"),
    "ask_appeal": (LATE, "closed"),
    "approve_appeal": ((*LATE, "ask_appeal"), "closed"),
    "grant_appeal": ((*LATE, "ask_appeal", "approve_appeal"), "closed"),
    "refuse_appeal": ((*LATE, "ask_appeal"), "closed"),
    "withdraw_appeal": ((*LATE, "ask_appeal"), "closed"),
    "ask_oversight": (ASSIGNED, "handling"),
    "grant_oversight": ((*ASSIGNED, "ask_oversight"), "handling"),
    "refuse_oversight": ((*ASSIGNED, "ask_oversight"), "handling"),
    "withdraw_oversight": ((*ASSIGNED, "ask_oversight"), "handling"),
    "ask_force_close": (ASSIGNED, "handling"),
    "grant_force_close": ((*ASSIGNED, "ask_force_close"), "closed"),
    "refuse_force_close": ((*ASSIGNED, "ask_force_close"), "handling"),
    "withdraw_force_close": ((*ASSIGNED, "ask_force_close"), "handling"),
}


def row_in(state: str) -> dict[str, Any]:
    return PROCEDURE.whole_row(
        {
            "id": 1,
            "definition_id": 1,
            "state": state,
            "stage": "",
            "seq": 3,
            "number": "3101152026030200001",
            "source": "collector",
            "area_code": "310115501001001",
            "opened_at": START,
            "changed_at": START,
        }
    )


def steps_out_of_place() -> Iterator[tuple[str, str]]:
    for verb in COMPILED.verbs.values():
        for state in COMPILED.states:
            if state not in verb.froms:
                yield verb.name, state


def required_fields() -> Iterator[tuple[str, str]]:
    for verb in COMPILED.verbs.values():
        for field in verb.form:
            if field.required:
                yield verb.name, field.name


def taken(verb: str, state: str, principal: Principal, data: dict[str, Any]) -> None:
    step(
        PROCEDURE,
        row_in(state),
        verb,
        principal,
        data,
        START,
        definition=COMPILED,
        calendars=CALENDARS,
    )


def some_state(verb: str) -> str:
    return min(COMPILED.verbs[verb].froms, default="")


def prepared(town: Town, verb: str) -> Case:
    """Lead a case to where `verb` can be taken."""
    case = town.report()
    for name in ALLOWED[verb][0]:
        later = case.changed_at + timedelta(minutes=1)
        if name == "staged":
            staged = town.staged_rule()
            town.do(case, "file", later, rule=staged.pk)
        elif name == "proved":
            proved(town.city, case)
        elif name.startswith("+"):
            Case.objects.filter(pk=case.pk).update(changed_at=later + hours(name))
            case.changed_at = later + hours(name)
        elif name == "merge":
            town.do(case, name, later, main=town.report().pk)
        else:
            town.do(case, name, later)
    return Case.objects.get(pk=case.pk)


def hours(text: str) -> timedelta:
    return timedelta(hours=int(text[1:-1]))


def form(town: Town, verb: str, case: Case) -> dict[str, Any]:
    given = town.data(verb, case.changed_at)
    return {**given, "main": town.report().pk} if verb == "merge" else given


def test_the_table_names_every_verb() -> None:
    assert set(ALLOWED) | {"report"} == set(COMPILED.verbs)


@pytest.mark.parametrize(("verb", "state"), list(steps_out_of_place()))
def test_refused_in_every_other_state(verb: str, state: str) -> None:
    with pytest.raises(WrongState) as caught:
        taken(verb, state, SYSTEM, {})
    assert caught.value.code == ("workflow.begun" if verb == "report" else "workflow.state")


@pytest.mark.parametrize("verb", list(COMPILED.verbs))
def test_refused_to_a_stranger(verb: str) -> None:
    with pytest.raises(NotAllowed):
        taken(verb, some_state(verb), STRANGER, {})


@pytest.mark.parametrize(("verb", "name"), list(required_fields()))
def test_refused_without_what_it_needs(verb: str, name: str) -> None:
    spec = COMPILED.verbs[verb]
    filled: dict[str, Any] = {
        f.name: {
            "text": "文字",
            "photos": ["0" * 64],
            "bool": True,
            "choice": f.choices[0][0] if f.choices else "",
            "datetime": START + timedelta(hours=1),
        }.get(f.type, 7)
        for f in spec.form
        if f.required and f.name != name
    }
    with pytest.raises(Invalid) as caught:
        taken(verb, some_state(verb), SYSTEM, filled)
    assert (caught.value.code, caught.value.field) == ("workflow.required", name)


@pytest.mark.parametrize("verb", list(ALLOWED))
def test_allowed_where_it_belongs_and_only_once(town: Town, verb: str) -> None:
    case = prepared(town, verb)
    stale = Case.objects.get(pk=case.pk)
    at = case.changed_at + timedelta(minutes=1)
    data = form(town, verb, case)
    post = WHO.get(verb, "acceptor")
    who = town.who(post) if post else SYSTEM
    act(case, verb, who, data, at)
    stored = Case.objects.get(pk=case.pk)
    assert (stored.state, stored.seq) == (ALLOWED[verb][1], stale.seq + 1)
    # The other one saw the same row and pressed the same button.
    with pytest.raises(Conflict):
        act(stale, verb, who, data, at)
    assert Case.objects.get(pk=case.pk).seq == stored.seq
