"""Verbs at the desk: done, raced by name, drafted, undone, and for many at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from django.utils import timezone
from page_clients import signed_in, statements

from chengguan.cases.domain.acting import act
from chengguan.cases.models import Case, Offered
from chengguan.cases.queries_proposing import accuracy
from chengguan.command.desk.domain import bulk
from chengguan.command.desk.domain.drafts import purge_drafts
from chengguan.command.models import Draft

if TYPE_CHECKING:
    from django.test import Client
    from factories import City

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "X-Refusals": "#verb-refusal"}


def url(case: Case, verb: str, what: str = "act/") -> str:
    return f"/desk/{case.number}/verbs/{verb}/{what}"


def state(case: Case) -> str:
    return Case.objects.values_list("state", flat=True).get(pk=case.pk)


def collected(**columns: object) -> Case:
    made: Case = factories.report(**{"source": "collector", **columns})
    return made


def dispatched(city: City, *, back: bool = False) -> Case:
    case = collected()
    act(case, "file", city.principal("acceptor"), {"rule": city.rule.pk})
    act(case, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
    if back:
        act(case, "return_to_dispatcher", city.principal("unit"), {"reason": "不属本单位"})
    return case


def second_acceptor(city: City) -> Client:
    return signed_in(factories.user("周值班", city.centre, factories.post("acceptor")))


def test_the_pane_shows_the_filing_with_its_reasons(city: City, acceptor: Client) -> None:
    case = collected()
    pane = acceptor.get(f"/desk/{case.number}/").context["pane"]
    filing = pane.open_form.filing
    assert (filing.ready, filing.code, filing.matter_reason) == (True, "01001", "上报时已定")
    assert [(one.chosen, one.reason, one.enough) for one in filing.conditions] == [
        (True, "该事项只有这一条标准", True)
    ]
    assert filing.area_reason == "位置落在此单元网格"
    assert (filing.resolution.organisation, bool(filing.resolution.reason)) == ("环卫所", True)
    assert pane.letters["file"] == "l"


def test_what_the_public_says_is_first_verified(city: City, acceptor: Client) -> None:
    case = factories.report(source="hotline")
    pane = acceptor.get(f"/desk/{case.number}/").context["pane"]
    assert pane.open_form.form.verb.name == "request_verification"


def test_a_condition_is_proposed_only_where_the_words_are_clear(
    city: City, acceptor: Client
) -> None:
    factories.rule(city.matter, condition="建筑垃圾占用盲道堆放", photos_required=2)
    vague, clear = (
        collected(text="此处请处理"),
        collected(text="有人把建筑垃圾堆放在盲道，占用盲道"),
    )
    found = {
        case.pk: acceptor.get(f"/desk/{case.number}/").context["pane"].open_form.filing.conditions
        for case in (vague, clear)
    }
    assert [one.chosen for one in found[vague.pk]] == [False, False]
    assert [(one.chosen, one.enough) for one in found[clear.pk]] == [(True, False), (False, True)]


def test_a_matter_named_in_the_words_is_proposed(city: City, acceptor: Client) -> None:
    case = collected(matter_code="", kind="")
    filing = acceptor.get(f"/desk/{case.number}/").context["pane"].open_form.filing
    assert (filing.code, "暴露垃圾" in filing.matter_reason) == ("01001", True)


def test_two_matters_in_the_words_are_asked_about_and_what_is_taken_is_kept(
    city: City, acceptor: Client
) -> None:
    factories.rule(factories.matter("01036", "路灯异常"), condition="灯不亮")
    case = collected(matter_code="", kind="", text="路灯坏了，路灯不亮，旁边有暴露垃圾")
    known = collected()
    filing = acceptor.get(f"/desk/{case.number}/").context["pane"].open_form.filing
    assert (filing.code, [one.code for one in filing.others]) == ("", ["01036", "01001"])
    said = acceptor.get(f"/desk/{case.number}/said/")
    assert [one.code for one in said.context["found"].matters] == ["01036", "01001"]
    assert 'data-pick="2"' in said.content.decode()
    form = {"seq": case.seq, "matter": "matter:01001", "rule": city.rule.pk}
    acceptor.post(url(case, "file"), form)
    acceptor.post(url(known, "file"), {"seq": known.seq, "rule": city.rule.pk})
    assert (state(case), state(known)) == ("awaiting_dispatch", "awaiting_dispatch")
    # A report that came with its matter was not chosen from what was proposed.
    kept = Offered.objects.get()
    assert (kept.case_id, kept.matters) == (case.pk, [["matter", "01036"], ["matter", "01001"]])
    found = accuracy(city.principal("acceptor"), timezone.now())
    assert [(one.code, one.cases) for one in found.matters] == [("01001", {"2": [case.pk]})]


def test_what_words_propose_is_not_a_strangers(city: City, stranger: Client) -> None:
    assert stranger.get(f"/desk/{collected().number}/said/").status_code in (403, 404)


def test_the_desk_dispatches_from_the_candidates_with_their_record(
    city: City, dispatcher: Client
) -> None:
    factories.duty(city.other_unit)
    case = collected()
    act(case, "file", city.principal("acceptor"), {"rule": city.rule.pk})
    answer = dispatcher.get(f"/desk/{case.number}/")
    there = answer.context["pane"].open_form.dispatch
    assert (there.view.status, there.may_ask, len(there.view.candidates)) == ("conflict", True, 2)
    said = answer.content.decode()
    assert 'id="dispatch-form"' in said
    assert 'data-pick="2"' in said
    # The table's unit and the empty list below it are both posted.
    form = {"seq": case.seq, "unit": [city.unit.pk, ""], "override": "就近"}
    dispatcher.post(url(case, "dispatch"), form)
    assert (state(case), Case.objects.get(pk=case.pk).unit_id) == (
        "awaiting_handling",
        city.unit.pk,
    )


def test_a_standard_filing_needs_nothing_typed(city: City, acceptor: Client) -> None:
    case = collected()
    answer = acceptor.post(url(case, "file"), {"seq": case.seq, "rule": city.rule.pk}, headers=HTMX)
    assert (answer.status_code, state(case)) == (200, "awaiting_dispatch")
    assert f'data-done="{case.number}"' in answer.content.decode()
    assert "已生效，不能撤销" in answer.content.decode()


def test_who_was_faster_is_said_by_name_and_the_words_are_kept(
    city: City, acceptor: Client
) -> None:
    case = collected()
    seen = case.seq
    second_acceptor(city).post(url(case, "file"), {"seq": seen, "rule": city.rule.pk})
    answer = acceptor.post(
        url(case, "void"), {"seq": seen, "reason": "untrue", "note": "现场没有"}, headers=HTMX
    )
    said = answer.content.decode()
    at = timezone.localtime(Case.objects.get(pk=case.pk).changed_at)
    assert (answer.status_code, answer["HX-Retarget"]) == (409, "#verb-refusal")
    assert f"周值班 {at:%H:%M} 已立案，本案现为“待派遣”。" in said
    assert f'data-raced="{case.number}"' in said
    assert Draft.objects.get().data == {"reason": ["untrue"], "note": ["现场没有"]}


def test_a_note_between_is_said_and_the_verb_goes_on(city: City, acceptor: Client) -> None:
    case = collected()
    seen = case.seq
    act(case, "urge", city.principal("leader"), {"note": "请尽快"})
    form = {"seq": seen, "rule": city.rule.pk}
    answer = acceptor.post(url(case, "file"), form, headers=HTMX)
    said = answer.content.decode()
    assert "已催办，本案仍可办理。" in said
    assert f'data-seq-now="{case.seq}"' in said
    assert acceptor.post(url(case, "file"), form | {"seq": case.seq}).status_code == 302
    assert state(case) == "awaiting_dispatch"


def test_a_draft_is_kept_filled_in_and_gone_when_the_verb_is_done(
    city: City, acceptor: Client
) -> None:
    case = collected()
    typed = {"reason": "outside", "note": "属于邻区", "matter_words": "垃圾"}
    assert acceptor.post(url(case, "void", "draft/"), typed).json() == {"kept": True}
    again = signed_in(city.people["acceptor"]).get(url(case, "void", ""))
    assert again.context["form"].typed == {"reason": ["outside"], "note": ["属于邻区"]}
    assert "草稿" in acceptor.get("/desk/").content.decode().split('id="rows"')[1]
    acceptor.post(url(case, "void"), {"seq": case.seq, "reason": "outside", "note": "属于邻区"})
    assert (Draft.objects.count(), state(case)) == (0, "voided")


def test_a_draft_that_comes_after_its_verb_is_none(city: City, acceptor: Client) -> None:
    case = collected()
    typed = {"seq": case.seq, "reason": "outside", "note": "属于邻区"}
    acceptor.post(url(case, "void"), typed)
    assert acceptor.post(url(case, "void", "draft/"), typed).json() == {"kept": False}
    assert Draft.objects.count() == 0


def test_an_emptied_draft_is_none_and_a_huge_one_refused(city: City, acceptor: Client) -> None:
    case = collected()
    acceptor.post(url(case, "void", "draft/"), {"note": "一"})
    assert acceptor.post(url(case, "void", "draft/"), {"note": " "}).json() == {"kept": False}
    assert acceptor.post(url(case, "void", "draft/"), {"note": "长" * 9000}).status_code == 422
    assert Draft.objects.count() == 0


def test_drafts_are_ones_own(city: City, acceptor: Client, stranger: Client) -> None:
    case = collected()
    acceptor.post(url(case, "void", "draft/"), {"note": "只给自己看"})
    other = second_acceptor(city).get(url(case, "void", ""))
    assert other.context["form"].draft is None
    assert stranger.post(url(case, "void", "draft/"), {"note": "一"}).status_code == 404


def test_old_drafts_are_purged(city: City, acceptor: Client) -> None:
    case = collected()
    acceptor.post(url(case, "void", "draft/"), {"note": "一"})
    now = timezone.now()
    assert purge_drafts(now + timedelta(days=29)) == 0
    assert purge_drafts(now + timedelta(days=31)) == 1


def test_an_assignment_is_taken_back(city: City) -> None:
    case, unit = dispatched(city), signed_in(city.people["unit"])
    form = {"seq": case.seq, "handler": city.people["handler"].pk}
    said = unit.post(url(case, "assign"), form, headers=HTMX).content.decode()
    assert "撤销（撤回指派）" in said
    undone = {"verb": "assign", "seq": case.seq + 1}
    assert unit.post(f"/desk/{case.number}/undo/", undone, headers=HTMX).status_code == 200
    assert state(case) == "awaiting_handling"
    assert unit.post(f"/desk/{case.number}/undo/", undone, headers=HTMX).status_code == 409


def test_a_merge_is_taken_back_and_another_may_not(city: City, acceptor: Client) -> None:
    main, twin = collected(), collected()
    acceptor.post(url(twin, "merge"), {"seq": twin.seq, "main": main.number}, headers=HTMX)
    twin.refresh_from_db()
    undone = {"verb": "merge", "seq": twin.seq}
    place = f"/desk/{twin.number}/undo/"
    assert second_acceptor(city).post(place, undone, headers=HTMX).status_code == 409
    assert acceptor.post(place, undone, headers=HTMX).status_code == 200
    twin.refresh_from_db()
    assert twin.main_case_id is None


def test_what_has_left_the_desk_is_not_taken_back(city: City, acceptor: Client) -> None:
    case = collected()
    acceptor.post(url(case, "file"), {"seq": case.seq, "rule": city.rule.pk})
    undone = {"verb": "file", "seq": case.seq + 1}
    answer = acceptor.post(f"/desk/{case.number}/undo/", undone, headers=HTMX)
    assert (answer.status_code, state(case)) == (409, "awaiting_dispatch")


def test_many_are_filed_and_each_says_what_became_of_it(city: City, acceptor: Client) -> None:
    done, raced, refused = collected(), collected(), collected(source="hotline")
    seen = [f"{one.number}:{one.seq}" for one in (done, raced, refused)]
    second_acceptor(city).post(
        url(raced, "void"), {"seq": raced.seq, "reason": "untrue", "note": "没有"}
    )
    answer = acceptor.post(
        "/desk/bulk/file/act/", {"case": [*seen, "9" * 19], "rule": city.rule.pk}
    )
    results = answer.context["results"]
    assert [(one.number, one.outcome) for one in results] == [
        (done.number, "done"),
        (raced.number, "raced"),
        (refused.number, "refused"),
        ("9" * 19, "refused"),
    ]
    assert "周值班" in results[1].sentence
    assert "已不予立案" in results[1].sentence
    assert "公众举报须先核实" in results[2].sentence
    assert [state(one) for one in (done, raced, refused)] == [
        "awaiting_dispatch", "voided", "reported",
    ]  # fmt: skip


def test_many_are_dispatched_each_by_its_duty(city: City, dispatcher: Client) -> None:
    factories.duty(city.other_unit, f"{factories.STREET}002", kind="matter", matter_prefix="01")
    lon, lat = factories.inside(2)
    west, east = collected(), collected(lon=lon, lat=lat)
    for case in (west, east):
        act(case, "file", city.principal("acceptor"), {"rule": city.rule.pk})
    answer = dispatcher.post(
        "/desk/bulk/dispatch/act/", {"case": [f"{one.number}:{one.seq}" for one in (west, east)]}
    )
    assert [one.outcome for one in answer.context["results"]] == ["done", "done"]
    units = [Case.objects.get(pk=one.pk).unit_id for one in (west, east)]
    assert units == [city.unit.pk, city.other_unit.pk]


def test_the_verbs_for_many_are_counted(city: City) -> None:
    free, given = dispatched(city), dispatched(city)
    act(given, "assign", city.principal("unit"), {"handler": city.people["handler"].pk})
    found = bulk.choices(city.principal("unit"), [free.number, given.number])
    assert [(one.verb, one.count) for one in found] == [("assign", 1)]
    unit = signed_in(city.people["unit"])
    page = unit.get(f"/desk/bulk/assign/?case={given.number}:1&case={free.number}:1")
    assert [one.name for one in page.context["form"].widgets] == ["handler", "note"]
    leader = bulk.choices(city.principal("leader"), [free.number, given.number])
    assert [(one.verb, one.count) for one in leader] == [("urge", 2)]


@pytest.mark.parametrize(
    ("verb", "cases", "code"),
    [("merge", 1, 422), ("file", 0, 422), ("file", 201, 422), ("nonsense", 1, 404)],
)
def test_what_is_not_for_many_is_refused(
    city: City, acceptor: Client, verb: str, cases: int, code: int
) -> None:
    numbers = [collected().number] + [f"{n:019}" for n in range(200)] if cases else []
    answer = acceptor.post(f"/desk/bulk/{verb}/act/", {"case": numbers[:cases]})
    assert answer.status_code == code


def test_a_pane_costs_no_more_for_a_long_story(city: City) -> None:
    dispatcher = signed_in(city.people["dispatcher"])
    fresh, old = collected(), dispatched(city, back=True)
    act(fresh, "file", city.principal("acceptor"), {"rule": city.rule.pk})
    few = statements(dispatcher, f"/desk/{fresh.number}/")
    assert statements(dispatcher, f"/desk/{old.number}/") <= few + 1


def test_a_stranger_takes_no_verb(city: City, stranger: Client) -> None:
    case = collected()
    form = {"seq": case.seq, "rule": city.rule.pk}
    codes = [
        stranger.post(url(case, "file"), form).status_code,
        stranger.get(url(case, "file", "")).status_code,
        stranger.get(f"/desk/{case.number}/filing/?matter=matter:01001").status_code,
        stranger.post(f"/desk/{case.number}/undo/", {"verb": "file", "seq": 1}).status_code,
        stranger.get(f"/desk/bulk/file/?case={case.number}").status_code,
        stranger.post("/desk/bulk/file/act/", {"case": f"{case.number}:1"}).status_code,
    ]
    assert (codes, state(case)) == ([404, 404, 404, 404, 422, 422], "reported")
