"""The model's platform port on the real platform: acts in batches, through the two doors only.

Between two looks acts are gathered; a look takes them in by sender (`take_in_many`), then takes
all steps in the order of their times (`act_many`), each under the principal of its agent. What
was decided, state, due time or refusal, goes back to the agents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from chengguan.cases.domain.intake import NewReport, Refused, Taken, take_in_many
from chengguan.core.errors import DomainError
from chengguan.workflow.domain import Applied, Command, act_many

from .model.platform import Act, Answer, Said
from .model.scenario import CitySpec
from .town import Cast


@dataclass(slots=True)
class Driven:
    """What was driven so far, and how fast the platform took it. `seconds` are the platform's."""

    cases: int = 0
    steps: int = 0
    seconds: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Cases a second of the platform's time."""
        return self.cases / self.seconds if self.seconds else 0.0


class Driver:
    """Drives one run; `client` names it in every report."""

    def __init__(self, cast: Cast, city: CitySpec, client: str) -> None:
        self.cast, self.client = cast, client
        self.driven = Driven()
        zone = timezone(timedelta(hours=city.utc_offset_hours))
        self.start = datetime(city.start.year, city.start.month, city.start.day, tzinfo=zone)
        self._reports: list[Said] = []
        self._acts: list[Act] = []
        self._ids: dict[str, int] = {}
        self._known: dict[str, tuple[str, int | None]] = {}

    def report(self, said: Said) -> None:
        """Gather a report."""
        self._reports.append(said)

    def act(self, act: Act) -> None:
        """Gather a step."""
        self._acts.append(act)

    def look(self, now: int) -> list[Answer]:
        """Send what was gathered; give every decision."""
        begun = perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            # Nobody was promised anything: a run that is lost is run again.
            cursor.execute("SET LOCAL synchronous_commit TO off")
            answers = self._take_in()
            answers += self._take_steps()
        self.driven.seconds += perf_counter() - begun
        return [self._as_it_stands(one) if one.refused else one for one in answers]

    def moment(self, seconds: int) -> datetime:
        """Give the instant of a second of the run."""
        return self.start + timedelta(seconds=seconds)

    def _as_it_stands(self, refused: Answer) -> Answer:
        """Say where the case stands after everything that was sent, not where it stood then."""
        state, due = self._known.get(refused.key, ("", None))
        return replace(refused, state=state, due=due)

    def _take_in(self) -> list[Answer]:
        reports, self._reports = self._reports, []
        news = [self._new_report(said) for said in reports]
        senders = [self.cast.people[said.agent] for said in reports]
        taken = take_in_many(news, senders)
        return [self._taken(said.key, one) for said, one in zip(reports, taken, strict=True)]

    def _taken(self, key: str, one: Taken | Refused) -> Answer:
        if isinstance(one, Refused):
            return self._refusal(key, "report", one.error)
        self.driven.cases += 1
        self._ids[key] = one.case_id
        self._known[key] = ("reported", None)
        return Answer(key, "report", "", "reported")

    def _new_report(self, said: Said) -> NewReport:
        return NewReport(
            source=said.source,
            client=self.client,
            key=said.key,
            source_ref=said.about,
            at=self.moment(said.at),
            text=said.text,
            address=f"网格 {said.grid}（模拟）",
            lon=said.point[0],
            lat=said.point[1],
            kind=said.kind,
            matter_code=said.matter,
            raw={"simulated": True},
        )

    def _take_steps(self) -> list[Answer]:
        acts = [act for act in self._acts if act.key in self._ids]
        answers = [
            Answer(act.key, act.verb, "simulation.no_case", "")
            for act in self._acts
            if act.key not in self._ids
        ]
        self._acts = []
        commands = [self._command(act) for act in acts]
        for act, done in zip(acts, act_many("case", commands, tell=False), strict=True):
            if isinstance(done, Applied):
                answers.append(self._done(act, done.row))
            else:
                answers.append(self._refusal(act.key, act.verb, done.error))
        return answers

    def _command(self, act: Act) -> Command:
        data = {name: self._value(name, value) for name, value in act.data.items()}
        if act.verb == "file":
            data = {"rule": self.cast.rules[data["matter"]], "photos": [picture(act.key)]}
        elif act.verb == "dispatch" and self.cast.override:
            data["override"] = self.cast.override
        if act.photo:
            data["photos"] = [picture(act.photo)]
        return Command(
            self._ids[act.key],
            act.verb,
            self.cast.people[act.agent],
            data,
            self.moment(act.at),
        )

    def _value(self, name: str, value: Any) -> Any:
        if name in ("person", "handler"):
            return self.cast.people[value].user_id
        return self.cast.units[value] if name == "unit" else value

    def _done(self, act: Act, row: Mapping[str, Any]) -> Answer:
        self.driven.steps += 1
        due = row["due_at"]
        seconds = None if due is None else int((due - self.start).total_seconds())
        self._known[act.key] = (row["state"], seconds)
        if row["closed_at"] is not None and act.verb == "void":
            self._ids.pop(act.key, None)
        return Answer(act.key, act.verb, "", row["state"], seconds)

    def _refusal(self, key: str, verb: str, error: DomainError) -> Answer:
        self.driven.refused[f"{verb} {error.params.get('guard') or error.code}"] += 1
        return Answer(key, verb, error.code, "")


def picture(name: str) -> str:
    """Give the SHA-256 that stands for a picture of this name; the same name, the same picture."""
    return sha256(f"模拟/{name}".encode()).hexdigest()
