"""The figures of a mixed load, each with what it was made of."""

from __future__ import annotations

from typing import Any, Final

from ..figures import Figure, median, percentile
from .ledger import DONE
from .load import Outcome
from .plan import Plan
from .tally import Tally, summary, together

LISTS: Final = ("list", "mine", "search", "api_list")
REPORTS: Final = ("report", "page_report")
#: What nobody waits for in the measured time.
_BEFORE: Final = frozenset({"sign_in_page", "sign_in"})


def figures(plan: Plan, found: Outcome) -> list[Figure]:
    """Give list and report waits, errors, deliveries and the rate, with all kinds beside them."""
    driven = found.driven
    tally, counted = driven.tally, max(0.001, driven.seconds - plan.warm_seconds)
    kinds = {
        name: summary(one, driven.sign_in_seconds if name in _BEFORE else counted)
        for name, one in sorted(tally.kinds.items())
    }
    errors = {name: one.errors for name, one in tally.kinds.items() if one.errors}
    asked = sum(len(one.wait) for name, one in tally.kinds.items() if name not in _BEFORE)
    about = {
        "users": plan.users,
        "signed_in": driven.signed_in,
        "minutes": round(counted / 60, 2),
        "kinds": kinds,
        "writes": driven.writes,
        "sign_in_seconds": round(driven.sign_in_seconds, 1),
        "stale_connections": driven.stale,
        "client": _client(found),
    }
    failed = sum(sum(one.values()) for one in errors.values())
    return [
        Figure(
            "mixed_rate", f"{plan.users:,} people at work: requests", asked / counted, "/s",
            details=about,
        ),
        _waits("mixed_list_p95", "lists, mixed load", plan, "list_p95", tally, LISTS, counted),
        _waits("mixed_report_p95", "reports, mixed load", plan, "report_p95", tally, REPORTS, counted),
        Figure(
            "mixed_errors", "errors, mixed load", failed, "", 0, at_most=True,
            details={"by_kind": errors, "raced": {n: o.raced for n, o in tally.kinds.items() if o.raced}},
        ),
        _stream(plan, found),
    ]  # fmt: skip


def _waits(
    name: str, title: str, plan: Plan, target: str, tally: Tally, kinds: tuple[str, ...], seconds: float
) -> Figure:  # fmt: skip
    values = together(tally, kinds)
    due = [at for kind in kinds if kind in tally.kinds for at in tally.kinds[kind].due]
    minutes: dict[int, list[float]] = {}
    for at, value in zip(due, values, strict=True):
        minutes.setdefault(int((at - plan.warm_seconds) // 60), []).append(value)
    return Figure(
        name, f"{title}: 95th percentile", percentile(values, 0.95) * 1000, "ms",
        plan.targets[target] if values else None, at_most=True,
        details={
            "count": len(values),
            "rate": round(len(values) / seconds, 2),
            "p50_ms": round(median(values) * 1000, 1),
            "p99_ms": round(percentile(values, 0.99) * 1000, 1),
            "p95_by_minute": [
                round(percentile(one, 0.95) * 1000) for _, one in sorted(minutes.items())
            ],
        },
    )  # fmt: skip


def _stream(plan: Plan, found: Outcome) -> Figure:
    heard, driven = found.heard, found.driven
    since = driven.begun_at + plan.warm_seconds
    counted = [d for d, at in zip(heard.delays, heard.arrived, strict=True) if at >= since]
    after = [
        last - entry.answered_at
        for entry in found.writes
        if entry.outcome == DONE and entry.seq and entry.answered_at >= since
        for _, last, _ in [heard.news.get((entry.number, entry.seq), (0.0, 0.0, 0))]
        if last
    ]
    known = [one for one in found.writes if one.outcome == DONE and one.seq]
    missing = [one for one in known if (one.number, one.seq) not in heard.news]
    return Figure(
        "mixed_stream_p99", f"stream delivery to {heard.listeners} listeners: 99th percentile",
        percentile(counted, 0.99) * 1000, "ms", plan.targets["stream_p99"] if counted else None, at_most=True,
        details={
            "listeners": heard.listeners,
            "lines": len(counted),
            "p50_ms": round(median(counted) * 1000, 1),
            "p95_ms": round(percentile(counted, 0.95) * 1000, 1),
            "max_ms": round(max(counted, default=0.0) * 1000, 1),
            "last_line_after_answer_ms": _spread(after),
            "writes_acknowledged": len(known),
            "writes_nobody_heard": len(missing),
            "reconnects": heard.reconnects,
            "reloads": heard.reloads,
            "refused": heard.refused,
        },
    )  # fmt: skip


def _client(found: Outcome) -> dict[str, Any]:
    """Say what the clients themselves used, and by how much their loops woke up too late."""
    driven, heard = found.driven, found.heard
    return {
        "people_cores": round(driven.cpu_share, 3),
        "listeners_cores": round(heard.cpu_share, 3),
        "people_lag_ms": _spread(driven.lag),
        "listeners_lag_ms": _spread(heard.lag),
        "people_mb": round(driven.memory_mb, 1),
        "listeners_mb": round(heard.memory_mb, 1),
    }


def _spread(values: list[float]) -> dict[str, float]:
    return {
        name: round(percentile(values, share) * 1000, 1)
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    }
