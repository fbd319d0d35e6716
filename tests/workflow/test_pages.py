"""The pages of procedures and calendars: seen, changed, refused."""

from __future__ import annotations

import pytest
import time_machine
from accounts.people import grant, person, post
from django.test import Client

from chengguan.workflow.domain import act
from chengguan.workflow.domain.calendar_content import read_toml, to_toml
from chengguan.workflow.models import CalendarRevision, Definition

from .trial import CITY, SOURCE, SYSTEM, begun, minutes, stored

pytestmark = pytest.mark.django_db
HOLIDAY = CITY + 'holiday = [{date = 2026-03-02, name = "台风停工"}]\n'


@pytest.fixture
def editor(client: Client) -> Client:
    user = person()
    grant(user, post("workflow.edit"))
    client.force_login(user)
    return client


def test_definitions_are_listed_and_shown(trial: Definition, editor: Client) -> None:
    page = editor.get("/workflow/definitions/")
    assert (page.status_code, "试办" in page.content.decode()) == (200, True)
    page = editor.get(f"/workflow/definitions/{trial.pk}/")
    assert page.status_code == 200
    assert "要求核实" in page.content.decode()


def test_a_definition_with_faults_says_all_lines(trial: Definition, editor: Client) -> None:
    broken = SOURCE.replace('limit = "15分钟"', 'limit = "好久"')
    page = editor.post(f"/workflow/definitions/{trial.pk}/", {"source": broken, "do": "publish"})
    assert page.status_code == 422
    assert "第12行：无法识别时限“好久”。" in page.content.decode()
    assert Definition.objects.filter(code="trial").count() == 1


def test_a_sound_definition_is_published(trial: Definition, editor: Client) -> None:
    changed = SOURCE.replace('limit = "15分钟"', 'limit = "20分钟"')
    address = f"/workflow/definitions/{trial.pk}/"
    assert editor.post(address, {"source": changed, "do": "check"}).status_code == 200
    assert Definition.objects.filter(code="trial").count() == 1
    page = editor.post(address, {"source": changed, "do": "publish"})
    made = Definition.objects.get(code="trial", version=2)
    assert (page.status_code, page["Location"]) == (302, f"/workflow/definitions/{made.pk}/")


def test_a_calendar_is_previewed_then_published(trial: Definition, editor: Client) -> None:
    one = stored(begun())
    act(one, "accept", SYSTEM, {"unit": 7}, minutes(0))
    assert editor.get("/workflow/calendars/").status_code == 200
    assert editor.get("/workflow/calendars/city/").status_code == 200
    with time_machine.travel(minutes(10), tick=False):
        page = editor.post("/workflow/calendars/city/", {"source": HOLIDAY, "do": "preview"})
        words = page.content.decode()
        assert (page.status_code, str(one.pk) in words) == (200, True)
        assert CalendarRevision.objects.count() == 1
        sent = {"source": HOLIDAY, "do": "publish", "note": "台风"}
        assert editor.post("/workflow/calendars/city/", sent).status_code == 302
    assert CalendarRevision.objects.get(number=2).note == "台风"
    one.refresh_from_db()
    assert one.seq == 3


def test_a_wrong_calendar_is_refused(trial: Definition, editor: Client) -> None:
    page = editor.post("/workflow/calendars/city/", {"source": "x", "do": "preview"})
    assert page.status_code == 422


@pytest.mark.parametrize("address", ["/workflow/definitions/", "/workflow/calendars/city/"])
def test_the_stranger(trial: Definition, client: Client, address: str) -> None:
    assert client.get(address).status_code == 302
    user = person()
    grant(user, post("cases.see"))
    client.force_login(user)
    assert client.get(address).status_code == 403


def test_a_calendar_reads_back() -> None:
    told = "arrivals = {until = 17:00:00, opening = 08:00:00}\n"
    content = read_toml(CITY.replace("hours =", told + "hours =") + HOLIDAY.removeprefix(CITY))
    assert content["arrivals"] == {"until": "17:00:00", "opening": "08:00:00"}
    assert read_toml(to_toml(content)) == content
