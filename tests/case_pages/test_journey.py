"""One case goes round through the pages alone, each step by the person whose post it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import factories
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from page_clients import signed_in

from chengguan.cases.models import Case
from chengguan.files.models import Attachment

if TYPE_CHECKING:
    from factories import City

pytestmark = pytest.mark.django_db


def picture(name: str = "现场.jpg", shade: int = 100) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, factories.photo(shade), content_type="image/jpeg")


def act(city: City, who: str, case: Case, verb: str, **data: Any) -> str:
    """Let `who` see the form and send it; give the state after."""
    client = signed_in(city.people[who])
    url = f"/cases/{case.number}/verbs/{verb}/"
    assert client.get(url).status_code == 200
    case.refresh_from_db()
    answer = client.post(f"{url}act/", {"seq": case.seq, **data})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    case.refresh_from_db()
    return str(case.state)


def test_the_whole_way_round(city: City, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    case = factories.report()
    people = {name: user.pk for name, user in city.people.items()}
    states = [
        act(city, "acceptor", case, "request_verification", person=people["collector"]),
        act(city, "collector", case, "submit_verification", finding="true", photos=picture()),
        act(city, "acceptor", case, "file", matter="matter:01001", rule=city.rule.pk),
        act(city, "dispatcher", case, "dispatch", unit=city.unit.pk),
        act(city, "unit", case, "return_to_dispatcher", reason="不属本单位"),
        act(city, "dispatcher", case, "dispatch", unit=city.unit.pk),
        act(city, "unit", case, "assign", handler=people["handler"]),
        act(city, "handler", case, "submit_handling", photos=picture(shade=2), note="已清理"),
        act(city, "unit", case, "confirm_handled"),
        act(city, "dispatcher", case, "rework", reason="未清干净"),
        act(city, "unit", case, "assign", handler=people["handler"]),
        act(city, "handler", case, "submit_handling", photos=picture(shade=3), note="再清理"),
        act(city, "unit", case, "confirm_handled"),
        act(city, "dispatcher", case, "forward"),
        act(city, "acceptor", case, "request_check", person=people["collector2"]),
        act(city, "collector2", case, "submit_check", finding="solved", photos=picture(shade=4)),
        act(city, "acceptor", case, "close", confirmed="true"),
    ]
    assert states == [
        "verifying", "reported", "awaiting_dispatch", "awaiting_handling", "awaiting_dispatch",
        "awaiting_handling", "handling", "handled", "feedback", "awaiting_handling", "handling",
        "handled", "feedback", "awaiting_close", "checking", "awaiting_close", "closed",
    ]  # fmt: skip
    roles = Attachment.objects.filter(subject_id=case.pk).order_by("id").values_list("role")
    assert [role for (role,) in roles] == ["verify", "handle_after", "handle_after", "check"]
    page = signed_in(city.people["leader"]).get(f"/cases/{case.number}/").content.decode()
    assert "返工" in page
    assert "不属本单位" in page
