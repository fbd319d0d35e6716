"""One person of the load: when the next action is due, and how each request is sent and judged.

Due times run on whether the server keeps up or not, so that a slow server can't hide its delays by
being asked less (coordinated omission): the wait of a request begins when it was due.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter, time

from .ledger import DONE, RACED, REFUSED, UNKNOWN, Entry, Ledger
from .plan import Role
from .roster import Orders, Person
from .tally import Tally
from .wire import Answer, Caller, Unreachable

#: A think time is at most so many times its mean.
_LONGEST = 5.0
#: And a person needs so many seconds to begin anew.
_LEAST = 0.1
_AWAY = frozenset({502, 503, 504})
_RACED = 409
_FIRST_PAUSE, _LONGEST_PAUSE = 0.3, 4.0

Send = Callable[[], Awaitable[Answer]]


class Office:
    """What all people of one process share."""

    def __init__(self, orders: Orders, tally: Tally, ledger: Ledger) -> None:
        self.orders = orders
        self.tally = tally
        self.ledger = ledger
        self.roles: dict[str, Role] = {role.name: role for role in orders.plan.roles}
        self.begun = perf_counter()
        #: The end: what is on its way is answered, nothing new is sent.
        self.closing = False
        self._colleagues: dict[tuple[str, str, int], list[int]] = {}
        for one in orders.people:
            self._colleagues.setdefault((one.role, one.area, one.unit), []).append(one.number)
        #: What collectors have been asked to verify or check, by account: (verb, number).
        self.tasks: dict[int, deque[tuple[str, str]]] = {}
        #: Accounts of those who submit what they are given.
        self.handlers: set[int] = set()
        #: Numbers of cases that were reported lately, to be looked at by anybody of the whole city.
        self.recent: deque[str] = deque(maxlen=200)

    def turn_of(self, person: Person) -> tuple[int, int]:
        """Give a person's place among the colleagues of the same work, and how many they are."""
        colleagues = self._colleagues[person.role, person.area, person.unit]
        return colleagues.index(person.number), len(colleagues)

    def now(self) -> float:
        """Give the seconds since the beginning."""
        return perf_counter() - self.begun


class Refused(Exception):
    """An answer that ends the action; it has been counted."""


