"""The line 在岗: the other posts of the loop, for one's areas, from the roster alone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from django.utils import timezone
from page_clients import statements

from chengguan.accounts.domain.principal import principal_of
from chengguan.command.desk.duty import others_on_duty
from chengguan.command.models import Absence, Assignment

if TYPE_CHECKING:
    from datetime import datetime

    from django.test import Client
    from factories import City

    from chengguan.accounts.models import User

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def plan(city: City, user: User, post: str, area: str = factories.STREET) -> Assignment:
    now: datetime = timezone.now()
    made: Assignment = Assignment.objects.create(
        user=user,
        post=post,
        organisation=city.centre,
        area_code=area,
        shift_code="早",
        shift_name="早班",
        period="day",
        starts_at=now - HOUR,
        ends_at=now + HOUR,
        made_by="测试",
    )
    from chengguan.store import revisions

    revisions.bump("command.roster")
    return made


def shown(client: Client) -> str:
    html = client.get("/desk/?clear=1").content.decode()
    _, found, rest = html.partition('<p class="desk-duty">')
    return rest.partition("</p>")[0] if found else ""


def test_without_a_roster_there_is_no_line(city: City, acceptor: Client) -> None:
    assert shown(acceptor) == ""


def test_the_other_posts_are_named_with_their_page(
    city: City, acceptor: Client, dispatcher: Client
) -> None:
    plan(city, city.people["dispatcher"], "dispatcher_street")
    plan(city, city.people["acceptor"], "acceptor")
    plan(city, city.people["collector"], "collector")
    name, other = city.people["dispatcher"].name, city.people["acceptor"].name
    line = shown(acceptor)
    assert f'<a href="/roster/now/?area={factories.STREET}"' in line
    assert re.search(rf'title="[^"<>]+，早班，至 [0-9: -]+">{name}</a>', line)
    assert other not in line
    assert city.people["collector"].name not in line
    assert f">{other}</a>" in shown(dispatcher)


def test_who_is_away_is_not_named_and_his_stand_in_is(city: City, acceptor: Client) -> None:
    b = factories.user("代班人", city.centre, factories.post("dispatcher"))
    duty = plan(city, city.people["dispatcher"], "dispatcher")
    Absence.objects.create(
        user=duty.user,
        starts_at=duty.starts_at,
        ends_at=duty.ends_at,
        kind="sick",
        stand_in=b,
        made_by="测试",
    )
    line = shown(acceptor)
    assert ">代班人</a>" in line
    assert f">{duty.user.name}</a>" not in line


def test_a_stranger_and_another_area_see_nobody(city: City, acceptor: Client) -> None:
    plan(city, city.people["dispatcher"], "dispatcher", "110101001")
    assert others_on_duty(city.principal("acceptor"), timezone.now()) == ()
    plan(city, city.people["dispatcher"], "dispatcher")
    assert others_on_duty(principal_of(factories.stranger()), timezone.now()) == ()


def test_the_line_costs_the_same_for_one_and_three(city: City, acceptor: Client) -> None:
    plan(city, city.people["dispatcher"], "dispatcher")
    one = statements(acceptor, "/desk/?clear=1")
    for name in ("甲", "乙"):
        plan(city, factories.user(name, city.centre, factories.post("dispatcher")), "dispatcher")
    assert statements(acceptor, "/desk/?clear=1") == one
    assert len(others_on_duty(city.principal("acceptor"), timezone.now())[0].people) == 3
