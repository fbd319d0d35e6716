"""One fault after another: strike while people work, wait until it is normal again, ask what holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import psycopg

from bench import mixed

from . import checks
from . import crowd as crowds
from .house import DrillError, House
from .ledger import Outage
from .load import Load
from .volumes import Volumes

#: Undisturbed work before each fault, and how long nothing may fail before it counts as normal.
CALM_SECONDS: Final = 3.0
_NORMAL_SECONDS: Final = 2.5
_LONGEST_SECONDS: Final = 75.0


@dataclass
class Drill:
    """What every fault gets: the installation, witnesses, the mixed load, disks, how long to hold."""

    house: House
    load: Load
    crowd: mixed.Load | None
    volumes: Volumes
    hold: float
    say: Callable[[str], None]
    #: What puts things right once everything has been checked; a fault adds to it.
    undo: list[Callable[[], None]] = field(default_factory=list)


@dataclass
class Struck:
    """What a fault did: `begun` (monotonic seconds) when it struck, `mended` when it was taken away.

    `wrong` are sentences of what the fault's own look found; `notes` what the page should tell.
    """

    begun: float
    mended: float | None = None
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Fault:
    """One fault: how it is made (`means`), what the operator sees and does (`mend`), in Chinese.

    `cannot` says why it can't be had on this machine, empty when it can.
    """

    name: str
    title: str
    means: str
    mend: str
    strike: Callable[[Drill], Struck]
    cannot: Callable[[Drill], str] = lambda _: ""


@dataclass
class Result:
    """What is told of one fault; `not_run` is why it was not made."""

    name: str
    title: str
    means: str
    mend: str
    not_run: str = ""
    seconds: float = 0.0
    outage: Outage | None = None
    after_mend: float | None = None
    silence: float | None = None
    verdict: checks.Verdict | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool | None:
        """Whether all holds; None where the fault was not made."""
        if self.not_run or self.verdict is None:
            return None
        recovered = self.outage is not None and self.outage.recovery != float("inf")
        return self.verdict.clean and recovered

    def record(self) -> dict[str, Any]:
        """Give it as it stands in the JSON."""
        found = asdict(self) | {"passed": self.passed}
        if self.outage is not None:
            recovery = self.outage.recovery
            never = recovery == float("inf")
            found["recovery_seconds"] = None if never else round(recovery, 2)
        return found


def run(drill: Drill, fault: Fault) -> Result:
    """Make one fault and say what came of it."""
    result = Result(fault.name, fault.title, fault.means, fault.mend)
    result.not_run = fault.cannot(drill)
    if result.not_run:
        return result
    began = time.monotonic()
    begun_acks = set(drill.load.ledger.acks)
    reloads = [one.reloads for one in drill.load.listeners]
    drill.load.resume()
    time.sleep(CALM_SECONDS)
    struck = fault.strike(drill)
    until = _normal(drill, struck)
    quiet = drill.load.pause()
    result.outage = drill.load.ledger.outage(struck.begun, until)
    if struck.mended is not None and result.outage.back is not None:
        result.after_mend = round(max(0.0, struck.begun + result.outage.back - struck.mended), 2)
    if drill.load.listeners:
        heard = [one.silence(struck.begun, until) for one in drill.load.listeners]
        result.silence = round(max(heard), 2)
    result.verdict = verdict(drill, begun_acks, reloads)
    result.notes = struck.notes
    result.verdict.other += struck.wrong
    if not quiet:
        result.verdict.other.append("有人的请求在一分半钟内始终得不到应答")
    while drill.undo:
        drill.undo.pop()()
    result.seconds = round(time.monotonic() - began, 1)
    return result


def verdict(drill: Drill, before: set[str], reloads: Sequence[int]) -> checks.Verdict:
    """Ask everything once people have stopped: ledger, disk, chain, stream and both commands."""
    found = checks.all_of(drill.house.sql, drill.load.ledger, drill.house.files)
    if drill.crowd is not None:
        told, lost, twice = crowds.check(drill.house.sql, drill.crowd)
        found.acknowledged |= {f"crowd_{kind}": count for kind, count in told.items()}
        found.lost += lost
        found.twice += twice
        if not drill.crowd.is_working():
            found.other.append("混合负载已停止")
    fresh = [
        ack.answer["case_id"]
        for key, ack in list(drill.load.ledger.acks.items())
        if ack.kind == "report" and key not in before
    ]
    time.sleep(0.5)
    for listener, known in zip(drill.load.listeners, reloads, strict=True):
        lost, twice = checks.stream([listener], fresh, known)
        found.lost += lost
        found.twice += twice
    for name, words in (
        ("rebuild", ("cases", "rebuild", "--verify")),
        ("audit", ("audit", "verify")),
    ):
        code, said = drill.house.run(*words)
        setattr(found, name, said.strip().splitlines()[-1] if said.strip() else "")
        if code != 0:
            found.other.append(f"chengguan {' '.join(words)}：{said.strip()[-300:]}")
    return found


def wait_for_database(house: House, seconds: float = 90) -> None:
    """Wait until the database answers.

    Raises:
        DrillError: it does not.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            house.sql("SELECT 1")
        except psycopg.Error as error:
            if time.monotonic() > deadline:
                raise DrillError(f"the database stays away: {error}") from error
            time.sleep(0.2)
        else:
            return


def _normal(drill: Drill, struck: Struck) -> float:
    """Wait until nothing has failed for a while and something was answered; gives when."""
    since = struck.mended or struck.begun
    deadline = since + _LONGEST_SECONDS
    while time.monotonic() < deadline:
        now = time.monotonic()
        if now - since >= _NORMAL_SECONDS:
            lately = drill.load.ledger.outage(now - _NORMAL_SECONDS, now)
            if lately.refused == 0 and lately.answered > 0:
                break
        time.sleep(0.1)
    return time.monotonic()