class Somebody:
    """A person at work. `due` is when the request about to be sent should be sent."""

    def __init__(self, person: Person, office: Office) -> None:
        self.person = person
        self.office = office
        self.role = office.roles[person.role]
        self.chance = random.Random(f"{office.orders.plan.seed}{person.username}")
        orders = office.orders
        self.caller = Caller(orders.host, orders.port, person.address, person.token)
        self.due = 0.0
        self.asking = False
        self._read = 0.0
        self._serial = 0

    async def live(self, act: Callable[[str], Awaitable[None]]) -> None:
        """Act again and again until cancelled."""
        names, weights = list(self.role.acts), list(self.role.acts.values())
        # As if everybody had been thinking for long already.
        intended = self.office.now() + self.chance.expovariate(1 / self.role.think)
        while True:
            await self._until(intended)
            self.due, self._read = intended, 0.0
            with contextlib.suppress(Refused):
                await act(self.chance.choices(names, weights)[0])
            think = self.chance.expovariate(1 / self.role.think)
            # What a person spends on reading takes its own time; what the server takes does not.
            intended += max(min(think, _LONGEST * self.role.think), self._read + _LEAST)

    async def reads(self, what: str) -> None:
        """Read a page (list, case, form) before the next click."""
        mean = self.office.orders.plan.reading[what]
        seconds = min(self.chance.expovariate(1 / mean), 3 * mean)
        self._read += seconds
        self.due = self.office.now() + seconds
        await self._until(self.due)

    async def get(
        self,
        kind: str,
        path: str,
        *,
        good: tuple[int, ...] = (200,),
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a GET and count it.

        Raises:
            Refused: another status, or no answer.
        """
        answer, _ = await self._send(kind, lambda: self.caller.ask("GET", path, headers=headers))
        if answer is None:
            raise Refused
        return self._judged(kind, answer, good)

    async def post(
        self,
        kind: str,
        path: str,
        body: bytes,
        media: str,
        *,
        method: str = "POST",
        good: tuple[int, ...] = (200, 201, 204, 302),
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a write that the ledger has no interest in, and count it."""
        answer, _ = await self._send(
            kind, lambda: self.caller.ask(method, path, body, media, headers)
        )
        if answer is None:
            raise Refused
        return self._judged(kind, answer, good)

    async def write(
        self,
        kind: str,
        send: Send,
        *,
        entry: str,
        key: str = "",
        number: str = "",
        verb: str = "",
        read: Callable[[Answer], tuple[str, int]],
        via: str = "api",
        good: tuple[int, ...] = (200, 201, 204, 302),
    ) -> str:
        """Send a write, count it and note it in the ledger; gives the case's number.

        `read` gives (number, seq) of a good answer.

        Raises:
            Refused: raced, refused, or no answer; the ledger says which.
        """
        sent_at = time()
        try:
            answer, tries = await self._send(kind, send)
        except asyncio.CancelledError:
            # The load ends while this is on its way: it may be done.
            self._note(entry, key, number, verb, 0, UNKNOWN, 0, sent_at, 1, via)
            raise
        status, seq, outcome = (answer.status if answer else 0), 0, REFUSED
        if answer is None:
            outcome = UNKNOWN
        elif status in good:
            outcome = DONE
            number, seq = read(answer)
        elif status == _RACED:
            # A verb of a page that was sent twice meets itself.
            outcome = UNKNOWN if tries > 1 and not key else RACED
        self._note(entry, key, number, verb, seq, outcome, status, sent_at, tries, via)
        if answer is None:
            raise Refused
        self._judged(kind, answer, good, raced=True)
        return number

    def _note(
        self, kind: str, key: str, number: str, verb: str, seq: int, outcome: str, status: int,
        sent_at: float, tries: int, via: str,
    ) -> None:  # fmt: skip
        self.office.ledger.note(
            Entry(
                kind, self.person.user_id, key, number, verb, seq, outcome, status,
                sent_at, time(), tries, via,
            )
        )  # fmt: skip

    def next_key(self) -> str:
        """Give an idempotency key that nobody else gives."""
        self._serial += 1
        return f"mixed-{self.person.number}-{self._serial}-{self.chance.getrandbits(48):x}"

    async def _until(self, due: float) -> None:
        seconds = due - self.office.now()
        self._end_if_closing()
        # Even the late give way, or one person would keep the loop.
        await asyncio.sleep(max(0.0, seconds))

    def _end_if_closing(self) -> None:
        if self.office.closing:
            raise asyncio.CancelledError

    async def _send(self, kind: str, send: Send) -> tuple[Answer | None, int]:
        """Send, and under patience send again; gives the answer, if any, and how often it was sent."""
        self._end_if_closing()
        self.asking = True
        try:
            return await self._patiently(kind, send)
        finally:
            self.asking = False

    async def _patiently(self, kind: str, send: Send) -> tuple[Answer | None, int]:
        tally, due = self.office.tally, self.due
        patience = self.office.orders.patience
        ends, pause, tries = self.office.now() + patience, _FIRST_PAUSE, 0
        while True:
            tries += 1
            sent = self.office.now()
            answer, why = None, ""
            try:
                answer = await send()
            except Unreachable as error:
                why = str(error)
            if answer is not None and answer.status not in _AWAY:
                tally.took(kind, due, sent, self.office.now())
                # The next request of this action is due at once, unless somebody reads first.
                self.due = self.office.now()
                return answer, tries
            if not patience:
                status = str(answer.status) if answer else "no answer"
                tally.error(kind, status, answer.text if answer else why)
                return None, tries
            tally.unavailable(kind)
            if self.office.now() + pause > ends:
                return None, tries
            await asyncio.sleep(pause * self.chance.uniform(0.7, 1.3))
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _judged(
        self, kind: str, answer: Answer, good: tuple[int, ...], *, raced: bool = False
    ) -> Answer:
        tally = self.office.tally
        if answer.status in good and not _is_entrance(answer):
            tally.good(kind, self.due)
            return answer
        if raced and answer.status == _RACED:
            tally.raced(kind, self.due, _words(answer))
        else:
            status = "signed out" if answer.status in good else str(answer.status)
            tally.error(kind, status, f"{self.person.username}: {_words(answer)}")
        raise Refused


def _is_entrance(answer: Answer) -> bool:
    """Say whether we were led to the sign-in page: the session is gone."""
    return answer.status == 302 and "/login/" in answer.location


def _words(answer: Answer) -> str:
    """Give what an answer says, without the page around it."""
    text = answer.text
    for mark in ('class="refusal', 'role="alert"', "<main", "<body"):
        at = text.find(mark)
        if at >= 0:
            return " ".join(text[at : at + 600].split())
    return text or answer.location
