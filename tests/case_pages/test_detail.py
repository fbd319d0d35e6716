"""The page of one case: what it shows, to whom, at what cost; and its verbs refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import factories
import pytest
from page_clients import signed_in, statements

from chengguan.accounts.enums import Capability
from chengguan.audit.models import Entry
from chengguan.cases.domain.acting import act

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

pytestmark = pytest.mark.django_db


@pytest.fixture
def acceptor(city: City) -> Client:
    return signed_in(city.people["acceptor"])


def test_page_costs_no_more_for_a_long_story(city: City, acceptor: Client) -> None:
    case = factories.report(source="video")
    url = f"/cases/{case.number}/"
    fresh = statements(acceptor, url)
    act(case, "file", city.principal("acceptor"), {"matter": "01001", "rule": city.rule.pk})
    for _ in range(3):
        act(case, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
        act(case, "assign", city.principal("unit"), {"handler": city.people["handler"].pk})
        act(case, "return_to_unit", city.principal("handler"), {"reason": "不在岗"})
        if not case.returns:
            act(case, "return_to_dispatcher", city.principal("unit"), {"reason": "不属本单位"})
        else:
            break
    assert max(fresh, statements(acceptor, url)) <= 15


def test_page_tells_the_whole_story(city: City, acceptor: Client) -> None:
    case = factories.report(source="video")
    act(case, "file", city.principal("acceptor"), {"matter": "01001", "rule": city.rule.pk})
    page = acceptor.get(f"/cases/{case.number}/").context["page"]
    assert [(moment.title, moment.actor) for moment in page.moments] == [
        ("立案", "受理员"),
        ("上报", "测试"),
    ]
    assert dict(page.moments[0].said)["立案标准"] == "发现暴露垃圾，面积一平方米以上（4工作时）"
    assert [(clock.title, clock.status) for clock in page.clocks] == [
        ("受理", "已结束"),
        ("派遣", "计时中"),
    ]


def test_the_register_is_linked_for_who_may_open_it(city: City) -> None:
    """A handler was led from his case to a page that refused him."""
    case = factories.report(source="video")
    act(case, "file", city.principal("acceptor"), {"matter": "01001", "rule": city.rule.pk})
    link = f"/registry/rules/{city.rule.pk}/"
    posts = {
        "sees": factories.post("sees", Capability.SEE_CASES, Capability.SEE_REGISTRY),
        "cases": factories.post("cases", Capability.SEE_CASES),
    }
    pages = {
        name: signed_in(factories.user(name, city.centre, post, username=name))
        .get(f"/cases/{case.number}/")
        .content.decode()
        for name, post in posts.items()
    }
    assert {name: link in page for name, page in pages.items()} == {"sees": True, "cases": False}
    assert "发现暴露垃圾，面积一平方米以上" in pages["cases"]


def test_verbs_are_offered_or_refused_with_the_reason(city: City, acceptor: Client) -> None:
    case = factories.report()
    page = acceptor.get(f"/cases/{case.number}/").context["page"]
    assert [offer.verb for offer in page.offers] == [
        "file", "amend", "request_verification", "void", "merge",
    ]  # fmt: skip
    assert {offer.verb: bool(offer.reason) for offer in page.refused} == {
        "self_handle": True, "urge": True, "unmerge": True, "ask_force_close": True,
    }  # fmt: skip


def test_only_who_may_sees_the_reporter(city: City, acceptor: Client) -> None:
    case = factories.report()
    url = f"/cases/{case.number}/"
    leader = signed_in(city.people["leader"])
    assert "13800000000" in acceptor.get(url).content.decode()
    assert "13800000000" not in leader.get(url).content.decode()


def test_stranger_finds_no_case(city: City, stranger: Client) -> None:
    case = factories.report()
    urls = [
        f"/cases/{case.number}/",
        f"/cases/{case.number}/nearby.geojson",
        f"/cases/{case.number}/verbs/file/",
    ]
    assert [stranger.get(url).status_code for url in urls] == [404, 404, 404]
    assert stranger.post(f"/cases/{case.number}/verbs/file/act/").status_code == 404


def test_unit_sees_only_its_own(city: City) -> None:
    case = factories.report(source="video")
    act(case, "file", city.principal("acceptor"), {"matter": "01001", "rule": city.rule.pk})
    act(case, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
    url = f"/cases/{case.number}/"
    codes = [signed_in(city.people[who]).get(url).status_code for who in ("unit", "other")]
    assert codes == [200, 404]


def test_wrong_state_is_said_and_audited(city: City, acceptor: Client) -> None:
    case = factories.report()
    answer = acceptor.post(f"/cases/{case.number}/verbs/close/act/", {"confirmed": "true"})
    assert answer.status_code == 409
    assert "当前为“待受理”" in answer.content.decode()
    entry = Entry.objects.filter(action="case.close").latest("at")
    assert (entry.result, entry.subject_id) == ("refused", str(case.pk))


def test_missing_field_is_said_in_the_form(city: City, acceptor: Client) -> None:
    case = factories.report()
    answer = acceptor.post(
        f"/cases/{case.number}/verbs/void/act/",
        {"reason": "untrue"},
        headers={"HX-Request": "true", "X-Refusals": "#verb-refusal"},
    )
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#verb-refusal")
    assert "说明" in answer.content.decode()


def test_what_was_decided_on_an_old_page_is_overtaken(city: City, acceptor: Client) -> None:
    case = factories.report()
    seen = case.seq
    act(case, "urge", city.principal("leader"), {"note": "请尽快"})
    answer = acceptor.post(
        f"/cases/{case.number}/verbs/void/act/", {"seq": seen, "reason": "untrue", "note": "查无"}
    )
    assert answer.status_code == 409
    assert "已被他人处理" in answer.content.decode()


def test_not_a_photo_is_refused(city: City, acceptor: Client, settings: Any, tmp_path: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    settings.MEDIA_ROOT = tmp_path
    case = factories.report()
    fake = SimpleUploadedFile("现场.jpg", b"MZ\x90\x00" + b"\x00" * 200)
    data = {"matter": "matter:01001", "rule": city.rule.pk, "photos": fake}
    answer = acceptor.post(f"/cases/{case.number}/verbs/file/act/", data)
    case.refresh_from_db()
    assert (answer.status_code, case.state) == (422, "reported")


def test_request_is_asked_and_granted(city: City) -> None:
    case = factories.report(source="video")
    act(case, "file", city.principal("acceptor"), {"matter": "01001", "rule": city.rule.pk})
    act(case, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
    act(case, "assign", city.principal("unit"), {"handler": city.people["handler"].pk})
    url = f"/cases/{case.number}/"
    unit, dispatcher = signed_in(city.people["unit"]), signed_in(city.people["dispatcher"])
    unit.post(f"{url}verbs/ask_extension/act/", {"reason": "雨天"})
    page = dispatcher.get(url).context["page"]
    offered = [offer.verb for offer in page.requests[0].offers]
    assert (page.requests[0].title, offered) == ("延期", ["grant_extension", "refuse_extension"])
    # The form alone says what was asked, by whom, and of which case.
    alone = dispatcher.get(f"{url}verbs/grant_extension/").content.decode()
    assert all(word in alone for word in ("雨天", "环卫所经办", "暴露垃圾", "处置中"))
    dispatcher.post(f"{url}verbs/grant_extension/act/", {"reason": "照准"})
    case.refresh_from_db()
    assert case.extensions == 1
    told = unit.get(url)
    assert told.context["page"].requests[0].status == "已同意"
    assert "照准" in told.content.decode()


def test_duplicates_are_shown_and_merged(city: City, acceptor: Client) -> None:
    main, case = factories.report(), factories.report()
    url = f"/cases/{case.number}/"
    page = acceptor.get(url).context["page"]
    assert [one.number for one in page.candidates] == [main.number]
    acceptor.post(f"{url}verbs/merge/act/", {"main": main.number, "seq": case.seq})
    assert acceptor.get(url).context["page"].main.pk == main.pk
    merged = acceptor.get(f"/cases/{main.number}/").context["page"]
    assert [one.pk for one in merged.merged] == [case.pk]
    assert len(merged.reports) == 2


def test_nearby_open_cases_are_on_the_map(city: City, acceptor: Client) -> None:
    case, near = factories.report(), factories.report()
    lon, lat = factories.inside(1, 0.9, 0.9)
    factories.report(lon=lon, lat=lat)
    found = acceptor.get(f"/cases/{case.number}/nearby.geojson").json()["features"]
    assert [one["properties"]["code"] for one in found] == [near.number]


def test_the_map_of_who_handles_lies_on_the_ground(city: City) -> None:
    """He may not see the registry: the borders around his own case come with the case."""
    case = factories.report(source="collector")
    act(case, "file", city.principal("acceptor"), {"rule": city.rule.pk})
    act(case, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
    act(case, "assign", city.principal("unit"), {"handler": city.people["handler"].pk})
    url = f"/cases/{case.number}/ground.geojson"
    handler = signed_in(city.people["handler"])

    layers = handler.get(f"/cases/{case.number}/").context["map"]["layers"]
    assert layers[0]["url"] == url
    assert not any("/registry/" in one.get("url", "") for one in layers)
    found = handler.get(url)
    levels = [one["properties"]["level"] for one in found.json()["features"]]
    assert (found.status_code, set(levels)) == (200, {"community", "grid"})
    assert levels == sorted(levels)
    assert all("url" not in one["properties"] for one in found.json()["features"])

    for who in (city.people["other"], factories.stranger()):
        assert signed_in(who).get(url).status_code in (403, 404)
    # Who sees the registry has its layer, which follows the map.
    whole = signed_in(city.people["acceptor"]).get(f"/cases/{case.number}/").context["map"]
    assert whole["layers"][0]["window"] is True


def test_no_button_confirms_twice(city: City) -> None:
    """“确认确认处置” is what came of a verb whose title says it already."""
    case = factories.report(source="video")
    act(case, "file", city.principal("acceptor"), {"matter": "01001", "rule": city.rule.pk})
    act(case, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
    unit = signed_in(city.people["unit"])
    said = {
        verb: unit.get(f"/cases/{case.number}/verbs/{verb}/").content.decode()
        for verb in ("confirm_handled", "assign")
    }
    assert ">确认处置</button>" in said["confirm_handled"]
    assert ">确认指派处置人</button>" in said["assign"]
