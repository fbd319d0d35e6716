"""Any combination of fields gives what a plain reading of all visible cases gives, in the same order."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chengguan.cases import filters
from chengguan.cases.drawing import Circle, Polygons, polygons_of
from chengguan.cases.filters import CaseFilter, Person, light_of
from chengguan.cases.models import Case, Fact
from chengguan.cases.queries import count_visible, page
from chengguan.cases.scoping import sees
from chengguan.cases.scores import Score
from chengguan.cases.search import index, seeking, tokens
from chengguan.registry.domain.duty_index import units

from ..town import START, Town

NOW: Final = START + timedelta(hours=7)
TEXTS: Final = (
    "路口有暴露垃圾",
    "窨井盖缺失，LED屏黑",
    "垃圾桶满溢",
    "Led 灯不亮 12345",
    "暴雨露台垃圾",
)
ADDRESSES: Final = ("环湖西一路 1 号", "马樱丹路近桥", "西一环湖路", "")
WORDS: Final = (
    "垃圾",
    "露垃",
    "led",
    "环湖西",
    "丹路",
    "垃",
    "1",
    "12345",
    "无此词",
    "-垃圾",
    "-桥",
)


def cases_of(town: Town) -> list[Case]:
    """Make forty cases in every state, once for the town."""
    chance = random.Random(20261128)
    ways = [
        "",
        "void",
        "self",
        "filed",
        "dispatched",
        "assigned",
        "handled",
        "closed",
        "reopened",
        "urged",
    ]
    for number in range(40):
        case = town.report(
            START + timedelta(minutes=number // 2),
            text=chance.choice(TEXTS),
            address=chance.choice(ADDRESSES),
            source=chance.choice(("collector", "collector", "hotline", "public")),
            lon=121.90 + chance.random() * 0.039,
            lat=30.88 + chance.random() * 0.039,
            component_code=chance.choice(("", "3101155010010001")),
            important=chance.random() < 0.3,
        )
        # What the public reports must be looked at before it is filed.
        walk(town, case, chance.choice(ways if case.source == "collector" else ways[:2]))
    index.rebuild()
    return list(Case.objects.order_by("id"))


def walk(town: Town, case: Case, way: str) -> None:
    each = timedelta(minutes=40)
    steps: dict[str, tuple[str, ...]] = {
        "": (),
        "void": ("void",),
        "self": ("self_handle",),
        "filed": ("file",),
        "dispatched": ("file", "dispatch"),
        "assigned": ("file", "dispatch", "assign"),
        "urged": ("file", "dispatch", "urge", "assign"),
        "handled": ("file", "dispatch", "assign", "submit_handling", "confirm_handled"),
        "closed": (
            "file",
            "dispatch",
            "assign",
            "submit_handling",
            "confirm_handled",
            "forward",
            "close",
        ),
    }
    steps["reopened"] = (*steps["closed"], "reopen")
    town.walk(case, *steps[way], each=each)


@dataclass(frozen=True)
class Seen:
    """A case with what its facts say."""

    case: Case
    late: int
    share: int


def seen_by(town: Town, post: str) -> list[Seen]:
    found = []
    for case in Case.objects.all():
        if not sees(town.who(post), case):
            continue
        facts = list(Fact.objects.filter(case_id=case.pk))
        late = sum(1 for one in facts if one.overdue and not one.exempt)
        shares = [one.used * 100 // one.limit for one in facts if one.limit]
        found.append(Seen(case, late, max(shares, default=0)))
    return found


def plainly(seen: Seen, asked: CaseFilter) -> bool:
    """Say in plain Python whether a case is asked for."""
    case = seen.case
    checks: list[bool] = [
        case.number.startswith(asked.number),
        all(_word(case, word) for word in asked.words.split()),
        not asked.kind or case.kind == asked.kind,
        case.matter_code.startswith(asked.matter),
        asked.rule is None or case.rule_id == asked.rule,
        _any(asked.source, lambda one: case.source == one),
        case.area_code.startswith(asked.area),
        _any(asked.areas, case.area_code.startswith),
        _any(asked.matters, case.matter_code.startswith),
        asked.unit is None or case.unit_path.startswith(units()[asked.unit].path),
        _any(asked.states, lambda one: case.state == one),
        not asked.stage or case.stage == asked.stage,
        asked.open is None or (case.closed_at is None) == asked.open,
        not asked.lights
        or (
            case.closed_at is None
            and light_of(NOW, case.stage_due_at, case.stage_warn_at, None) in asked.lights
        ),
        _span(case.opened_at, asked.opened_from, asked.opened_to),
        _span(case.closed_at, asked.closed_from, asked.closed_to),
        asked.due_before is None
        or (case.closed_at is None and _span(case.stage_due_at, None, asked.due_before)),
        all(_flag(case, one) for one in asked.flags),
        case.component_code.startswith(asked.component),
        all(_part(case, one) for one in asked.people),
        asked.place is None or asked.place.holds(case.point),
        all(_score(seen, one) for one in asked.scores),
    ]
    return all(checks)


def _word(case: Case, word: str) -> bool:
    if len(word) > 1 and word.startswith("-"):
        return not _word(case, word[1:])
    said = word.upper() in case.text.upper() or word.upper() in case.address.upper()
    digits = len(word) >= 4 and word.isdigit()
    return said or (digits and (case.number.endswith(word) or case.component_code.endswith(word)))


def _any(values: tuple[str, ...], holds: Callable[[str], bool]) -> bool:
    plus = [one for one in values if not one.startswith("-")]
    minus = [one[1:] for one in values if one.startswith("-")]
    return (not plus or any(map(holds, plus))) and not any(map(holds, minus))


def _span(at: datetime | None, first: datetime | None, end: datetime | None) -> bool:
    if first is None and end is None:
        return True
    return at is not None and (first is None or at >= first) and (end is None or at < end)


def _flag(case: Case, flag: str) -> bool:
    name = flag.removeprefix("-")
    column = {
        "overdue": case.on_time is False,
        "repeated": case.reports > 1,
        "suspended": case.suspended_until is not None,
        "returned": case.returns > 0,
        "reworked": case.reworks > 0,
        "extended": case.extensions > 0,
        "duplicate": case.main_case_id is not None,
    }
    found = bool(column[name] if name in column else getattr(case, name))
    return found != (flag != name)


def _part(case: Case, person: Person) -> bool:
    parts = [person.part] if person.part else ["acceptor", "dispatcher", "handler", "collector"]
    return any(getattr(case, f"{one}_id") in person.ids for one in parts)


def _score(seen: Seen, score: Score) -> bool:
    value: Any = {"late": seen.late, "share": seen.share}.get(score.name)
    value = getattr(seen.case, score.name) if value is None else value
    return (score.least is None or value >= score.least) and (
        score.most is None or value <= score.most
    )


def signed(values: list[str], most: int = 3) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(
        st.sampled_from([*values, *(f"-{one}" for one in values)]), max_size=most, unique=True
    ).map(tuple)


def asks(town: Town) -> st.SearchStrategy[dict[str, Any]]:
    people = [town.person(post) for post in ("acceptor", "dispatcher", "handler", "collector")]
    moments = [START + timedelta(minutes=n) for n in (0, 7, 20, 120, 400)]
    square = '{"type":"Polygon","coordinates":[[[121.90,30.88],[121.93,30.88],[121.91,30.90],[121.93,30.919],[121.90,30.919],[121.90,30.88]],[[121.901,30.881],[121.905,30.881],[121.905,30.885],[121.901,30.885],[121.901,30.881]]]}'
    fields: dict[str, st.SearchStrategy[Any]] = {
        "words": st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(" ".join),
        "number": st.sampled_from(["310115", "3101152026030200001", "31011520260302"]),
        "kind": st.sampled_from(["matter", "component"]),
        "matter": st.sampled_from(["01", "01001", "02"]),
        "matters": signed(["01", "01001", "02"]),
        "rule": st.just(town.city.rule.pk),
        "source": signed(["collector", "hotline", "public"]),
        "area": st.sampled_from(["310115", "310115501001", "310115501002"]),
        "areas": signed(["310115501001", "310115501002", "3101"]),
        "unit": st.sampled_from([town.city.unit.pk, town.city.other_unit.pk, town.city.centre.pk]),
        "people": st.lists(
            st.builds(
                lambda ids, part: Person(tuple(ids), part),
                st.lists(st.sampled_from(people), min_size=1, max_size=2),
                st.sampled_from(list(filters.PARTS)),
            ),
            min_size=1,
            max_size=2,
        ).map(tuple),
        "states": signed(["reported", "handling", "closed", "voided", "awaiting_close"]),
        "lights": st.lists(
            st.sampled_from(["red", "yellow", "green", "none"]), min_size=1, max_size=2, unique=True
        ).map(tuple),
        "open": st.booleans(),
        "opened_from": st.sampled_from(moments),
        "opened_to": st.sampled_from(moments),
        "closed_from": st.sampled_from(moments),
        "closed_to": st.sampled_from(moments),
        "due_before": st.sampled_from(moments),
        "flags": signed(list(filters.FLAGS), 2),
        "component": st.sampled_from(["31", "3101155010010001"]),
        "place": st.one_of(
            st.builds(
                Circle,
                st.floats(121.9, 121.94),
                st.floats(30.88, 30.92),
                st.sampled_from([50.0, 900.0, 3000.0]),
            ),
            st.just(polygons_of(square)),
        ),
        "scores": st.lists(
            st.builds(
                lambda name, low, more: Score(name, low, None if more is None else low + more),
                st.sampled_from(["late", "share", "urged", "returns", "reports", "reopened"]),
                st.sampled_from([0, 1, 2, 50]),
                st.sampled_from([None, 0, 1, 100]),
            ),
            min_size=1,
            max_size=2,
        ).map(tuple),
    }
    chosen = st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=4, unique=True)
    return chosen.flatmap(
        lambda names: st.fixed_dictionaries({name: fields[name] for name in names})
    )


def test_any_combination_is_what_plain_reading_gives(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Twenty minutes of cases are several weeks, and many spans of time.
    monkeypatch.setattr(tokens, "WEEK", 120)
    monkeypatch.setattr(seeking, "LEAST_SPAN", timedelta(minutes=1))
    cases_of(town)
    visible = {post: seen_by(town, post) for post in ("acceptor", "unit", "collector")}

    @settings(
        max_examples=80,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=True,
        database=None,
    )
    @given(
        asks(town),
        st.sampled_from(sorted(visible)),
        st.sampled_from(["-opened", "opened", "-closed"]),
        st.sampled_from([0, 10_000]),
    )
    def check(given_fields: dict[str, Any], post: str, sort: str, slice_size: int) -> None:
        # By the index alone, and by looking through all rows in order.
        monkeypatch.setattr(seeking, "SLICE", slice_size)
        asked = replace(CaseFilter(), **given_fields)
        wanted = [one.case for one in visible[post] if plainly(one, asked)]
        if sort == "-closed":
            wanted = [case for case in wanted if case.closed_at]
        by = sort.removeprefix("-") + "_at"
        wanted.sort(key=lambda case: (getattr(case, by), case.pk), reverse=sort != "opened")
        who = town.who(post)
        assert [row.id for row in page(who, asked, sort, size=100, now=NOW).rows] == [
            one.pk for one in wanted
        ]
        if not asked.lights and sort != "-closed":
            assert count_visible(who, asked) == len(wanted)
        paged: list[int] = []
        cursor = ""
        while True:
            part = page(who, asked, sort, cursor, 7, now=NOW)
            paged += [row.id for row in part.rows]
            cursor = part.next_cursor
            if not cursor:
                break
        assert paged == [one.pk for one in wanted]

    check()


def test_a_shape_holds_what_postgres_says_it_holds(town: Town) -> None:
    shape = Circle(121.92, 30.9, 1500)
    cases = cases_of(town)
    inside = {one.pk for one in cases if shape.holds(one.point)}
    assert inside == set(Case.objects.filter(shape.q()).values_list("pk", flat=True))
    assert 0 < len(inside) < len(cases)
    assert not Polygons(((((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)),),)).holds(None)


def test_rows_are_not_lost_while_others_are_written_between_pages(town: Town) -> None:
    cases_of(town)
    asked = CaseFilter(words="垃圾")
    who = town.who("acceptor")
    whole = [row.id for row in page(who, asked, size=100).rows]
    seen: list[int] = []
    cursor = ""
    while True:
        part = page(who, asked, cursor=cursor, size=5)
        seen += [row.id for row in part.rows]
        cursor = part.next_cursor
        if not cursor:
            break
        # Newer ones stand before the cursor; one already seen moves on.
        town.report(NOW, text="又有垃圾")
        index.write([seen[-1]])
    assert seen == whole
