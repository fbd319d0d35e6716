"""A case is closed by the machine only by what somebody else saw at the place after the work."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from proving import FAR, MINUTE, Way, checked, filed, handled, picture, proved, step

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.domain.acting import act
from chengguan.cases.domain.rebuild import verify
from chengguan.cases.models import Case
from chengguan.cases.proof import weigh
from chengguan.cases.screens.detail import case_page
from chengguan.cases.stories import Story, stories_of
from chengguan.core.errors import NotAllowed
from chengguan.files.models import Attachment
from chengguan.notify.models import OutboxMessage
from chengguan.workflow.errors import WrongState
from chengguan.workflow.models import Event

if TYPE_CHECKING:
    from factories import City

    from ..town import Town

MACHINE = Principal.system("自动结案")
VERB = "close_automatically"


def close(case: Case, after: timedelta = MINUTE) -> None:
    act(case, VERB, MACHINE, {}, case.changed_at + after)


def test_what_is_proved_is_closed_with_every_rule_in_the_event(town: Town) -> None:
    reporter = town.person("collector")
    case = proved(town.city, town.report(reporter_id=reporter))
    close(case)
    assert (case.state, case.closed_at) == ("closed", case.changed_at)
    event = Event.objects.get(instance_id=case.pk, verb=VERB)
    lines = {one["rule"]: one["reason"] for one in event.data["proof"]["lines"]}
    assert list(lines) == [
        "source", "plain", "handling", "checker", "finding", "photos", "before", "fresh",
    ]  # fmt: skip
    assert lines["photos"] == "1 张，处置后所摄，距案件位置最近 11 米"
    assert lines["checker"].startswith("采集员乙")
    page = case_page(town.who("acceptor"), case.number)
    assert ("核查照片", lines["photos"]) in page.moments[0].said
    assert OutboxMessage.objects.filter(topic="cases.reporter.closed").count() == 1
    assert verify().differences == []


WAYS = {
    "no check picture": (Way(check_taken=None, check_point=None), "不能证明到过现场"),
    "no place": (Way(check_point=None), "不能证明到过现场"),
    "no time": (Way(check_taken=None), "不能证明到过现场"),
    "elsewhere": (Way(check_point=FAR), "米，超过 100 米"),
    "before the work": (Way(check_taken=-60 * MINUTE), "疑为旧照"),
    "after its time": (Way(check_taken=10 * MINUTE), "晚于提交时间"),
    "an old result": (Way(after_taken=-200 * MINUTE), "处置：照片早于"),
    "unsolved": (Way(finding="unsolved"), "未解决"),
    "nothing to compare": (Way(before=False), "没有处置前照片"),
}


@pytest.mark.parametrize("what", list(WAYS))
def test_what_is_not_proved_waits_for_a_person(town: Town, what: str) -> None:
    way, words = WAYS[what]
    case = proved(town.city, town.report(), way)
    with pytest.raises(WrongState, match=words):
        close(case)
    if way.finding == "solved":
        act(case, "close", town.who("acceptor"), {"confirmed": True}, case.changed_at + MINUTE)
        assert case.state == "closed"


def test_without_a_check_and_by_a_person_it_is_refused(town: Town) -> None:
    case = handled(town.city, filed(town.city, town.report()))
    with pytest.raises(WrongState, match="没有到现场核查"):
        close(case)
    checked(town.city, case)
    with pytest.raises((WrongState, NotAllowed)):
        act(case, VERB, town.who("acceptor"), {}, case.changed_at + MINUTE)


def test_a_picture_used_before_proves_nothing(town: Town) -> None:
    other = proved(town.city, town.report())
    used = Attachment.objects.get(subject_id=other.pk, role="check").blob_id
    case = proved(town.city, town.report(at=other.changed_at), Way(reused=used))
    with pytest.raises(WrongState, match="此前已在别处用过"):
        close(case)
    # Whoever copies it later takes nothing from the first.
    close(other, timedelta(hours=8))
    assert other.state == "closed"


def test_the_units_own_picture_is_no_check(town: Town) -> None:
    case = handled(town.city, filed(town.city, town.report()))
    own = Attachment.objects.get(subject_id=case.pk, role="handle_after").blob_id
    checked(town.city, case, Way(reused=own))
    with pytest.raises(WrongState, match="此前已在别处用过"):
        close(case)


def test_who_handled_or_is_of_the_unit_does_not_check(town: Town) -> None:
    city = replace(town.city, people=dict(town.city.people))
    held = factories.post("collector")
    bureau = factories.organisation("环卫局", parent=city.centre)
    team = factories.organisation("环卫局一队", parent=bureau)
    for where in (team, bureau, factories.organisation("班组", parent=team)):
        city.people["own"] = factories.user("采集员", where, held)
        case = again(city, town.report(), team.pk)
        city.people["unit"] = factories.user("经办", team, factories.post("unit"))
        city.people["handler"] = factories.user("队员", team, factories.post("handler"))
        with pytest.raises(WrongState, match="同属一个机构"):
            close(checked(city, handled(city, case), Way(checker="own")))
    # The centre stands above them all, and supervises.
    close(checked(city, handled(city, again(city, town.report(), team.pk))))
    story = stories_of([vars(checked(city, handled(city, again(city, town.report(), team.pk))))])[0]
    assert weigh(story, story.events[-1].at).passed
    for who, words in (("handler", "参与了处置"), ("unit", "参与了处置"), ("collector", "上报人")):
        found = weigh(told_by(story, "submit_check", city.people[who].pk), story.events[-1].at)
        assert words in found.reason
    nobody = weigh(told_by(story, "submit_check", None), story.events[-1].at)
    assert "核查人不明" in nobody.reason


def again(city: City, case: Case, unit: int) -> Case:
    """File a report and dispatch it to a unit that no duty names."""
    step(city, case, "acceptor", "file", matter="01001", rule=city.rule.pk)
    return step(city, case, "dispatcher", "dispatch", unit=unit, override="局里的队")


def told_by(story: Story, verb: str, who: int | None) -> Story:
    """Give the story as if one of its steps were another's, who also reported it."""
    events = [replace(one, actor_id=who) if one.verb == verb else one for one in story.events]
    return replace(story, events=events, row={**story.row, "reporter_id": who})


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("hotline", "公众热线，须由人答复"),
        ("leader", "领导交办"),
        ("media", "媒体曝光"),
        ("superior", "上级转办"),
        ("unit", "单位自查"),
    ],
)
def test_who_waits_for_an_answer_gets_it_from_a_person(town: Town, source: str, words: str) -> None:
    case = town.report(source=source)
    if source in ("hotline", "media"):
        town.walk(case, "request_verification", "submit_verification")
    with pytest.raises(WrongState, match=words):
        close(proved(town.city, case))


