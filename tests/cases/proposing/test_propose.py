"""What words propose, from the catalogue alone and from the past, within what a person may see."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from django.utils import timezone

from chengguan.accounts.domain.principal import principal_of
from chengguan.cases.domain.proposing import propose
from chengguan.cases.proposing.gazetteer import gather
from chengguan.cases.proposing.learned import learn_matters
from chengguan.cases.queries import count_visible
from chengguan.registry.models import Component
from chengguan.store.cache import forget

if TYPE_CHECKING:
    from factories import City


@pytest.fixture
def city(db: None) -> City:
    made = factories.working_city()
    lamp = factories.matter("01036", "路灯异常")
    factories.rule(lamp, condition="灯杆倾斜、倒伏")
    factories.rule(lamp, condition="灯不亮")
    return made


def test_catalogue_alone_proposes_matter_condition_and_unit(city: City) -> None:
    said = propose(
        city.principal("acceptor"),
        text="巷子口有一大堆暴露垃圾",
        point=factories.inside(1),
        at=timezone.now(),
    )
    assert [one.code for one in said.matters] == ["01001"]
    assert "“暴露垃圾”" in said.matters[0].reason
    assert [rule.id for rule in said.rules] == [city.rule.pk]
    assert (said.unit and said.unit.organisation_id) == city.unit.pk
    assert said.area[-1].level == "grid"


def test_condition_that_fits_the_words_comes_first(city: City) -> None:
    said = propose(city.principal("acceptor"), text="路灯杆倾斜了", at=timezone.now())
    assert [rule.condition for rule in said.rules] == ["灯杆倾斜、倒伏", "灯不亮"]
    assert "倾斜" in said.rules[0].reason


def test_nothing_rather_than_nonsense(city: City) -> None:
    said = propose(city.principal("acceptor"), text="喂喂听得见吗", at=timezone.now())
    assert (said.matters, said.places, said.rules, said.unit) == ([], [], [], None)


def test_counts_are_of_visible_cases_and_lead_to_their_rows(city: City) -> None:
    for _ in range(3):
        factories.report(text="桥下暴露垃圾")
    lon, lat = factories.inside(2)
    factories.report(text="桥下暴露垃圾", lon=lon, lat=lat)
    factories.report(text="暴露垃圾旁的路灯", matter_code="01036")
    west = factories.user(
        "西片受理", city.centre, factories.post("acceptor"), area_code=f"{factories.STREET}001"
    )
    for person, (total, same) in ((city.people["acceptor"], (5, 4)), (west, (4, 3))):
        principal = principal_of(person)
        one = propose(principal, text="有暴露垃圾", at=timezone.now()).matters[0]
        assert one.counted is not None
        assert (one.counted.total, one.counted.same) == (total, same)
        assert f"{total} 件含“暴露垃圾”，其中 {same} 件" in one.reason
        assert count_visible(principal, one.counted.wanted()) == total
        assert count_visible(principal, one.counted.wanted(one.kind, one.code)) == same


def test_past_teaches_what_the_standard_does_not_say(city: City) -> None:
    for at in range(40):
        factories.report(text=f"第{at}回 臭烘烘的口袋没人拎走")
        factories.report(text=f"第{at}回 掉墨缸", matter_code="01036")
    from chengguan.cases.models import Case

    Case.objects.update(filed_at=timezone.now())
    principal = city.principal("acceptor")
    said = "门口掉墨缸"
    assert propose(principal, text=said, at=timezone.now()).matters == []
    made = learn_matters()
    assert made is not None
    assert (made.cases, made.matters, made.first) == (80, 2, 1.0)
    first = propose(principal, text=said, at=timezone.now()).matters[0]
    assert (first.code, "墨缸" in first.reason) == ("01036", True)


def test_past_that_knows_one_word_of_many_does_not_outvote_the_sayings(city: City) -> None:
    for at in range(40):
        factories.report(text=f"第{at}回 人行道口袋没人拎走")
        factories.report(text=f"第{at}回 掉墨缸", matter_code="01036")
    from chengguan.cases.models import Case

    Case.objects.update(filed_at=timezone.now())
    assert learn_matters() is not None
    said = "我每天下班回家要走的那一段人行道黑灯瞎火的"
    first = propose(city.principal("acceptor"), text=said, at=timezone.now()).matters[0]
    assert (first.code, first.sure) == ("01036", True)


def test_stranger_is_proposed_nothing(city: City) -> None:
    factories.report(address="竹柏路 5 号", text="暴露垃圾")
    gather()
    stranger = principal_of(factories.stranger())
    said = propose(stranger, text="竹柏路 5 号有暴露垃圾", at=timezone.now())
    assert (said.matters, said.places, said.unit) == ([], [], None)


def test_place_of_a_case_out_of_scope_is_not_told(city: City) -> None:
    lon, lat = factories.inside(2)
    factories.report(address="竹柏路 5 号", text="暴露垃圾", lon=lon, lat=lat)
    gather()
    west = factories.user(
        "西片受理", city.centre, factories.post("acceptor"), area_code=f"{factories.STREET}001"
    )
    said = "竹柏路5号那里"
    assert propose(principal_of(west), text=said, at=timezone.now()).places == []
    found = propose(city.principal("acceptor"), text=said, at=timezone.now())
    assert [one.name for one in found.places] == ["竹柏路 5 号"]
    assert found.point == (lon, lat)


def test_places_by_part_of_name_number_and_coordinates(city: City) -> None:
    lon, lat = factories.inside(1)
    Component.objects.create(
        code="31011550101036001", name="路灯", matter_code="01036", point=(lon, lat),
        area_code=f"{factories.STREET}001001", address="环湖西一路 18 号", valid_from=factories.SINCE,
    )  # fmt: skip
    gather()
    forget()
    principal = city.principal("acceptor")

    def first(text: str) -> tuple[str, str]:
        places = propose(principal, text=text, at=timezone.now()).places
        return (places[0].name, places[0].kind) if places else ("", "")

    assert first("环湖西一路18号旁边") == ("环湖西一路 18 号", "部件、设备地址")
    assert first("在环湖西那边") == ("环湖西一路", "道路、小区等")
    assert first("灯杆31011550101036001不亮") == ("路灯 环湖西一路 18 号", "部件")
    assert first(f"位置{lat},{lon}") == (f"{lon:.6f}, {lat:.6f}", "坐标")
    assert first("就在东社区里面") == ("东社区", "社区（村）")
    assert first("北京天安门") == ("", "")


def test_number_in_a_road_is_not_a_house_number(city: City) -> None:
    for at, address in enumerate(("第77大街 12 号", "第277大街 77 号", "第277大街 12 号")):
        factories.report(address=address, lon=factories.WEST + 0.001 * (at + 1))
    gather()
    found = propose(city.principal("acceptor"), text="第77大街12号", at=timezone.now()).places
    assert [one.name for one in found] == ["第77大街 12 号"]


def test_coordinates_of_another_system_are_converted_and_said(city: City) -> None:
    from chengguan.core.coordinates import CRS, convert

    # Just inside the eastern border: as GCJ-02 it is written some 500 m outside of it.
    place = (factories.WEST + factories.SIDE - 0.0005, factories.SOUTH + 0.02)
    lon, lat = convert(*place, CRS.CGCS2000, CRS.GCJ02)
    assert lon > factories.WEST + factories.SIDE
    principal = city.principal("acceptor")
    (found,) = propose(principal, text=f"定位 {lon:.6f}, {lat:.6f}", at=timezone.now()).places
    assert "GCJ-02" in found.reason or "GCJ02" in found.reason
    assert found.point == pytest.approx(place, abs=2e-6)
    assert propose(principal, text="116.397128,39.916527", at=timezone.now()).places == []


def test_statements_do_not_grow_with_cases(city: City) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    principal = city.principal("acceptor")

    def asked() -> int:
        propose(principal, text="环湖西一路 1 号有暴露垃圾", at=timezone.now())
        with CaptureQueriesContext(connection) as captured:
            propose(principal, text="环湖西一路 1 号有暴露垃圾", at=timezone.now())
        return len(captured)

    factories.report()
    gather()
    once = asked()
    for at in range(3):
        factories.report(address=f"环湖西一路 {at} 号")
    gather()
    assert asked() == once <= 7


def test_old_cases_are_not_counted(city: City) -> None:
    factories.report(text="暴露垃圾", at=timezone.now() - timedelta(days=200))
    one = propose(city.principal("acceptor"), text="有暴露垃圾", at=timezone.now()).matters[0]
    assert one.counted is not None
    assert one.counted.total == 0
    assert "件含" not in one.reason
