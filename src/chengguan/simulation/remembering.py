"""The platform as a run sees it that can be gone on with: first what was answered, then who answers.

A model made of generators can't be stored. It is lived again from the beginning instead, on the
answers that the journal has kept, at the model's own speed; where they end the platform goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import Final

from django.db import connection

from chengguan.core.errors import Conflict

from .driving import Driven, Driver
from .journal import Journal
from .model.platform import Act, Answer, Said
from .model.truth import TruthLog

#: How long an orphan of a killed run may take to see that nobody waits for it (seconds).
_PATIENCE: Final = 30.0
_ASKS_AGAIN: Final = 0.2


class Remembering:
    """A driver with a journal. `told` is called after each look with the second of the run."""

    def __init__(
        self,
        driver: Driver,
        journal: Journal,
        truth: TruthLog,
        told: Callable[[int], None] = lambda _now: None,
    ) -> None:
        self._driver, self._journal, self._truth, self._told = driver, journal, truth, told
        self._number = 0
        self._reports: list[tuple[str, str]] = []
        self._acts: list[tuple[str, str]] = []
        self.driven = Driven()

    @property
    def remembers(self) -> bool:
        """Whether the next look is answered from the journal."""
        return self._number < self._journal.last

    def report(self, said: Said) -> None:
        """Send in a report, or remember that it was sent."""
        if self.remembers:
            self._reports.append((said.key, "report"))
        else:
            self._driver.report(said)

    def act(self, act: Act) -> None:
        """Take a step, or remember that it was taken."""
        if self.remembers:
            self._acts.append((act.key, act.verb))
        else:
            self._driver.act(act)

    def look(self, now: int) -> list[Answer]:
        """Give what was decided.

        Raises:
            Conflict: what was done until here is not what was done the first time.
        """
        remembers = self.remembers
        self._number += 1
        answers = self._recall() if remembers else self._ask(now)
        self._told(now)
        return answers

    def _ask(self, now: int) -> list[Answer]:
        driver = self._driver
        digest = self._truth.digest
        answers = driver.look(
            now,
            lambda found: self._journal.write(self._number, digest, found, driver.driven),
        )
        self.driven = driver.driven
        return answers

    def _recall(self) -> list[Answer]:
        look = self._journal.read(self._number)
        asked = self._reports + self._acts
        self._reports, self._acts = [], []
        if look.digest != self._truth.digest or len(asked) != len(look.answers):
            raise Conflict(
                "simulation.differs",
                f"重走到第 {self._number} 次查看时，与中断前所记不同：程序、城市文件或区划已改动。",
                mend="请用中断前的程序与文件继续，或在新数据库中重新开始。",
            )
        self.driven = self._driver.driven = look.driven
        return [
            Answer(key, verb, refused, state, due)
            for (key, verb), (refused, state, due) in zip(asked, look.answers, strict=True)
        ]


class Alone:
    """A district of a run is one process's alone: `take` it, `leave` it, or end with it."""

    def __init__(self, client: str, mark: str) -> None:
        self._name = f"simulation/{client}/{mark}"

    def take(self) -> None:
        """Wait for the district a while, as orphans of a killed run need one.

        Raises:
            Conflict: another process has it and does not let go.
        """
        patience = monotonic() + _PATIENCE
        while not self._asked("pg_try_advisory_lock"):
            if monotonic() > patience:
                raise Conflict(
                    "simulation.busy",
                    "这次模拟正由另一个进程进行。",
                    mend="请等它结束，或先结束那个进程，再执行同一命令。",
                )
            sleep(_ASKS_AGAIN)

    def leave(self) -> None:
        """Let others have it."""
        self._asked("pg_advisory_unlock")

    def _asked(self, function: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [self._name])
            return bool(cursor.fetchone()[0])
