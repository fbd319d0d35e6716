"""What the one before said to the one who has the case now stands above his form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import factories
import pytest
from page_clients import signed_in

from chengguan.cases.domain.acting import act

if TYPE_CHECKING:
    from factories import City

    from chengguan.accounts.models import User
    from chengguan.cases.models import Case

pytestmark = pytest.mark.django_db
PHOTO = "0" * 64


def above(user: User, case: Case) -> str:
    page = signed_in(user).get(f"/desk/{case.number}/").content.decode()
    found = re.search(r'desk-brought">(.*?)</div>', page, re.DOTALL)
    return re.sub(r"<[^>]+>", " ", found[1]) if found else ""


def form(user: User, case: Case) -> str:
    page = signed_in(user).get(f"/desk/{case.number}/").content.decode()
    found = re.search(r'data-form-of="(\w+)"', page)
    return found[1] if found else ""


def test_why_work_came_back_is_read_before_it_is_done_again(city: City) -> None:
    case = factories.report(source="collector")
    people, handler = city.people, city.people["handler"]
    act(case, "file", city.principal("acceptor"), {"rule": city.rule.pk})
    act(case, "dispatch", city.principal("dispatcher"), {"unit": city.unit.pk})
    act(case, "assign", city.principal("unit"), {"handler": handler.pk})
    # Who is named is seen elsewhere; nothing was said to him.
    assert above(handler, case) == ""
    done = {"photos": [PHOTO], "note": "已清理"}
    act(case, "submit_handling", city.principal("handler"), done)
    assert "处置说明：已清理" in above(people["unit"], case)
    act(case, "reject_handling", city.principal("unit"), {"reason": "照片不清"})
    assert "退回理由：照片不清" in above(handler, case)


def test_a_collector_reads_what_is_wanted_and_has_his_form_open(city: City) -> None:
    case, collector = factories.report(source="hotline"), city.people["collector"]
    wanted = {"person": collector.pk, "note": "画面不清，请到现场"}
    act(case, "request_verification", city.principal("acceptor"), wanted)
    assert "核实要求：画面不清，请到现场" in above(collector, case)
    assert form(collector, case) == "submit_verification"
