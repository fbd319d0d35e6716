"""Several statements in one round trip: a pipeline, or one statement made of many writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import local
from typing import Any

import psycopg
from django.db import DataError, connection, transaction
from psycopg.pq import PipelineStatus

from .prepared import execute, fetch_one

_own = local()


@contextmanager
def pipelined() -> Iterator[None]:
    """Open a transaction whose statements are sent without waiting for their answers.

    Fetch nothing inside: it would wait. A statement's error surfaces at the latest when the
    block ends, and rolls the whole block back.

    Raises:
        django.db.Error: whatever one of the statements broke.
    """
    with transaction.atomic(), connection.wrap_database_errors:
        connection.ensure_connection()
        with connection.connection.pipeline():
            yield


def pipelining() -> bool:
    """Say whether the thread is in a `pipelined` block."""
    own = connection.connection
    return own is not None and own.pgconn.pipeline_status != PipelineStatus.OFF


class Gathered:
    """Writes that become one statement; `matched` is the row count of the guarding one."""

    def __init__(self) -> None:
        self.matched: int | None = None
        self._writes: list[str] = []
        self._values: list[Any] = []
        self._guard: int | None = None

    def execute(self, query: str, params: Sequence[Any] = (), /) -> None:
        self._writes.append(query)
        self._values += params

    def guard(self, query: str, params: Sequence[Any]) -> None:
        """Take the write whose row count says whether the others may stand."""
        self._guard = len(self._writes)
        self.execute(query + " RETURNING 1", params)

    def fetchall(self) -> list[Any]:
        raise TypeError("gathered writes return nothing")

    def copy(self, statement: Any, /) -> Any:
        raise TypeError("COPY can't be gathered with other writes")

    def run(self) -> None:
        """Send the statement; one alone is a transaction by itself.

        Where no transaction could be rolled back, a guard that matches nothing makes the statement
        fail, so that nothing is written either.
        """
        if not self._writes:
            return
        named = ", ".join(f"w{number} AS ({one})" for number, one in enumerate(self._writes))
        if self._guard is None:
            asked = "1"
        elif connection.in_atomic_block:
            asked = f"count(*) FROM w{self._guard}"
        else:
            asked = f"1 / count(*) FROM w{self._guard}"
        try:
            _own.alone = True
            sql = f"WITH {named} SELECT {asked}"
            found = int(fetch_one(sql, self._values, wrappers=_silent())[0])
        except DataError as error:
            if not isinstance(error.__cause__, psycopg.errors.DivisionByZero):
                raise
            found = 0
        finally:
            _own.alone = False
        if self._guard is not None:
            self.matched = found


def _silent() -> int:
    """Count the wrappers that have nothing to say of a statement alone: the one of `together`."""
    return 1 if getattr(_own, "begin", None) is not None else 0


@contextmanager
def together() -> Iterator[None]:
    """Hold all that is written within in one transaction, but open none for one gathered statement.

    BEGIN and COMMIT are round trips, half of what a step costs; one statement needs neither.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    with ExitStack() as stack:

        def begin() -> None:
            if not connection.in_atomic_block:
                stack.enter_context(transaction.atomic())

        def before(execute: Callable[..., Any], *arguments: Any) -> Any:
            if not getattr(_own, "alone", False):
                begin()
            return execute(*arguments)

        outer, _own.begin = getattr(_own, "begin", None), begin
        try:
            with connection.execute_wrapper(before):
                yield
        finally:
            _own.begin = outer


def begin_together() -> None:
    """Open the transaction of `together` now: something is written that is not gathered."""
    begin = getattr(_own, "begin", None)
    if begin is not None:
        begin()


@contextmanager
def gathered() -> Iterator[Gathered]:
    """Do the writes of `store.rows` and `send` within as one statement, when the block ends.

    They are data-modifying WITH queries: all see the state before the statement, so none may
    write a row that another of them writes. Parsing, planning and travelling once costs half of
    what a pipeline of the same statements does. An inner block joins the outer one.
    """
    outer = gathering()
    if outer is not None:
        yield outer
        return
    own = _own.gathered = Gathered()
    try:
        yield own
    finally:
        _own.gathered = None
    own.run()


def gathering() -> Gathered | None:
    """Give what the current thread gathers into, if it does."""
    return getattr(_own, "gathered", None)


def send(query: str, params: Sequence[Any]) -> None:
    """Execute a write that returns nothing, or gather it."""
    into = gathering()
    if into is not None:
        into.execute(query, params)
        return
    execute(query, params)
