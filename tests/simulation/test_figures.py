"""Each figure by hand: what it counts on the platform's side, and what on the true one."""

from __future__ import annotations

from typing import Any

import pytest

from chengguan.simulation.compare import Judged, compared, judge
from chengguan.simulation.figures import (
    Figure,
    collected,
    cure,
    discovery,
    false_closing,
    first_time_right,
    handling,
    missed,
    never_found,
    on_time,
    own_share,
    public_valid,
    standing,
    volume,
    wilson,
)
from chengguan.simulation.model.problems import DAY, HOUR
from chengguan.simulation.records import CaseRow, ProblemRow, Records, Stretch

from .small import small

GRID = "310199001001001"
SCENARIO = small()


def problem(key: str, arose: int = 0, ended: int | None = None, **more: Any) -> ProblemRow:
    cause = more.pop("cause", "fresh")
    return ProblemRow(
        key,
        "06010",
        GRID,
        "CLEAN",
        (121.8, 30.8),
        cause,
        more.pop("parent", ""),
        arose,
        ended,
        **more,
    )


def case(key: str, of: ProblemRow | None, **more: Any) -> CaseRow:
    source, spoiled = more.pop("source", "collector"), more.pop("spoiled", "")
    reported = more.pop("reported", 0)
    return CaseRow(key, "06010", GRID, "CLEAN", source, "", spoiled, of, reported, **more)


def records(problems: list[ProblemRow], cases: list[CaseRow], days: int = 1) -> Records:
    return Records(SCENARIO, {"units": {}}, problems, cases, [], {}, days * DAY)


def values(figure: Figure) -> tuple[Any, Any]:
    return figure.reported, figure.truth


def test_discovery_is_what_was_repeated_against_what_stood_known() -> None:
    # One day: inspection hours are 9 to 15, seven of them.
    known = problem("a", known=[Stretch("k", 12 * HOUR)], first_report=12 * HOUR)
    unknown = problem("b", arose=9 * HOUR + 1)
    seen = [
        case("r1", known, source="superior", void="repeated", opened=13 * HOUR),
        case("r2", unknown, source="superior", filed=13 * HOUR, opened=13 * HOUR),
        case("r3", unknown, source="superior", void="untrue", opened=13 * HOUR),
        case("r4", known, source="hotline", void="repeated", opened=13 * HOUR),
    ]
    figure = discovery(records([known, unknown], seen))
    # Known stood at 7 hours, 4 of them known; unknown at 6.
    assert values(figure) == (0.5, pytest.approx(4 / 13))
    assert figure.n == 2
    assert values(missed(records([known, unknown], seen))) == (0.5, pytest.approx(9 / 13))


def test_a_closed_case_is_known_no_longer() -> None:
    one = problem("a", known=[Stretch("k", 9 * HOUR, 12 * HOUR)])
    assert discovery(records([one], [])).truth == pytest.approx(3 / 7)
    assert discovery(records([one], [])).reported is None


def test_what_nobody_reported_counts_only_in_truth() -> None:
    found = problem("a", first_report=5, first_source="collector")
    heard = problem("b", first_report=5, first_source="hotline")
    silent, staged = problem("c"), problem("d", cause="staged", first_source="collector")
    whole = records(
        [found, heard, silent, staged],
        [
            case("1", found, filed=9),
            case("2", heard, source="hotline", filed=9),
            case("3", staged, filed=9),
        ],
    )
    assert values(never_found(whole)) == (None, pytest.approx(1 / 3))
    assert values(own_share(whole)) == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert values(volume(whole)) == (3, 3)
    assert values(collected(whole)) == (2, 1)
    assert collected(whole).gap == 1.0


def test_public_reports_are_good_when_something_genuine_stood() -> None:
    real, made = problem("a"), problem("b", cause="reward")
    whole = records(
        [real, made],
        [
            case("1", real, source="hotline", filed=9),
            case("2", real, source="public", void="repeated"),
            case("3", made, source="public", spoiled="reward", filed=9),
            case("4", None, source="public", void="untrue"),
            case("5", real, source="collector", filed=9),
        ],
    )
    assert values(public_valid(whole)) == (0.75, 0.5)


