"""The model's platform port on the real platform: acts in batches, through the two doors only.

Between two looks acts are gathered; a look takes them in by sender (`take_in_many`), then takes
all steps in the order of their times (`act_many`), each under the principal of its agent. What
was decided, state, due time or refusal, goes back to the agents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from chengguan.cases.domain.intake import NewReport, Refused, Taken, take_in_many
from chengguan.cases.models import Case, Report
from chengguan.core.errors import DomainError
from chengguan.workflow.domain import Applied, Command, act_many

from .model.platform import ENDED, Act, Answer, Said
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

    def add(self, other: Driven) -> None:
        """Add what was driven elsewhere."""
        self.cases += other.cases
        self.steps += other.steps
        self.seconds += other.seconds
        self.refused += other.refused


class Driver:
    """Drives one run, or one district of it; `client` and the district's `mark` name it in every
    report.

    Nothing is kept of cases that are over: who asks for one is looked up again, so that a run of a
    million cases needs no more memory than its open ones, and one that goes on later nothing else.
    """

    def __init__(self, cast: Cast, city: CitySpec, client: str, mark: str = "") -> None:
        self.cast, self.client, self.mark = cast, client, mark
        self.driven = Driven()
        zone = timezone(timedelta(hours=city.utc_offset_hours))
        self.start = datetime(city.start.year, city.start.month, city.start.day, tzinfo=zone)
        self._reports: list[Said] = []
        self._acts: list[Act] = []
        self._ids: dict[str, int] = {}

    def report(self, said: Said) -> None:
        """Gather a report."""
        self._reports.append(said)

    def act(self, act: Act) -> None:
        """Gather a step."""
        self._acts.append(act)

    def look(self, now: int, keep: Callable[[list[Answer]], None] | None = None) -> list[Answer]:
        """Send what was gathered; give every decision: of the reports, then of the acts.

        `keep` is given them in the same transaction.
        """
        begun = perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            # Nobody was promised anything: what a broken server forgets is lived again.
            cursor.execute("SET LOCAL synchronous_commit TO off")
            answers = self._take_in()
            answers += self._take_steps()
            answers = self._as_they_stand(answers)
            if keep is not None:
                keep(answers)
        self.driven.seconds += perf_counter() - begun
        return answers

    def dressed(self, new: NewReport, said: Said) -> NewReport:
        """Give the report as it goes in; here who drives more than numbers adds what people see."""
        return new

    def prepared(self, command: Command, act: Act) -> Command:
        """Give the step as it goes in; as `dressed`."""
        return command

    def moment(self, seconds: int) -> datetime:
        """Give the instant of a second of the run."""
        return self.start + timedelta(seconds=seconds)

    def _as_they_stand(self, answers: list[Answer]) -> list[Answer]:
        """Say of refusals where the case stands after everything that was sent, not where it stood."""
        refused = {one.key for one in answers if one.refused}
        if not refused:
            return answers
        ids = self._found(refused)
        rows = Case.objects.filter(pk__in=ids.values()).values_list("id", "state", "due_at")
        stand = {case_id: (state, self._seconds(due_at)) for case_id, state, due_at in rows}

        def as_it_stands(one: Answer) -> Answer:
            state, due = stand.get(ids.get(one.key, 0), ("", None))
            return replace(one, state=state, due=due)

        return [as_it_stands(one) if one.refused else one for one in answers]

    def _found(self, keys: set[str]) -> dict[str, int]:
        """Give the cases of these reports, as far as they were taken in."""
        found = {key: self._ids[key] for key in keys if key in self._ids}
        missing = [self.mark + key for key in keys if key not in found]
        if missing:
            stored = Report.objects.filter(client=self.client, key__in=missing)
            for key, case_id in stored.values_list("key", "case_id"):
                if case_id is not None:
                    found[key.removeprefix(self.mark)] = case_id
        return found

    def _seconds(self, at: datetime | None) -> int | None:
        return None if at is None else int((at - self.start).total_seconds())

    def _take_in(self) -> list[Answer]:
        reports, self._reports = self._reports, []
        news = [self.dressed(self._new_report(said), said) for said in reports]
        senders = [self.cast.people[said.agent] for said in reports]
        taken = take_in_many(news, senders)
        return [self._taken(said.key, one) for said, one in zip(reports, taken, strict=True)]

    def _taken(self, key: str, one: Taken | Refused) -> Answer:
        if isinstance(one, Refused):
            return self._refusal(key, "report", one.error)
        self.driven.cases += 1
        self._ids[key] = one.case_id
        return Answer(key, "report", "", "reported")

    def _new_report(self, said: Said) -> NewReport:
        return NewReport(
            source=said.source,
            client=self.client,
            key=self.mark + said.key,
            source_ref=self.mark + said.about if said.about else "",
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
        acts, self._acts = self._acts, []
        ids = self._found({act.key for act in acts})
        commands = [
            self.prepared(self._command(act, ids[act.key]), act) for act in acts if act.key in ids
        ]
        results = iter(act_many("case", commands, tell=False))
        answers: list[Answer] = []
        for act in acts:
            if act.key not in ids:
                answers.append(Answer(act.key, act.verb, "simulation.no_case", ""))
                continue
            done = next(results)
            if isinstance(done, Applied):
                answers.append(self._done(act, done.row))
            else:
                answers.append(self._refusal(act.key, act.verb, done.error))
        return answers

    def _command(self, act: Act, case_id: int) -> Command:
        data = {name: self._value(name, value) for name, value in act.data.items()}
        if act.verb == "file":
            data = {
                "rule": self.cast.rules[data["matter"]],
                "photos": [picture(self.mark + act.key)],
            }
        elif act.verb == "dispatch" and self.cast.override:
            data["override"] = self.cast.override
        if act.photo:
            data["photos"] = [picture(self.mark + act.photo)]
        return Command(
            case_id,
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
        state: str = row["state"]
        if state in ENDED:
            self._ids.pop(act.key, None)
        return Answer(act.key, act.verb, "", state, self._seconds(row["due_at"]))

    def _refusal(self, key: str, verb: str, error: DomainError) -> Answer:
        self.driven.refused[f"{verb} {error.params.get('guard') or error.code}"] += 1
        return Answer(key, verb, error.code, "")


def picture(name: str) -> str:
    """Give the SHA-256 that stands for a picture of this name; the same name, the same picture."""
    return sha256(f"模拟/{name}".encode()).hexdigest()
