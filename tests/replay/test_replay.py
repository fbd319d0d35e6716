"""Recorded history through our own doors: verdicts, due times by the calendar, clear refusals."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chengguan.cases.domain import rebuild
from chengguan.cases.models import Case
from chengguan.cases.procedure import shipped_source
from chengguan.cases.replay import running
from chengguan.cases.replay.comparing import Comparison
from chengguan.cases.replay.driving import replay
from chengguan.cases.replay.town import without_photographs
from chengguan.config.paths import ROOT
from chengguan.core.errors import Conflict, Invalid
from chengguan.store import cache
from chengguan.workflow.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CALENDARS = ROOT / "data" / "calendars"
MAPPINGS = ROOT / "data" / "replay"
HEADS = [
    "case_enquiry_id",
    "open_dt",
    "target_dt",
    "closed_dt",
    "ontime",
    "type",
    "queue",
    "source",
    "case_title",
    "location",
    "latitude",
    "longitude",
]
BULK = "Schedule a Bulk Item Pickup"


def row(key: str, opened: str, due: str, closed: str, verdict: str, **more: str) -> dict[str, str]:
    return {
        "case_enquiry_id": key,
        "open_dt": opened,
        "target_dt": due,
        "closed_dt": closed,
        "ontime": verdict,
        "type": BULK,
        "queue": "PWDx_Bulk",
        "source": "Constituent Call",
        "case_title": "Bulk",
        "location": "1 City Hall Sq",
        "latitude": "42.36",
        "longitude": "-71.06",
    } | more


ROWS = [
    row("1", "2011-07-05 07:42:00", "2011-07-07 07:42:00", "2011-07-06 10:00:00", "ONTIME"),
    row("2", "2011-07-05 17:30:00", "2011-07-08 08:30:00", "2011-07-08 08:30:01", "OVERDUE"),
    row("3", "2011-07-09 17:09:00", "2011-07-14 08:30:00", "", "ONTIME"),
    row("4", "2011-07-05 10:00:00", "2011-07-07 10:20:00", "2011-07-07 10:00:00", "ONTIME"),
]


@pytest.fixture(autouse=True)
def calendar_of_the_city(settings: Any) -> Iterator[None]:
    """Let a replay choose its calendar without choosing it for the tests that follow."""
    settings.CHENGGUAN_CALENDAR = settings.CHENGGUAN_CALENDAR
    yield
    cache.forget()


def history(folder: Path, rows: list[dict[str, str]] = ROWS) -> Path:
    path = folder / "history.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def run(path: Path, mapping: str = "boston311.toml") -> tuple[int, Comparison, int]:
    done = replay(path, MAPPINGS / mapping, CALENDARS, lambda _line: None)
    return done.outcome.cases, done.comparison, done.differences


def test_recorded_due_times_give_the_citys_own_verdicts(tmp_path: Path) -> None:
    cases, compared, differences = run(history(tmp_path))
    assert (cases, differences) == (4, 0)
    assert (compared.judged, compared.agreed) == (3, 3)
    found = dict(Case.objects.values_list("source_ref", "state"))
    assert found == {"1": "closed", "2": "closed", "3": "awaiting_handling", "4": "closed"}


def test_the_calendar_computes_what_the_city_recorded(tmp_path: Path) -> None:
    _, compared, _ = run(history(tmp_path), "boston311-limits.toml")
    assert (compared.due_asked, compared.due_equal) == (4, 3)
    assert compared.by_type == {BULK: (4, 3)}
    assert sum(compared.differences.values()) == 1


def test_an_hour_given_back_in_autumn_is_not_taken_from_the_limit(tmp_path: Path) -> None:
    rows = [row("1", "2011-10-26 10:07:13", "2011-11-09 10:07:10", "2011-11-09 09:20:19", "ONTIME")]
    _, compared, _ = run(history(tmp_path, rows))
    assert (compared.judged, compared.agreed) == (1, 1)


def test_events_carry_the_recorded_times(tmp_path: Path) -> None:
    run(history(tmp_path, ROWS[:1]))
    steps = Event.objects.order_by("seq").values_list("verb", "at")
    assert [(verb, f"{at:%m-%d %H:%M}") for verb, at in steps] == [
        ("report", "07-05 11:42"),
        ("file", "07-05 11:42"),
        ("dispatch", "07-05 11:42"),
        ("assign", "07-06 14:00"),
        ("submit_by_unit", "07-06 14:00"),
        ("confirm_handled", "07-06 14:00"),
        ("forward", "07-06 14:00"),
        ("close", "07-06 14:00"),
    ]
    assert rebuild.verify().differences == []


@pytest.mark.django_db(transaction=True)
def test_two_processes_give_what_one_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BATCH", 1)
    said: list[str] = []
    done = replay(history(tmp_path), MAPPINGS / "boston311.toml", CALENDARS, said.append, workers=2)
    assert (done.outcome.cases, done.outcome.events, done.outcome.closed) == (4, 27, 3)
    assert (done.comparison.judged, done.comparison.agreed, done.differences) == (3, 3, 0)
    assert [line.split("，")[0] for line in said if "每秒" in line] == ["1/4", "2/4", "3/4", "4/4"]
    assert (Event.objects.count(), Case.objects.count()) == (27, 4)


def test_a_database_with_cases_is_refused(tmp_path: Path) -> None:
    path = history(tmp_path, ROWS[:1])
    run(path)
    with pytest.raises(Conflict):
        run(path)


def test_a_time_that_is_none_names_its_row(tmp_path: Path) -> None:
    bad = [*ROWS, row("5", "yesterday", "", "", "")]
    with pytest.raises(Invalid) as raised:
        run(history(tmp_path, bad))
    assert (raised.value.row, raised.value.field) == (5, "open_dt")


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text("case_enquiry_id,open_dt\n1,2011-07-05 07:42:00\n", encoding="utf-8")
    with pytest.raises(Invalid) as raised:
        run(path)
    assert raised.value.field == "type"


def test_only_the_demand_for_photographs_is_taken_out() -> None:
    before, after = (
        shipped_source().splitlines(),
        without_photographs(shipped_source()).splitlines(),
    )
    assert len(before) == len(after)
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed
    assert all('type = "photos"' in old and "required" not in new for old, new in changed)