def test_whatever_is_not_plain_is_left_to_people(town: Town) -> None:
    city = town.city
    case = town.report()
    town.do(case, "amend", important=True)
    with pytest.raises(WrongState, match="重点案件"):
        close(proved(city, case))
    urged = filed(city, town.report())
    town.do(urged, "urge")
    with pytest.raises(WrongState, match="经过“催办”"):
        close(checked(city, handled(city, urged)))
    overseen = filed(city, town.report())
    town.do(overseen, "ask_oversight")
    with pytest.raises(WrongState, match="经过“督办”"):
        close(checked(city, handled(city, overseen)))
    staged = town.report()
    town.do(staged, "file", rule=town.staged_rule().pk)
    step(city, staged, "dispatcher", "dispatch", unit=city.unit.pk)
    town.walk(staged, "assign", "finish_stage", "finish_stage")
    town.do(staged, "revoke_assignment")
    with pytest.raises(WrongState, match="分阶段"):
        close(checked(city, handled(city, staged)))
    joint = town.report()
    step(city, joint, "acceptor", "file", matter="01001", rule=city.rule.pk)
    assist = [city.other_unit.pk]
    step(city, joint, "dispatcher", "dispatch", unit=city.unit.pk, assist=assist)
    with pytest.raises(WrongState, match="联合办理"):
        close(checked(city, handled(city, joint)))


def test_sent_back_once_it_is_for_people_for_ever(town: Town) -> None:
    case = proved(town.city, town.report())
    town.do(case, "refuse_close", case.changed_at + MINUTE)
    step(town.city, case, "dispatcher", "dispatch", unit=town.city.unit.pk)
    checked(town.city, handled(town.city, case))
    with pytest.raises(WrongState, match="经过“不予结案”"):
        close(case)
    twice = proved(town.city, town.report(), Way(finding="unsolved"))
    checked(town.city, twice)
    with pytest.raises(WrongState, match="核查结果不一致"):
        close(twice)


def test_a_check_grows_old(town: Town) -> None:
    case = proved(town.city, town.report())
    (story,) = stories_of([vars(case)])
    assert weigh(story, case.changed_at + timedelta(days=3)).passed
    with pytest.raises(WrongState, match="已超过 3 日"):
        close(case, timedelta(days=3, minutes=1))


def test_a_step_a_city_adds_is_not_plain(town: Town) -> None:
    case = proved(town.city, town.report())
    (story,) = stories_of([vars(case)])
    odd = [
        replace(one, verb="ask_the_mayor") if one.verb == "forward" else one for one in story.events
    ]
    assert "ask_the_mayor" in weigh(replace(story, events=odd), case.changed_at).reason


def test_one_picture_that_speaks_against_it_is_enough(town: Town) -> None:
    case = handled(town.city, filed(town.city, town.report()))
    step(town.city, case, "acceptor", "request_check", person=town.person("collector2"))
    at = case.changed_at + 9 * MINUTE
    both = [picture("check", at), picture("check", at, FAR)]
    step(town.city, case, "collector2", "submit_check", both, finding="solved")
    with pytest.raises(WrongState, match="超过 100 米"):
        close(case)
