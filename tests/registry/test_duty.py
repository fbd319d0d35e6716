"""One unit, a gap or a conflict; the trace says why; what was valid on a date stays found."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.audit.models import Entry
from chengguan.core.errors import Conflict, Invalid, NotAllowed, NotFound
from chengguan.registry.domain.coverage import coverage
from chengguan.registry.domain.duty import resolve
from chengguan.registry.domain.duty_versions import (
    DutyContent,
    add_duty,
    end_duty,
    replace_duty,
)
from chengguan.registry.domain.precedents import add_precedent
from chengguan.registry.models import Component, Duty, Matter
from chengguan.store import revisions, rows

from .town import LEFT, RIGHT, SOUTH, START, STEP, STREET, WEST, add_area, add_unit, square

pytestmark = pytest.mark.django_db
# A Wednesday, 10:00 in Shanghai.
AT = datetime(2026, 7, 1, 2, tzinfo=UTC)


def duty(code: str, unit: int, area: str, matter: str = "", **more: object) -> Duty:
    values = {"kind": "", "valid_from": START, **more}
    made: Duty = Duty.objects.create(
        code=code, organisation_id=unit, area_code=area, matter_prefix=matter, **values
    )
    revisions.bump("duties")
    return made


def test_gap_one_conflict(town: None, catalogue: None) -> None:
    first, second = add_unit("a"), add_unit("b")
    gap = resolve("matter", "06001", AT, area_code=LEFT)
    assert (gap.status, gap.organisation_id, gap.trace) == ("gap", None, ())
    assert "请补充权责" in gap.reason
    duty("d1", first.pk, STREET, "06")
    one = resolve("matter", "06001", AT, lon=WEST + STEP / 2, lat=SOUTH + STEP / 2)
    assert (one.status, one.organisation_id, one.area_code) == ("one", first.pk, LEFT)
    duty("d2", second.pk, STREET, "06")
    both = resolve("matter", "06001", AT, area_code=LEFT)
    assert (both.status, both.organisation_id) == ("conflict", None)
    assert both.candidates == (first.pk, second.pk)
    assert [line.reason for line in both.trace] == ["与其他单位的权责同样明确，冲突"] * 2


def test_two_duties_of_one_unit_are_no_conflict(town: None, catalogue: None) -> None:
    unit = add_unit("a")
    duty("d1", unit.pk, STREET, "06")
    duty("d2", unit.pk, STREET, "06")
    assert resolve("matter", "06001", AT, area_code=LEFT).status == "one"


def test_the_more_exact_wins_matter_before_area(town: None, catalogue: None) -> None:
    units = [add_unit(code) for code in "abcde"]
    duty("everywhere", units[0].pk, "31")
    duty("area", units[1].pk, LEFT)
    assert resolve("matter", "06001", AT, area_code=LEFT).organisation_id == units[1].pk
    duty("prefix", units[2].pk, "3101", "06")
    assert resolve("matter", "06001", AT, area_code=LEFT).organisation_id == units[2].pk
    duty("whole", units[3].pk, "31", "06001")
    assert resolve("matter", "06001", AT, area_code=LEFT).organisation_id == units[3].pk
    duty("whole-near", units[4].pk, STREET, "06001")
    found = resolve("matter", "06001", AT, area_code=LEFT)
    assert found.organisation_id == units[4].pk
    assert [(line.duty_code, line.won) for line in found.trace] == [
        ("whole-near", True),
        ("whole", False),
        ("prefix", False),
        ("area", False),
        ("everywhere", False),
    ]
    assert {line.reason for line in found.trace[1:]} == {"有更明确的权责"}


def test_kind_and_role_are_kept_apart(town: None, catalogue: None) -> None:
    first, second, third = (add_unit(code) for code in "abc")
    duty("things", first.pk, STREET, "01001", kind="component")
    duty("matters", second.pk, STREET, "01001", kind="matter")
    duty("competent", third.pk, STREET, "01001", role="competent")
    found = [
        resolve("component", "01001", AT, area_code=LEFT),
        resolve("matter", "01001", AT, area_code=LEFT),
        resolve("matter", "01001", AT, area_code=LEFT, role="competent"),
    ]
    assert [one.organisation_id for one in found] == [first.pk, second.pk, third.pk]


@pytest.mark.parametrize(
    ("hour", "winner"), [(2, "day"), (13, "night"), (17, "night"), (22, "night"), (23, "day")]
)
def test_hours_over_midnight(town: None, catalogue: None, hour: int, winner: str) -> None:
    day, night = add_unit("day"), add_unit("night")
    duty("d", day.pk, STREET)
    # Monday to Wednesday nights, 21:00 to 07:00; 17 UTC on Wednesday is 01:00 on Thursday.
    duty("n", night.pk, STREET, weekdays=[1, 2, 3], start=time(21), end=time(7))
    at = AT.replace(hour=hour)
    found = resolve("matter", "06001", at, area_code=LEFT)
    assert found.organisation == f"{winner}单位"
    if winner == "day":
        assert found.trace[-1].reason == "此时不在值守时段"
        assert found.trace[-1].hours == "周一二三 21:00–07:00"


def test_dates_are_local_and_the_last_day_counts(town: None, catalogue: None) -> None:
    unit = add_unit("a")
    duty("d", unit.pk, STREET, valid_to=date(2026, 7, 1))
    late = datetime(2026, 7, 1, 15, 59, tzinfo=UTC)
    assert resolve("matter", "06001", late, area_code=LEFT).status == "one"
    after = late + timedelta(minutes=1)
    assert resolve("matter", "06001", after, area_code=LEFT).status == "gap"


def test_precedent_comes_first(town: None, catalogue: None, keeper: Principal) -> None:
    first, second = add_unit("a"), add_unit("b")
    duty("d", first.pk, STREET, "06001")
    add_precedent(
        keeper,
        matter_code="06001",
        area_code=LEFT,
        organisation_id=second.pk,
        reason="市政府裁定",
        valid_from=START,
    )
    found = resolve("matter", "06001", AT, area_code=LEFT)
    assert (found.organisation_id, [line.source for line in found.trace]) == (
        second.pk,
        ["precedent", "duty"],
    )
    assert resolve("matter", "06001", AT, area_code=RIGHT).organisation_id == first.pk
    with pytest.raises(Invalid):
        add_precedent(keeper, matter_code="06001", area_code=LEFT, organisation_id=1, reason=" ")


def test_component_goes_to_its_maintainer_then_owner_then_area(town: None, catalogue: None) -> None:
    local, maintainer, owner = (
        add_unit("a"),
        add_unit("b", credit_code="91310000X"),
        add_unit("c", name="水务公司"),
    )
    duty("d", local.pk, STREET)
    shared = {"matter_code": "01001", "point": (WEST, SOUTH), "valid_from": START}
    Component.objects.create(
        code="1", name="井", maintainer_code="91310000X", owner="水务公司", **shared
    )
    Component.objects.create(code="2", name="井", maintainer="无名公司", owner="水务公司", **shared)
    Component.objects.create(code="3", name="井", **shared)
    found = [
        resolve("component", "01001", AT, area_code=LEFT, component_code=code) for code in "123"
    ]
    assert [one.organisation_id for one in found] == [maintainer.pk, owner.pk, local.pk]
    assert "部件先属主" in found[0].reason
    assert found[2].trace[0].reason.endswith("转属地")


def test_point_outside_is_a_gap_that_says_so(town: None) -> None:
    found = resolve("matter", "06001", AT, lon=100.0, lat=40.0)
    assert (found.status, "坐标" in found.reason) == ("gap", True)


def test_warm_resolve_asks_the_database_nothing(town: None, catalogue: None) -> None:
    duty("d", add_unit("a").pk, STREET)
    lon, lat = WEST + STEP / 2, SOUTH + STEP / 2
    resolve("matter", "06001", AT, lon=lon, lat=lat)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        resolve("matter", "06001", AT, lon=lon, lat=lat)
    # At most the revisions, once a second.
    assert len([q for q in asked if "store_revision" not in q["sql"]]) == 0


def test_versions_are_found_for_ever(town: None, catalogue: None, keeper: Principal) -> None:
    first, second = add_unit("a"), add_unit("b")
    today = timezone.localdate()
    add_duty("d", DutyContent(organisation_id=first.pk, area_code=STREET), keeper, effective=START)
    change = today + timedelta(days=10)
    replace_duty("d", keeper, effective=change, organisation_id=second.pk)
    end_duty("d", change + timedelta(days=5), keeper)

    def on(day: date) -> int | None:
        at = timezone.make_aware(datetime.combine(day, time(12)))
        return resolve("matter", "06001", at, area_code=LEFT).organisation_id

    assert [on(START), on(today), on(change - timedelta(days=1))] == [first.pk] * 3
    assert [on(change), on(change + timedelta(days=5))] == [second.pk] * 2
    assert on(change + timedelta(days=6)) is None
    actions = Entry.objects.filter(subject_type="registry.duty", subject_id="d").order_by("id")
    assert [entry.action for entry in actions] == ["duties.add", "duties.replace", "duties.end"]
    assert actions[1].detail["before"]["organisation_id"] == first.pk


def test_versions_refuse(
    town: None, catalogue: None, keeper: Principal, stranger: Principal
) -> None:
    unit = add_unit("a")
    content = DutyContent(organisation_id=unit.pk, area_code=STREET)
    add_duty("d", content, keeper, effective=START)
    tomorrow = timezone.localdate() + timedelta(days=1)
    with pytest.raises(Conflict):
        add_duty("d", content, keeper)
    with pytest.raises(Invalid):
        replace_duty("d", keeper, effective=timezone.localdate() - timedelta(days=1), basis="x")
    with pytest.raises(Invalid):
        replace_duty("d", keeper, effective=tomorrow, weekdays=(8,))
    with pytest.raises(NotFound):
        end_duty("nothing", tomorrow, keeper)
    with pytest.raises(NotAllowed):
        replace_duty("d", stranger, effective=tomorrow, basis="x")
    assert Entry.objects.get(result="refused").action == "duties.replace"
    assert Duty.objects.count() == 1


def test_the_database_keeps_versions(town: None) -> None:
    made = duty("d", add_unit("a").pk, STREET)
    for change in ({"basis": "改"}, {"area_code": LEFT}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Duty.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Duty.objects.all().delete()
    Duty.objects.filter(pk=made.pk).update(valid_to=date(2030, 1, 1))
    with pytest.raises(DatabaseError), transaction.atomic():
        Duty.objects.filter(pk=made.pk).update(valid_to=None)


def test_coverage_agrees_with_resolve(town: None, catalogue: None, keeper: Principal) -> None:
    first, second = add_unit("a"), add_unit("b")
    duty("d1", first.pk, STREET, "06")
    duty("d2", second.pk, LEFT, "06001")
    duty("d3", first.pk, LEFT, "06001")
    add_precedent(
        keeper,
        matter_code="01001",
        area_code=RIGHT,
        organisation_id=second.pk,
        reason="裁定",
        valid_from=START,
    )
    found = coverage(AT, "community")
    for kind, code, _, cells in found.rows:
        for area, cell in zip(found.areas, cells, strict=True):
            one = resolve(kind, code, AT, area_code=area.code)
            assert (cell.status, cell.organisation_id) == (one.status, one.organisation_id)
    assert found.counts == {"gap": 2, "one": 5, "conflict": 1}
    assert [(m.code, a.code) for m, a in found.holes(2)] == [("06001", LEFT)]


def test_coverage_shows_the_worst_of_the_parts(town: None, catalogue: None) -> None:
    unit = add_unit("a")
    for number, west in ((1, WEST), (2, WEST + STEP / 2)):
        add_area(f"{LEFT}{number:03d}", str(number), square(west, SOUTH, STEP / 2))
    duty("d1", unit.pk, f"{LEFT}001")
    found = coverage(AT, "community", under=LEFT)
    assert found.counts == {"gap": 4, "one": 0, "conflict": 0}
    duty("d2", unit.pk, f"{LEFT}002")
    found = coverage(AT, "community", under=LEFT)
    assert found.counts == {"gap": 0, "one": 4, "conflict": 0}
    assert set(found.organisation.ravel().tolist()) == {unit.pk}
    assert coverage(AT, "grid").status.shape == (4, 2)


@pytest.mark.slow  # 403 matters, 31 communities and one duty for each pair are written first
def test_coverage_of_a_whole_district(town: None) -> None:
    unit = add_unit("a").pk
    matter = {
        "standard": "s",
        "kind": "matter",
        "name": "n",
        "major_code": "06",
        "major_name": "m",
        "valid_from": START,
    }
    rows.insert(Matter, [{"code": f"{n:05d}", **matter} for n in range(403)])
    for n in range(3, 32):
        add_area(f"{STREET}{n:03d}", str(n))
    rows.insert(
        Duty,
        [
            {
                "code": f"{n}-{a}",
                "organisation_id": unit,
                "matter_prefix": f"{n:05d}",
                "area_code": f"{STREET}{a:03d}",
                "kind": "",
                "valid_from": START,
            }
            for n in range(403)
            for a in range(1, 32)
        ],
    )
    revisions.bump("catalogue", "duties", "areas")
    coverage(AT, "street")
    found = coverage(AT, "community")
    assert found.counts == {"gap": 0, "one": 403 * 31, "conflict": 0}
