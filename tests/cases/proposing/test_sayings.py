"""What is heard in a caller's words, what isn't, and how a city adds its own."""

from __future__ import annotations

import csv
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import factories
import pytest
from django.utils import timezone

from chengguan.cases.domain.proposing import propose
from chengguan.cases.proposing import sayings, standard
from chengguan.cases.proposing.hearing import Ear
from chengguan.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from factories import City

    from chengguan.cases.domain.proposing import Proposal

DATA = Path(__file__).parents[3] / "data"
LAMP, COVER, LIGHTS, CHARGER = "路灯异常", "路灯井盖异常", "交通信号灯异常", "充电桩异常"
PARKED, SHOP, SEWER, RAIN = "机动车乱停放", "店外经营", "污水井盖异常", "雨水井盖异常"


@pytest.fixture
def city(db: None) -> City:
    made = factories.working_city()
    for at, name in enumerate((LAMP, COVER, LIGHTS, CHARGER, PARKED, SHOP, SEWER, RAIN)):
        factories.matter(f"0203{at}", name)
    return made


@pytest.fixture
def reread() -> Iterator[None]:
    """Have the files read anew, before and after."""

    def drop() -> None:
        sayings.book.cache_clear()
        standard._ear.cache_clear()

    drop()
    yield
    drop()


def said(city: City, text: str) -> Proposal:
    return propose(city.principal("acceptor"), text=text, at=timezone.now())


def names(city: City, text: str) -> list[str]:
    return [one.name for one in said(city, text).matters]


def test_who_never_says_the_name_is_understood(city: City) -> None:
    assert names(city, "回家那段路黑灯瞎火的")[0] == LAMP
    assert names(city, "小吃店把桌子凳子都支到马路上去了")[0] == SHOP
    # What the standard calls it stands nowhere in the words; what was heard does, and is shown.
    first = said(city, "小吃店把桌子凳子都支到马路上去了").matters[0]
    assert first.sure
    assert all(word in "小吃店把桌子凳子都支到马路上去了" for word in first.words)
    assert "合起来是“店外经营”的常见说法" in first.reason


def test_what_is_denied_is_not_heard(city: City) -> None:
    assert names(city, "不是路灯坏了，是红绿灯不亮")[0] == LIGHTS
    assert LAMP not in names(city, "不是路灯坏了，是红绿灯不亮")
    assert names(city, "路灯修好了，谢谢") == []


def test_who_did_it_is_not_what_it_is_about(city: City) -> None:
    found = names(city, "路灯杆被大货车撞歪了停在路边")
    assert (found[0], PARKED in found) == (LAMP, False)


def test_part_of_a_longer_thing_is_not_that_thing(city: City) -> None:
    assert names(city, "路灯井盖没了")[0] == COVER


def test_misspelt_words_are_heard_and_shown_as_they_were_written(city: City) -> None:
    first = said(city, "十字路口的红路灯坏了").matters[0]
    assert (first.name, "“红路灯”" in first.reason) == (LIGHTS, True)


def test_a_thing_alone_is_asked_about_and_not_chosen(city: City) -> None:
    found = said(city, "我想说一下小区充电桩的事")
    assert [one.name for one in found.matters] == [CHARGER]
    assert (found.matter, found.rules, found.question) == (None, [], "“充电桩”怎么了？")


def test_two_matters_named_are_both_shown_and_neither_is_chosen(city: City) -> None:
    found = said(city, "环湖西一路18号门口路灯不亮，旁边有暴露垃圾")
    # The one named first stands first; the road's name is no word of either.
    assert [one.name for one in found.matters] == [LAMP, "暴露垃圾"]
    assert "一路" not in "".join(one.reason for one in found.matters)
    assert (found.matter, "先办哪一件" in found.question) == (None, True)


def test_a_question_tells_the_covers_apart(city: City) -> None:
    assert "铸的是什么字" in said(city, "井盖上少了一块").question


def test_chosen_by_hand_nothing_is_asked(city: City) -> None:
    found = propose(
        city.principal("acceptor"),
        text="小区充电桩的事",
        at=timezone.now(),
        chosen=("matter", "02033"),
    )
    assert (found.matter, found.question) == (("matter", "02033"), "")


def test_every_matter_spoken_of_is_in_the_catalogue() -> None:
    def column(file: str, name: str) -> set[str]:
        rows = csv.DictReader((DATA / file).read_text(encoding="utf-8").splitlines())
        return {row[name] for row in rows}

    known = column("standards/events.csv", "minor_name")
    known |= column("demo/local_matters.csv", "小类名称")
    book = sayings.book()
    assert set(book.sayings) - known == set()
    assert set().union(*book.asks.values()) - known == set()


def test_a_city_says_it_in_its_own_words(
    city: City, reread: None, settings: Any, tmp_path: Path
) -> None:
    assert names(city, "灯篙子乌了") == []
    own = tmp_path / "own.toml"
    own.write_text('[groups]\n"不亮" = "乌了"\n["路灯异常"]\nsays = "灯篙子 @不亮"\n', "utf-8")
    settings.CHENGGUAN_SAYINGS = str(own)
    sayings.book.cache_clear()
    standard._ear.cache_clear()
    factories.matter("02039", "报刊亭异常")
    assert names(city, "灯篙子乌了")[0] == LAMP
    # What is shipped is still heard.
    assert names(city, "回家那段路黑灯瞎火的")[0] == LAMP


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('["路灯异常"]\nsays = "灯 @没这组"\n', "没有定义的词组“@没这组”"),
        ('["路灯异常"]\nsagt = "灯"\n', "不认得的“sagt”"),
        ('["路灯异常"]\nsays = ["灯"]\n', "不是一段文字"),
        ("路灯\n", "own.toml 读不了"),
    ],
)
def test_wrong_line_of_a_city_is_named_and_what_is_shipped_still_heard(
    text: str,
    told: str,
    reread: None,
    settings: Any,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text, "utf-8")
    settings.CHENGGUAN_SAYINGS = str(own)
    with pytest.raises(Invalid, match=told):
        sayings.own_sayings({LAMP})
    with caplog.at_level(logging.WARNING):
        ear = Ear(sayings.book(), [LAMP])
    assert told in caplog.text
    assert ear.listen("路灯不亮")[0].full


def test_doctor_tells_of_names_that_are_not_in_the_catalogue(
    city: City, settings: Any, tmp_path: Path
) -> None:
    from chengguan.config.doctor import Level, _sayings

    assert _sayings().level == Level.FINE
    own = tmp_path / "own.toml"
    own.write_text('["路登异常"]\nsays = "灯篙子"\n["路灯异常"]\nsays = "灯篙子"\n', "utf-8")
    settings.CHENGGUAN_SAYINGS = str(own)
    assert (_sayings().level, "“路登异常”" in _sayings().message) == (Level.WARNING, True)
