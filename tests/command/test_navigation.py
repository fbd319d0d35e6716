"""The side navigation as a whole: no two links at one place, and each sees what his posts use."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, Final

import factories
import pytest
from django.test import RequestFactory

import chengguan.accounts
from chengguan.accounts.models import User
from chengguan.ui import navigation

_POSTS: Final = next(Path(chengguan.accounts.__path__[0]).rglob("posts.toml"))
pytestmark = pytest.mark.django_db


def shown(user: Any, path: str = "/") -> dict[str, tuple[bool, list[str]]]:
    request = RequestFactory().get(path)
    request.user = user
    found = navigation.groups_for(request)
    return {one.title: (one.open, [link.title for link in one.links]) for one in found}


def somebody(post: str) -> User:
    centre = factories.organisation("指挥中心")
    shipped = tomllib.loads(_POSTS.read_text(encoding="utf-8"))[post]["capabilities"]
    made: User = factories.user("某人", centre, factories.post(post, *shipped))
    return made


def test_no_two_links_of_a_group_stand_at_one_place() -> None:
    places = Counter((one.group, one.order) for one in navigation._entries.values())
    assert [place for place, count in places.items() if count > 1] == []


def test_a_commander_sees_his_rooms_without_scrolling() -> None:
    groups = shown(somebody("commander"))
    opened = [link for is_open, links in groups.values() if is_open for link in links]
    assert groups["指挥"][1] == [
        "指挥地图", "自动派遣", "自动结案", "命令", "应急预案", "通报", "会议与议定事项", "排班表", "在岗", "换班审批",
        "处置单位", "督办催办", "大屏", "领导驾驶舱",
    ]  # fmt: skip
    assert (groups["指挥"][0], groups["城市台账"][0]) == (True, False)
    assert len(opened) <= navigation.ROOM
    assert shown(somebody("commander"), "/registry/duties/")["城市台账"][0]


def test_the_walls_account_has_nothing_but_the_wall() -> None:
    groups = shown(somebody("wall"))
    assert groups["指挥"][1] == ["大屏"]
    assert groups["办理"][1] == ["首页", "消息"]