def test_on_time_is_judged_by_the_first_limit_and_by_what_was_gone() -> None:
    gone, stands = problem("a", ended=50), problem("b")
    rows = [
        case("in time", gone, on_time=True, due=100, confirmed=60),
        case("extended", gone, on_time=True, due=100, confirmed=150),
        case("pretended", stands, on_time=True, due=100, confirmed=60),
        case("late", gone, on_time=False, due=100, confirmed=160),
        case("nothing there", None, on_time=True, due=100, confirmed=60),
        case("not judged", gone, due=100),
    ]
    figure = on_time(records([gone, stands], rows))
    assert values(figure) == (0.8, 0.4)
    assert figure.agrees is True  # of five cases nothing can be said


def test_right_at_first_is_gone_when_handed_in() -> None:
    gone, stands = problem("a", ended=50), problem("b")
    rows = [
        case("good", gone, closed=90, submitted=60),
        case("reworked", gone, closed=90, submitted=60, reworks=1),
        case("pretended", stands, closed=90, submitted=60),
    ]
    assert values(first_time_right(records([gone, stands], rows))) == (
        pytest.approx(2 / 3),
        pytest.approx(1 / 3),
    )


def test_false_closings_are_disputed_ones_and_really_false_ones() -> None:
    rows = [
        case("good", None, closings=[(9, False)]),
        case("false", None, closings=[(9, True), (20, False)]),
        case("disputed", None, closings=[(9, True)], reopened=1),
        case("open", None),
    ]
    assert values(false_closing(records([], rows))) == (pytest.approx(1 / 3), pytest.approx(2 / 3))


def test_a_problem_stands_longer_than_its_case() -> None:
    one = problem("a", arose=0, ended=10 * HOUR)
    open_still = problem("b", arose=20 * HOUR)
    rows = [
        case(
            "1",
            one,
            reported=4 * HOUR,
            opened=4 * HOUR,
            filed=5 * HOUR,
            handled=11 * HOUR,
            closed=12 * HOUR,
        )
    ]
    whole = records([one, open_still], rows)
    assert values(standing(whole)) == (8.0, 7.0)
    assert values(handling(whole)) == (6.0, 6.0)


def test_cure_is_staying_away() -> None:
    cured, relapsed, neighbour = (problem(key, ended=DAY) for key in ("a", "b", "c"))
    neighbour.point = (121.9, 30.8)
    back = problem("b.r", arose=20 * DAY, cause="return", parent="b")
    late = problem("c.r", arose=35 * DAY, cause="return", parent="c")
    rows = [
        case("1", cured, opened=0, filed=1, closed=DAY),
        case("2", relapsed, opened=0, filed=1, closed=DAY),
        case("3", neighbour, opened=0, filed=1, closed=DAY),
        case("young", cured, opened=0, filed=1, closed=39 * DAY),
    ]
    whole = records([cured, relapsed, neighbour, back, late], rows, days=40)
    assert values(cure(30)(whole)) == (1.0, pytest.approx(2 / 3))
    # A new case within 50 m counts against all that were closed there, whoever came back.
    rows.append(case("4", back, opened=21 * DAY, filed=21 * DAY))
    whole = records([cured, relapsed, neighbour, back, late], rows, days=40)
    assert values(cure(30)(whole)) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert values(cure(90)(whole)) == (None, None)


def test_wilson_is_the_textbooks() -> None:
    share, low, high, _ = wilson(8, 10)
    assert share == 0.8
    assert low == pytest.approx(0.490, abs=0.001)
    assert high == pytest.approx(0.943, abs=0.001)
    assert wilson(0, 0) == (None, None, None, 0.0)


def test_a_lie_is_a_gap_that_moved_by_more_than_chance() -> None:
    honest = {"gap": 0.02, "se": 0.01}

    def lies(reported: float, se: float = 0.01) -> bool | None:
        return judge(Figure("x", "x", "share", reported, 0.5, se=se), honest).lies

    assert lies(0.53) is False  # 1 point, within twice 1.4
    assert lies(0.56) is True
    assert lies(0.56, se=0.05) is False
    assert lies(0.44) is True  # it may lie to one's own harm, too
    assert judge(Figure("x", "x", "share", None, 0.5), honest).lies is None
    assert judge(Figure("x", "x", "share", 0.5, 0.5), None) == Judged(
        Figure("x", "x", "share", 0.5, 0.5)
    )


def test_an_empty_run_has_no_figures_and_breaks_nothing() -> None:
    done = compared(records([], []))
    assert {(one.figure.reported, one.figure.truth) for one in done.whole} <= {(None, None), (0, 0)}
    assert done.lying == []
    assert done.groups == {"matter": {}, "area": {}, "unit": {}}
