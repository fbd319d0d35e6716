"""What a page shows beside the case itself is asked for by the same scope as the case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from api.callers import Caller, caller
from cases.town import Town
from django.test import Client
from factories import inside, organisation, post, user
from page_clients import signed_in

from chengguan.audit.models import Entry

pytestmark = pytest.mark.django_db

Page = Callable[[str], Client]
Api = Callable[[str], Caller]


def test_the_form_for_merging_names_only_cases_one_may_see(page: Page, town: Town) -> None:
    case = town.walk(town.report(text="可见的"), "file", "dispatch")
    other = town.report(text="别处的秘密")
    form = page("unit").get(f"/cases/{case.number}/verbs/merge/")
    assert other.number not in form.content.decode()
    assert "别处的秘密" not in form.content.decode()
    seen = page("acceptor").get(f"/cases/{case.number}/verbs/merge/")
    assert other.number in seen.content.decode()


def test_an_export_holds_what_may_be_exported_and_no_more(town: Town) -> None:
    west = town.report()
    lon, lat = inside(2)
    east = town.report(lon=lon, lat=lat)
    looker = user("两岗", town.city.centre, post("looker", "cases.see"))
    from chengguan.accounts.domain import loading
    from chengguan.accounts.models import Grant

    Grant.objects.create(
        user=looker,
        post=post("exporter", "cases.see", "cases.export"),
        organisation=town.city.centre,
        area_code=west.area_code[:12],
        valid_from="2000-01-01",
    )
    loading.forget()
    answer = signed_in(looker).get("/cases/export.csv?sort=-opened")
    text = answer.getvalue().decode()
    assert (west.number in text, east.number in text) == (True, False)


def test_the_reporters_of_a_merged_case_are_personal_where_it_lies(town: Town) -> None:
    main = town.report(reporter_name="甲", reporter_phone="1")
    lon, lat = inside(2)
    far = town.report(lon=lon, lat=lat, reporter_name="乙", reporter_phone="2")
    town.do(far, "merge", main=main.pk)
    west = user("西区受理员", town.city.centre, post("acceptor"), area_code=main.area_code[:12])
    found = caller(west).get(f"/cases/{main.number}").json()["reporters"]
    assert [(one["name"], one["hidden"]) for one in found] == [("甲", False), ("", True)]
    shown = signed_in(west).get(f"/cases/{main.number}/").content.decode()
    assert ("甲" in shown, "乙" in shown) == (True, False)


@pytest.mark.parametrize("path", ["", "verbs/merge/"])
def test_looking_for_a_case_out_of_scope_is_audited(town: Town, path: str) -> None:
    case = town.report()
    eve = user("别区", organisation("别区"), post("dispatcher"), area_code="310116")
    assert signed_in(eve).get(f"/cases/{case.number}/{path}").status_code == 404
    assert caller(eve).get(f"/cases/{case.number}").status_code == 404
    assert caller_again(eve).get(f"/cases/{case.number}/verbs").status_code == 404
    refused = Entry.objects.filter(action="case.see", result="refused", actor_id=eve.pk)
    assert {one.subject_id for one in refused} == {str(case.pk)}
    assert refused.count() == 3


def caller_again(somebody: Any) -> Caller:
    return Caller(f"raw-{somebody.username}")


def test_a_number_that_was_never_given_is_nobody_s_secret(api: Api) -> None:
    assert api("dispatcher").get("/cases/3101152026030299999").status_code == 404
    assert Entry.objects.filter(action="case.see").count() == 0
