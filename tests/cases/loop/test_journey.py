"""One case goes the whole way round, and back where people send it back."""

from __future__ import annotations

from chengguan.cases.models import Case, Fact, Report
from chengguan.workflow.models import Event, WorkItem

from ..town import START, Town


def test_a_case_goes_the_whole_way_round(town: Town) -> None:
    case = town.report(source="hotline")
    town.walk(
        case,
        "request_verification",
        "submit_verification",
        "file",
        "dispatch",
        "return_to_dispatcher",
        "dispatch",
        "assign",
        "submit_handling",
        "reject_handling",
        "submit_handling",
        "confirm_handled",
        "rework",
        "assign",
        "submit_handling",
        "confirm_handled",
        "forward",
        "request_check",
        "submit_check",
        "refuse_close",
        "dispatch",
        "assign",
        "submit_by_unit",
        "confirm_handled",
        "forward",
        "close",
    )
    stored = Case.objects.get(pk=case.pk)
    assert (stored.state, stored.stage, stored.seq) == ("closed", "close", 26)
    assert (stored.returns, stored.reworks, stored.on_time) == (1, 2, True)
    assert stored.number.startswith(f"310115{START:%Y%m%d}")
    assert Event.objects.filter(instance_id=case.pk).count() == 26
    assert not WorkItem.objects.filter(instance_id=case.pk, closed_at=None).exists()
    assert Report.objects.get(case_id=case.pk).status == "case"
    facts = {(f.clock, f.round): f.on_time for f in Fact.objects.filter(case_id=case.pk)}
    assert facts == {
        ("accept", 1): 1,
        ("verify", 1): 1,
        ("dispatch", 1): 1,
        ("dispatch", 2): 1,
        ("dispatch", 3): 1,
        ("handle", 1): 1,
        ("check", 1): 1,
    }
