"""Carries the rows of new reports into the transaction that begins their cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from chengguan.store import rows
from chengguan.workflow.domain.stepping import Step

from ..models import Report

_carried: ContextVar[Mapping[int, Mapping[str, Any]] | None] = ContextVar("carried", default=None)


@contextmanager
def carrying(reports: Mapping[int, Mapping[str, Any]]) -> Iterator[None]:
    """Let the cases begun inside take their report rows (case id → columns) with them.

    The engine writes a case in one pipeline that it owns; personal data may not travel in
    events, so the report waits here until `write_carried` is called from that pipeline.
    """
    token = _carried.set(reports)
    try:
        yield
    finally:
        _carried.reset(token)


def write_carried(steps: Sequence[Step]) -> None:
    """Write the reports of the cases that these steps begin; fetches nothing."""
    carried = _carried.get()
    if not carried:
        return
    found = [
        carried[step.event.instance_id]
        for step in steps
        if not step.event.from_state and step.event.instance_id in carried
    ]
    rows.insert(Report, found)
