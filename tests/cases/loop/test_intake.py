"""Reports come in once, with the place converted once, each for itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from factories import inside, stranger
from pytest_django import DjangoAssertNumQueries

from chengguan.accounts.domain.principal import principal_of
from chengguan.cases.domain.intake import Refused, Taken, Then, take_in, take_in_many
from chengguan.cases.errors import NumbersExhausted, OutsideCity, ReportInvalid
from chengguan.cases.models import Case, Report
from chengguan.core.coordinates import CRS, convert
from chengguan.core.errors import NotAllowed
from chengguan.workflow.models import Event

from ..town import PHOTO, START, SYSTEM, Town, new_report


def test_one_report_costs_two_statements(
    town: Town, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    take_in(new_report(), SYSTEM, START)
    # Look-up with number, and one that writes everything; a savepoint stands around it here.
    with django_assert_num_queries(4) as caught:
        take_in(new_report(), SYSTEM, START)
    statements = [q["sql"].split()[0] for q in caught.captured_queries]
    assert statements == ["SELECT", "SAVEPOINT", "WITH", "RELEASE"]


def test_the_same_key_is_the_same_report(town: Town) -> None:
    new = new_report(reporter_name="张三", reporter_phone="13800000000")
    first = take_in(new, SYSTEM, START)
    again = take_in(replace(new, text="另一种说法"), SYSTEM, START)
    assert first.created
    assert again == replace(first, created=False)
    assert Report.objects.filter(client=new.client, key=new.key).count() == 1
    report = Report.objects.get(pk=first.report_id)
    assert (report.case_id, report.text, report.status) == (first.case_id, new.text, "case")
    # What is personal stays in the report.
    event = Event.objects.get(instance_id=first.case_id)
    kept = f"{event.data} {event.effects} {Case.objects.filter(pk=first.case_id).values().get()}"
    assert "张三" not in kept
    assert "138" not in kept


@pytest.mark.parametrize("crs", list(CRS))
def test_points_are_converted_once(town: Town, crs: CRS) -> None:
    lon, lat = convert(*inside(2), CRS.CGCS2000, crs)
    taken = take_in(new_report(lon=lon, lat=lat, crs=crs), SYSTEM, START)
    case = Case.objects.get(pk=taken.case_id)
    assert case.point == pytest.approx(inside(2), abs=1e-7)
    assert case.area_code == "310115501002003"
    report = Report.objects.get(pk=taken.report_id)
    assert report.raw["_point"] == {"lon": lon, "lat": lat, "crs": crs}


def test_a_point_outside_says_so_and_in_what_system_it_would_not_be(town: Town) -> None:
    with pytest.raises(OutsideCity) as far:
        take_in(new_report(lon=100.0, lat=30.0), SYSTEM, START)
    assert far.value.params["inside_as"] is None
    # Just inside the western edge; read as CGCS2000, what GCJ-02 makes of it lies east of it.
    lon, lat = convert(121.9399, 30.9, CRS.CGCS2000, CRS.GCJ02)
    with pytest.raises(OutsideCity) as near:
        take_in(new_report(lon=lon, lat=lat), SYSTEM, START)
    assert near.value.params["inside_as"] == "GCJ-02"
    assert "GCJ-02" in str(near.value)


def test_words_alone_are_enough(town: Town) -> None:
    new = new_report(lon=None, lat=None, matter_code="", address="", text="路灯不亮")
    case = Case.objects.get(pk=take_in(new, SYSTEM, START).case_id)
    assert (case.area_code, case.point, case.matter_code) == ("310115", None, "")
    lon, lat = inside(1)
    town.do(case, "amend", matter="01001", kind="matter", point=[lon, lat])
    town.do(case, "file")
    stored = Case.objects.get(pk=case.pk)
    assert (stored.state, stored.area_code, stored.matter_code) == (
        "awaiting_dispatch",
        "310115501001003",
        "01001",
    )
    assert stored.point == inside(1)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"key": ""}, "key"),
        ({"source": "rumour"}, "source"),
        ({"text": "字" * 5001}, "text"),
        ({"matter_code": "99999"}, "matter_code"),
        ({"lon": 181.0}, "lon"),
        ({"lon": float("nan")}, "lon"),
        ({"lat": None}, "lon"),
        ({"crs": "MARS"}, "crs"),
        ({"lon": None, "lat": None, "area_code": "310199"}, "area_code"),
        ({"lon": None, "lat": None, "matter_code": "", "text": " ", "address": ""}, "text"),
        ({"at": START.replace(tzinfo=None)}, "at"),
    ],
)
def test_what_is_wrong_is_named(town: Town, changed: dict[str, object], field: str) -> None:
    before = Case.objects.count()
    with pytest.raises(ReportInvalid) as caught:
        take_in(new_report(**changed), SYSTEM, START)
    assert caught.value.field == field
    assert caught.value.mend
    assert Case.objects.count() == before


def test_a_stranger_may_not_report(town: Town) -> None:
    with pytest.raises(NotAllowed):
        take_in(new_report(), principal_of(stranger()), START)


def test_a_collector_files_or_handles_at_once(town: Town) -> None:
    handled = new_report(then=[Then("self_handle", {"before": [PHOTO], "after": [PHOTO]})])
    case = Case.objects.get(pk=take_in(handled, town.who("collector"), START).case_id)
    assert (case.state, case.self_handled, case.photos, case.seq) == ("closed", True, 2, 2)
    assert case.reporter_id == town.person("collector")
    # Without the photos of before and after nothing is taken in at all.
    bare = new_report(then=[Then("self_handle", {"after": [PHOTO]})])
    with pytest.raises(Exception, match="处置前照片"):
        take_in(bare, town.who("collector"), START)
    assert not Report.objects.filter(key=bare.key).exists()


def test_many_are_taken_in_each_for_itself(town: Town) -> None:
    known = take_in(new_report(key="known"), SYSTEM, START)
    news = [new_report() for _ in range(250)]
    news[3] = new_report(lon=100.0, lat=30.0)
    news[5] = new_report(matter_code="99999")
    news[7] = new_report(key="known")
    news[9] = replace(news[8])
    answers = take_in_many(news, SYSTEM, START)
    refused = {n: type(a.error) for n, a in enumerate(answers) if isinstance(a, Refused)}
    assert refused == {3: OutsideCity, 5: ReportInvalid}
    assert answers[7] == replace(known, created=False)
    eight, nine = answers[8], answers[9]
    assert isinstance(eight, Taken)
    assert nine == replace(eight, created=False)
    created = [a for a in answers if isinstance(a, Taken) and a.created]
    assert len({a.number for a in created}) == len(created) == 246
    assert [a.number for a in created] == sorted(a.number for a in created)
    assert Case.objects.filter(pk__in=[a.case_id for a in created]).count() == 246
    assert Event.objects.filter(instance_id__in=[a.case_id for a in created]).count() == 246
    again = take_in_many(news, SYSTEM, START)
    assert [a for a in again if isinstance(a, Taken) and a.created] == []
    assert Case.objects.filter(opened_at=START).count() == 247


def test_a_batch_may_have_a_sender_for_each_report(town: Town) -> None:
    senders = [town.who("collector"), town.who("acceptor"), town.who("collector")]
    taken = take_in_many([new_report(key=f"s{n}") for n in range(3)], senders, START)
    begun = Event.objects.filter(verb="report").order_by("id")
    assert [one.case_id for one in taken if isinstance(one, Taken)] == [
        e.instance_id for e in begun
    ]
    assert [e.actor_id for e in begun] == [one.user_id for one in senders]
    with pytest.raises(NotAllowed):
        take_in_many(
            [new_report(key="t1"), new_report(key="t2")],
            [town.who("collector"), principal_of(stranger())],
            START,
        )
    with pytest.raises(ValueError, match="1 principals for 2 reports"):
        take_in_many([new_report(key="t1"), new_report(key="t2")], senders[:1], START)
    assert Report.objects.count() == 3


def test_numbers_end_at_99999(town: Town) -> None:
    from django.db import connection

    from chengguan.cases.domain import numbers

    day = numbers.local_day(START)
    numbers.ensure_sequence("310115", day)
    name = numbers.sequence_name("310115", day)
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM " + name)
        (before,) = cursor.fetchall()[0]
        cursor.execute("SELECT setval(%s, 99998)", [name])
    try:
        taken = take_in(new_report(), SYSTEM, START)
        assert taken.number == "3101152026030299999"
        with pytest.raises(NumbersExhausted, match="99999"):
            take_in(new_report(), SYSTEM, START)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval(%s, %s)", [name, before])
