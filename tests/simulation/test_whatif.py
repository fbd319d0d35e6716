"""What-if: the same nature for both plans, differences that are told from chance, refusals that name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf
from random import Random
from typing import Any

import pytest

from chengguan.core.errors import Invalid
from chengguan.simulation.model.load import Load
from chengguan.simulation.model.paper import Sheet
from chengguan.simulation.model.scenario import Scenario
from chengguan.simulation.whatif.decidable import DECIDABLE, changes
from chengguan.simulation.whatif.engine import Pair, Question, pairs
from chengguan.simulation.whatif.measures import Measure, measured, measures_of
from chengguan.simulation.whatif.paired import Both, differences, holm, t_bound, two_sided
from chengguan.simulation.whatif.question import calendar_of, read_plan
from chengguan.simulation.whatif.tally import Stood

from .small import CALENDARS, DEFAULT, small

HOUR, DAY = 3_600, 86_400


def lived(base: Scenario, other: Scenario, seeds: int = 3, days: int = 4) -> list[Pair]:
    question = Question(base, other, days, calendar_of(base, CALENDARS))
    return list(pairs(question, range(1, seeds + 1), workers=0))


def test_both_plans_of_a_seed_face_the_same_nature() -> None:
    base = small(30)
    other = small(
        30,
        number=8,
        cameras={"share": 0.9, "minutes": 5.0},
        collectors={"beat_weights": [1.0, 2.0, 1.0, 1.0, 1.0]},
        units={"ADS": {"crews": 2}},
        matters={"09005": {"limit": "30分钟"}},
        desks={"dispatchers": 1},
    )
    found = lived(base, other)
    assert [one.base.nature == one.other.nature for one in found] == [True] * 3
    assert len({one.base.nature for one in found}) == 3
    assert all(one.base.figures != one.other.figures for one in found)


def test_another_nature_is_found_out() -> None:
    base = small(30)
    matters = tuple(replace(one, per_day=one.per_day * 1.5) for one in base.matters)
    with pytest.raises(RuntimeError, match="same nature"):
        lived(base, replace(base, matters=matters), seeds=1)


def test_a_plan_against_itself_differs_in_nothing() -> None:
    base = small(20)
    found = lived(base, base)
    told = differences(measures_of(base), [(one.base.figures, one.other.figures) for one in found])
    assert {one.verdict for one in told if one.n > 1} == {"noise"}
    assert {one.mean for one in told if one.n > 1} == {0.0}


def test_processes_of_their_own_find_the_same() -> None:
    base, other = small(20), small(20, number=6)
    question = Question(base, other, 3, calendar_of(base, CALENDARS))
    here = {one.seed: one.base.figures for one in pairs(question, (4, 5), workers=0)}
    there = {one.seed: one.base.figures for one in pairs(question, (4, 5), workers=2)}
    assert here == there


def test_many_more_collectors_are_beyond_noise_and_what_they_cannot_touch_is_not() -> None:
    base, other = small(60, number=2), small(60, number=8)
    found = lived(base, other, seeds=6, days=6)
    measures = measures_of(base)
    told = {
        one.code: one
        for one in differences(measures, [(p.base.figures, p.other.figures) for p in found])
    }
    assert told["found_share"].verdict == "better"
    assert told["found_share"].improved == 1.0
    assert told["stood"].verdict == "better"
    assert told["reopened"].verdict in ("noise", "unknown")


# ---- statistics --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("freedom", "bound"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (10, 2.228), (19, 2.093), (60, 2.000)],
)
def test_t_is_as_the_printed_tables_say(freedom: int, bound: float) -> None:
    assert t_bound(freedom) == pytest.approx(bound, abs=5e-4)
    assert two_sided(bound, freedom) == pytest.approx(0.05, abs=1e-4)
    assert two_sided(0.0, freedom) == 1.0
    assert two_sided(inf, freedom) == pytest.approx(0.0, abs=1e-12)


def test_holm_is_as_in_the_paper() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, None, 0.9]) == [1.0, None, 1.0]
    assert holm([]) == []


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    chance = Random(1)
    measure = Measure("x", "x", "count", 1)
    held = false = 0
    for _ in range(600):
        gaps = [chance.gauss(3.0, 5.0) for _ in range(20)]
        told = differences([measure], [({"x": 10.0}, {"x": 10.0 + gap}) for gap in gaps])[0]
        assert told.low is not None
        assert told.high is not None
        held += told.low <= 3.0 <= told.high
        calm = [chance.gauss(0.0, 5.0) for _ in range(20)]
        false += (
            differences([measure], [({"x": 1.0}, {"x": 1.0 + gap}) for gap in calm])[0].verdict
            != "noise"
        )
    assert held / 600 == pytest.approx(0.95, abs=0.025)
    assert false / 600 == pytest.approx(0.05, abs=0.025)


def test_looking_at_many_figures_does_not_make_findings() -> None:
    chance = Random(2)
    measures = [Measure(f"m{n}", "", "count", 1) for n in range(20)]
    lucky = 0
    for _ in range(150):
        rows = [
            ({m.code: 0.0 for m in measures}, {m.code: chance.gauss(0, 1) for m in measures})
            for _ in range(20)
        ]
        lucky += any(one.verdict != "noise" for one in differences(measures, rows))
    assert lucky / 150 < 0.1


def test_a_figure_only_some_seeds_can_tell_is_compared_over_those() -> None:
    measure = Measure("x", "x", "hours", -1)
    rows: list[Both] = [
        ({"x": 5.0}, {"x": 4.0}),
        ({"x": None}, {"x": 4.0}),
        ({"x": 6.0}, {"x": 4.5}),
        ({"x": 5.5}, {"x": 4.1}),
    ]
    told = differences([measure], rows)[0]
    assert (told.n, told.improved) == (3, 1.0)
    assert told.mean == pytest.approx(-1.3)
    assert told.verdict == "better"
    assert differences([measure], rows[:2])[0].verdict == "unknown"


def test_the_figures_of_one_run_are_what_they_say() -> None:
    scenario = small(20, number=4)
    problems = [
        Stood(genuine=True, arose=0, ended=10 * HOUR, first_report=HOUR),
        Stood(genuine=True, arose=DAY),
        Stood(genuine=False, arose=0, ended=HOUR, first_report=0),
    ]
    limit = read_plan("d", DEFAULT.read_text(encoding="utf-8")).matters[0].limit
    assert limit == "1工作日"
    sheets = [
        _sheet(closed=4 * HOUR, on_time=True),
        _sheet(closed=8 * HOUR, on_time=False, reopened=1),
    ]
    sheets += [
        _sheet(handled=None, state="handling"),
        _sheet(filed=None, handled=None, state="reported"),
    ]
    load = Load()
    load.add("task", "caiji001", 8 * HOUR, 10 * HOUR)
    load.add("patrol", "caiji002", 8 * HOUR, 12 * HOUR)
    load.add("crew", "ads.chuzhi01", 8 * HOUR, 15 * HOUR)
    told = measured(scenario, 2, problems, sheets, ["hotline", "collector", "public"], load)
    assert told["found_share"] == 0.5
    assert told["found"] == 1.0
    assert told["stood"] == (10 + 24) / 2
    assert told["on_time"] == 0.5
    assert told["handled_share"] == pytest.approx(2 / 3)
    assert told["open_end"] == 2.0
    assert (told["close_median"], told["close_p90"]) == (4.0, 8.0)
    assert told["reopened"] == 0.5
    assert told["public"] == 2.0
    assert told["load_task"] == 2 / 2 / 4
    assert told["load_collector"] == 6 / 2 / 4
    assert told["load_crew_ADS"] == 7 / 2 / scenario.unit("ADS").crews


def _sheet(**columns: Any) -> Sheet:
    given = {"opened": 0, "filed": 60, "handled": HOUR, "state": "closed", **columns}
    sheet = Sheet("R", None, 0)  # type: ignore[arg-type]  # no clock is asked here
    for name, value in given.items():
        setattr(sheet, name, value)
    return sheet


# ---- what may differ ---------------------------------------------------------------------------


def test_what_a_planner_decides_is_told_in_words() -> None:
    shift = {"number": 2, "first_hour": 16, "last_hour": 20, "places": ["shops"]}
    other = small(
        20,
        number=6,
        collectors={"shifts": [shift]},
        units={"ADS": {"crews": 9}},
        matters={"09005": {"limit": "1紧急工作时", "unit": "CLEAN"}},
    )
    told = {one.field: (one.title, one.base, one.other) for one in changes(small(20), other)}
    assert told == {
        "collectors.number": ("采集员人数", "4", "6"),
        "collectors.shifts": ("采集员潮汐班次", "无", "2 人 16–20 时（商业）"),
        "units.ADS.crews": ("市容养护队处置队伍数", "7", "9"),
        "matters.09005.limit": ("店外经营处置时限", "2紧急工作时", "1紧急工作时"),
        "matters.09005.unit": ("店外经营责任单位", "ORDER", "CLEAN"),
    }


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"city": {"side_m": 90.0}}, "city.side_m"),
        ({"weather": {"rain_stays": 0.9}}, "weather.rain_stays"),
        ({"citizens": {"hotline": 0.1}}, "citizens.hotline"),
        ({"collectors": {"skill": 0.99}}, "collectors.skill"),
        ({"collectors": {"tires": 0.0}}, "collectors.tires"),
        ({"desks": {"accept_minutes": 1.0}}, "desks.accept_minutes"),
        ({"spoilers": {"false_close": 0.5}}, "spoilers.false_close"),
        ({"matters": {"07001": {"per_day": 1.0}}}, "matters.07001.per_day"),
        ({"matters": {"07001": {"cure": 1.0}}}, "matters.07001.cure"),
        ({"units": {"ADS": {"cure": 0.5}}}, "units.ADS.cure"),
        ({"profiles": {"flat": [2] * 24}}, "profiles.flat"),
    ],
)
def test_nature_and_habits_are_no_plan(changed: Mapping[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        changes(small(20), small(20, **changed))
    assert refused.value.field == field
    assert field in str(refused.value)
    assert "潮汐班次" in str(refused.value)


def test_a_unit_in_only_one_of_the_plans_is_refused() -> None:
    base = small(20)
    other = replace(base, units=(*base.units, replace(base.units[0], code="NEW")))
    with pytest.raises(Invalid, match=r"units\.NEW\.code"):
        changes(base, other)


def test_plans_that_differ_in_nothing_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        changes(small(20), small(20, plan={"title": "另一个名字"}, city={"name": "别的名字"}))
    assert refused.value.code == "whatif.same"


def test_every_field_that_may_differ_is_a_field() -> None:
    whole = small(20)
    for field in DECIDABLE:
        table, *rest = field.split(".")
        owner = getattr(whole, table)
        assert hasattr(owner[0] if isinstance(owner, tuple) else owner, rest[-1]), field
