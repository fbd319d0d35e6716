"""A case as the people at desks and in the street lead it through the loop.

One process a case, from desk to desk. It goes by what the agents believe; where the platform
refuses and the case stands elsewhere, the process begins again from there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import simpy

from .desks import Desk
from .ground import Grid
from .platform import ENDED, Answer
from .problems import DAY, Problem
from .scenario import Matter

if TYPE_CHECKING:
    from .world import World

Process = Generator[simpy.Event, Any, None]
PUBLIC = frozenset({"hotline", "public"})
DISPUTE_DAYS = 15
_GIVES_UP = 8
LEADER, SUPERVISOR = "zhiban01", "ducha01"


@dataclass(slots=True, eq=False)
class CaseFile:
    """What the world knows of one case: the problem behind it, and what the agents believe."""

    key: str
    source: str
    reporter: str
    matter: Matter
    grid: Grid
    point: tuple[float, float]
    problem: Problem | None
    opened: int
    state: str = "reported"
    due: int | None = None
    first_due: int | None = None
    finding: str = ""
    returned: bool = False
    photo_kind: str = "honest"
    rounds: int = 0
    ease: float = 1.0
    refusals: int = 0
    process: simpy.Process | None = None

    @property
    def is_over(self) -> bool:
        return self.state in ENDED

    @property
    def solved(self) -> bool:
        """Whether there is nothing (any more) where the case points."""
        return self.problem is None or not self.problem.stands


class Loop:
    """The desks, and how a case goes from one to the next."""

    def __init__(self, world: World) -> None:
        self.world = world
        desks = world.scenario.desks
        day = desks.day_from, desks.day_to
        self.spec = desks
        self.acceptors = Desk(world, "shouli", desks.acceptors, desks.acceptors_night, day)
        self.dispatchers = Desk(world, "paiqian", desks.dispatchers, desks.dispatchers_night, day)
        self.chance = world.streams.of("desks")
        self._stages: dict[str, Callable[[CaseFile], Process]] = {
            "reported": self._accept,
            "verifying": self._verify,
            "awaiting_dispatch": self._dispatch,
            "awaiting_handling": world.units.take,
            "handling": world.units.work,
            "handled": world.units.confirm,
            "feedback": self._review,
            "awaiting_close": self._close,
            "checking": self._check,
        }

    def begin(self, case: CaseFile) -> None:
        """Let a case take its way from where it stands."""
        case.process = self.world.env.process(self._lead(case))

    def refused(self, case: CaseFile, answer: Answer) -> None:
        """The platform refused a step: go on from where the case really stands."""
        if answer.state == case.state:
            return
        case.state = answer.state
        case.refusals += 1
        if case.refusals == _GIVES_UP:
            # Nobody gets this case any further: it stays where it is, as in life.
            self.world.truth.write("stuck", self.world.now, key=case.key, state=case.state)
        if case.process is not None and case.process.is_alive:
            case.process.interrupt()
        else:
            self.begin(case)

    def forget(self, case: CaseFile) -> None:
        """Nothing more can come of a case unless somebody still disputes it."""
        problem = case.problem
        if problem is None or problem.closed_case is not case:
            self.world.cases.pop(case.key, None)

    def reopen(self, case: CaseFile) -> None:
        """A citizen disputes the closing; the acceptor opens the case again."""
        self.world.env.process(self._reopen(case))

    def _lead(self, case: CaseFile) -> Process:
        while not case.is_over and case.refusals < _GIVES_UP:
            try:
                yield from self._stages[case.state](case)
            except simpy.Interrupt:
                continue
        self._ended(case)

    def _ended(self, case: CaseFile) -> None:
        problem = case.problem
        false = case.state == "closed" and not case.solved
        if case.state == "closed":
            self.world.truth.write("closed", self.world.now, key=case.key, stands=false)
        if problem is None or problem.case is not case:
            return
        problem.case = None
        problem.closed_case = case if false else None

    def _reopen(self, case: CaseFile) -> Process:
        agent = yield self.acceptors.serve(self.spec.accept_minutes)
        if case.state == "closed" and case.problem is not None:
            case.problem.closed_case = None
            case.finding = ""
            if case.problem.case is None:
                case.problem.case = case
            self.world.act(case, "reopen", agent, reason="居民反映问题仍在（模拟）")
            self.begin(case)

    # ---- report and file -----------------------------------------------------------------------

    def _accept(self, case: CaseFile) -> Process:
        agent = yield self.acceptors.serve(self.spec.accept_minutes)
        if self._is_repeated(case):
            self._void(case, agent, "repeated", "同一问题已有案件（模拟）")
        elif case.finding in ("false", "unfound"):
            reason = "untrue" if case.finding == "false" else "resolved"
            self._void(case, agent, reason, "经现场核实（模拟）")
        elif case.problem is None and self._sees_false_alarm(case):
            self._void(case, agent, "untrue", "回看画面，未见所报情况（模拟）")
        elif case.source in PUBLIC and not case.finding:
            who = self.world.collectors.near(case.grid, but="")
            self.world.act(case, "request_verification", agent, person=who.name)
            who.ask("verify", case)
        else:
            self.world.act(case, "file", agent, matter=case.matter.code)

    def _is_repeated(self, case: CaseFile) -> bool:
        other = case.problem.case if case.problem is not None else None
        if other is None or other is case:
            return False
        # A supervisor names the case; others leave it to the acceptor's eye.
        return case.source == "superior" or self.chance.random() < self.spec.knows_duplicate

    def _sees_false_alarm(self, case: CaseFile) -> bool:
        alarm = case.source in ("video", "sensor")
        return alarm and self.chance.random() < self.spec.sees_false_alarm

    def _void(self, case: CaseFile, agent: str, reason: str, note: str) -> None:
        self.world.act(case, "void", agent, reason=reason, note=note)

    def _verify(self, case: CaseFile) -> Process:
        case.finding = yield self.world.collectors.answer_of(case)

    # ---- dispatch, review, close ---------------------------------------------------------------

    def _dispatch(self, case: CaseFile) -> Process:
        agent = yield self.dispatchers.serve(self.spec.dispatch_minutes)
        self.world.act(case, "dispatch", agent, unit=case.matter.unit)

    def _review(self, case: CaseFile) -> Process:
        agent = yield self.dispatchers.serve(self.spec.dispatch_minutes)
        eye = {"none": self.spec.sees_false_photo, "foreign": self.spec.sees_foreign_photo}
        if self.chance.random() < eye.get(case.photo_kind, 0.0):
            self.world.act(case, "rework", agent, reason="照片与现场不符（模拟）")
        else:
            self.world.act(case, "forward", agent)

    def _close(self, case: CaseFile) -> Process:
        agent = yield self.acceptors.serve(self.spec.close_minutes)
        if case.finding == "unsolved":
            case.finding = ""
            self.world.act(case, "refuse_close", agent, reason="现场核查未解决（模拟）")
        elif case.finding != "solved" and self.chance.random() < self.spec.checks:
            who = self.world.collectors.near(case.grid, but=case.reporter)
            self.world.act(case, "request_check", agent, person=who.name)
            who.ask("check", case)
        else:
            self.world.act(case, "close", agent, confirmed=True)

    def _check(self, case: CaseFile) -> Process:
        case.finding = yield self.world.collectors.answer_of(case)

    def disputable(self, case: CaseFile) -> bool:
        """Whether a citizen may still dispute a closing: well within the platform's own term."""
        return case.state == "closed" and self.world.now < case.opened + DISPUTE_DAYS * DAY
