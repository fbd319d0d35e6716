"""The model of the true world, on paper: what must hold whatever the seed and the spoilers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from math import sqrt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chengguan.simulation.model.platform import ENDED, MOVES, Act, Answer
from chengguan.simulation.model.problems import DAY, HOUR
from chengguan.simulation.model.scenario import Scenario
from chengguan.simulation.model.truth import TruthLog
from chengguan.simulation.model.weather import Day
from chengguan.simulation.model.world import World

from .small import on_paper, small

SPOILERS = st.fixed_dictionaries(
    {
        name: st.sampled_from([0.0, 0.3, 1.0])
        for name in ("easy_only", "stage", "stop_clock", "habit_extension", "reward")
    }
    | {
        name: st.sampled_from([0.0, 0.3])
        for name in ("false_close", "foreign_photo", "last_minute")
    }
)
SOME = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def lived(scenario: Scenario, days: int = 2, seed: int = 1) -> list[dict[str, Any]]:
    return [json.loads(line) for line in on_paper(scenario, days, seed)[1].lines]


def by(lines: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["what"] == what]


@given(seed=st.integers(0, 10_000), spoilers=SPOILERS)
@SOME
def test_problems_have_one_life(seed: int, spoilers: Mapping[str, Any]) -> None:
    lines = lived(small(12, spoilers=spoilers), seed=seed)
    problems = {one["key"]: one for one in by(lines, "problem")}
    assert len(problems) == len(by(lines, "problem"))
    ends = {one["key"]: one for one in by(lines, "end")}
    assert len(ends) == len(by(lines, "end"))
    for key, end in ends.items():
        assert end["at"] >= problems[key]["at"]
    for one in problems.values():
        if one["cause"] == "return":
            assert ends[one["parent"]]["how"] == "fixed"
            assert one["at"] >= ends[one["parent"]]["at"]
        if one["cause"] == "spread":
            assert one["at"] >= problems[one["parent"]]["at"]
    standing = by(lines, "finish")[0]["standing"]
    assert standing == len(problems) - len(ends)


@given(seed=st.integers(0, 10_000), spoilers=SPOILERS)
@SOME
def test_nobody_reports_what_is_not_there(seed: int, spoilers: Mapping[str, Any]) -> None:
    lines = lived(small(12, spoilers=spoilers), seed=seed)
    arose = {one["key"]: one["at"] for one in by(lines, "problem")}
    ended = {one["key"]: one["at"] for one in by(lines, "end")}
    for one in by(lines, "report"):
        if one["problem"]:
            assert arose[one["problem"]] <= one["at"] <= ended.get(one["problem"], one["at"])
        else:
            assert one["source"] in ("video", "sensor", "hotline", "public")
        if one["source"] == "collector":
            # Who begins to write before the end of the shift may finish.
            assert 8 * HOUR <= one["at"] % DAY <= 18 * HOUR


@given(seed=st.integers(0, 10_000), spoilers=SPOILERS)
@SOME
def test_every_case_goes_the_loops_way(seed: int, spoilers: Mapping[str, Any]) -> None:
    lines = lived(small(12, spoilers=spoilers), seed=seed)
    assert [one["at"] for one in lines] == sorted(one["at"] for one in lines)
    states = {one["key"]: "reported" for one in by(lines, "report")}
    for one in by(lines, "act"):
        assert states[one["key"]] not in ENDED or one["verb"] == "reopen"
        states[one["key"]] = MOVES.get(one["verb"], states[one["key"]])
    closed = Counter(one["key"] for one in by(lines, "act") if one["verb"] == "close")
    assert closed == Counter(one["key"] for one in by(lines, "closed"))


@given(seed=st.integers(0, 10_000), spoilers=SPOILERS)
@SOME
def test_the_log_knows_every_spoiled_act(seed: int, spoilers: Mapping[str, Any]) -> None:
    lines = lived(small(12, spoilers=spoilers), seed=seed)
    noted = Counter(one["kind"] for one in by(lines, "spoil"))
    acts = Counter(one["spoiled"] for one in by(lines, "act") if one["spoiled"])
    assert acts["stop_clock"] == noted["stop_clock"]
    assert acts["habit_extension"] == noted["habit_extension"]
    for kind in ("false_close", "foreign_photo"):
        assert acts[kind] == noted[kind]
    # In the last minute some were gone by themselves: then nothing was pretended.
    assert acts["last_minute"] >= noted["last_minute"]
    assert set(noted) <= {name for name, share in spoilers.items() if share} | {
        "reward_false",
        "reward_staged",
    }
    if not any(spoilers.values()):
        assert noted == Counter()


@pytest.mark.parametrize("code", ["07001", "06012"])
def test_problems_arise_as_often_as_the_file_says(code: str) -> None:
    scenario = small(60)
    world, log = on_paper(scenario, 20)
    fresh = [
        one
        for one in map(json.loads, log.lines)
        if one["what"] == "problem" and one["cause"] == "fresh" and one["matter"] == code
    ]
    matter = scenario.matter(code)
    mean = sum(matter.per_day * 60 / 240 * day.factor(matter) for day in world.sky)
    assert abs(len(fresh) - mean) < 4 * sqrt(mean)


@pytest.mark.parametrize(("cure", "comes_back"), [(1.0, False), (0.0, True)])
def test_what_is_cured_never_comes_back(cure: float, comes_back: bool) -> None:
    scenario = small(20)
    matters = tuple(replace(one, cure=cure, returns_days=0.3) for one in scenario.matters)
    lines = lived(replace(scenario, matters=matters), days=5)
    back = [one for one in by(lines, "problem") if one["cause"] == "return"]
    assert bool(back) is comes_back


def test_more_eyes_find_more() -> None:
    found = []
    for collectors in (2, 12):
        lines = lived(small(60, number=collectors), days=6)
        known = {one["problem"] for one in by(lines, "report")}
        problems = [one["key"] for one in by(lines, "problem")]
        found.append(sum(key in known for key in problems) / len(problems))
    assert found[0] + 0.1 < found[1]


def test_skill_falls_with_the_hour() -> None:
    late = []
    for tires in (0.0, 0.12):
        lines = lived(small(60, number=2, collectors={"tires": tires}), days=16)
        own = [one for one in by(lines, "report") if one["source"] == "collector"]
        assert len(own) > 100
        late.append(sum(one["at"] % DAY // HOUR >= 13 for one in own) / len(own))
    assert late[1] < late[0]


class Strict:
    """A platform that refuses the first try of a verb, to see whether people find their way."""

    def __init__(self, verb: str) -> None:
        self.verb, self.states, self.refused = verb, dict[str, str](), set[str]()
        self.answers: list[Answer] = []

    def report(self, said: Any) -> None:
        self.states[said.key] = "reported"

    def act(self, act: Act) -> None:
        state = self.states[act.key]
        follows = state not in ENDED
        first = act.verb == self.verb and act.key not in self.refused
        if first:
            self.refused.add(act.key)
        if first or not follows:
            self.answers.append(Answer(act.key, act.verb, "refused", state))
            return
        self.states[act.key] = MOVES.get(act.verb, state)
        self.answers.append(Answer(act.key, act.verb, "", self.states[act.key], act.at + DAY))

    def look(self, now: int) -> list[Answer]:
        found, self.answers = self.answers, []
        return [
            Answer(one.key, one.verb, one.refused, self.states[one.key], one.due) for one in found
        ]


def test_after_a_refusal_people_go_on_from_where_the_case_stands() -> None:
    scenario, platform, log = small(20), Strict("close"), TruthLog()
    World(scenario, 1, 4, platform, log).run()
    assert len(platform.refused) > 10
    closed = [key for key in platform.refused if platform.states[key] == "closed"]
    assert len(closed) > 0.8 * len(platform.refused)


def test_what_is_overdue_is_urged_and_then_done_sooner() -> None:
    slow = replace(small(20), units=tuple(replace(one, lead=6.0) for one in small(20).units))
    lines = lived(slow, days=9)
    urged = {one["key"]: one["at"] for one in reversed(by(lines, "act")) if one["verb"] == "urge"}
    done = {one["key"]: one["at"] for one in by(lines, "act") if one["verb"] == "submit_by_unit"}
    due = {one["key"]: one["due"] for one in by(lines, "due")}
    assert len(urged) > 20
    assert all(due[key] < at for key, at in urged.items())
    waited = sorted(done[key] - at for key, at in urged.items() if done.get(key, -1) > at)
    assert waited[len(waited) // 2] < DAY


def test_cameras_that_see_everything_report_everything() -> None:
    scenario = small(20, number=2, cameras={"share": 1.0, "minutes": 1.0, "false_per_day": 0.0})
    matters = tuple(replace(one, camera=1.0, reports_per_day=0.0) for one in scenario.matters)
    blind = replace(scenario.collectors, skill=0.0)
    seeing = replace(
        scenario,
        matters=matters,
        collectors=blind,
        inspection=replace(scenario.inspection, grids_per_day=0),
    )
    lines = lived(seeing, days=3)
    reports = by(lines, "report")
    assert {one["source"] for one in reports} == {"video"}
    short = {one["key"] for one in by(lines, "problem")} - {one["problem"] for one in reports}
    ended = {one["key"]: one["at"] for one in by(lines, "end")}
    arose = {one["key"]: one["at"] for one in by(lines, "problem")}
    # What was not seen was gone within minutes, or has only just come.
    assert all(ended.get(key, 3 * DAY) - arose[key] < HOUR for key in short)


def test_a_false_alarm_is_no_problem_and_mostly_voided() -> None:
    scenario = small(60, cameras={"share": 1.0, "false_per_day": 80.0})
    matters = tuple(replace(one, per_day=one.per_day / 1e6) for one in scenario.matters)
    lines = lived(replace(scenario, matters=matters), days=6)
    alarms = {one["key"] for one in by(lines, "report") if one["source"] == "video"}
    voided = {one["key"] for one in by(lines, "act") if one["verb"] == "void"}
    assert len(alarms) > 60
    assert len(alarms & voided) / len(alarms) == pytest.approx(0.7, abs=0.15)


def test_weather_and_festivals_make_it_worse() -> None:
    scenario = small(20)
    rubbish, tree = scenario.matter("06010"), scenario.matter("04002")
    calm = Day(date(2025, 5, 6), rain=False, wind=False, temperature=20.0, festival="")
    assert replace(calm, festival="劳动节").factor(rubbish) == 1.5 * calm.factor(rubbish)
    assert replace(calm, wind=True, rain=True).factor(tree) == pytest.approx(
        3.0 * 1.2 * calm.factor(tree)
    )
    assert replace(calm, temperature=34.0).factor(rubbish) == 1.3 * calm.factor(rubbish)
    sky = on_paper(scenario, 40)[0].sky
    assert {day.festival for day in sky} == {"", "清明"}
    assert 0.2 < sum(day.rain for day in sky) / 40 < 0.9
