"""A city in which cases can be handled, and short words for what its people do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final
from zoneinfo import ZoneInfo

from factories import City, city, inside, post, rule, user

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.domain.acting import act
from chengguan.cases.domain.intake import NewReport, take_in
from chengguan.cases.models import Case
from chengguan.cases.procedure import publish_shipped
from chengguan.registry.models import FilingRule
from chengguan.workflow.domain.revising import save_revision

TZ: Final = ZoneInfo("Asia/Shanghai")
SYSTEM: Final = Principal.system("测试")
#: A Monday morning in working hours.
START: Final = datetime(2026, 3, 2, 8, 30, tzinfo=TZ)
PHOTO: Final = "0" * 64
CALENDAR: Final = """
code = "city"
name = "测试日历"
timezone = "Asia/Shanghai"
first = 2026-01-01
last = 2027-12-31
hours = [{start = 08:00:00, end = 12:00:00}, {start = 14:00:00, end = 18:00:00}]
"""

_keys = count(1)


@dataclass
class Town:
    """The city, and its people at work."""

    city: City

    def who(self, post: str) -> Principal:
        return self.city.principal(post)

    def person(self, post: str) -> int:
        return self.city.people[post].pk

    def report(self, at: datetime = START, **columns: Any) -> Case:
        """Take in a report of rubbish in the western community."""
        taken = take_in(new_report(**columns), SYSTEM, at)
        return Case.objects.get(pk=taken.case_id)

    def staged_rule(self) -> FilingRule:
        """Make a rule whose limit has three stages: stop, fine, tear down."""
        stages = [
            {"name": "停工", "limit_value": 4, "limit_unit": "work_hour"},
            {"name": "处罚", "limit_value": 7, "limit_unit": "work_day"},
            {"name": "拆除", "limit_value": 20, "limit_unit": "work_day"},
        ]
        return rule(self.city.matter, stages=stages)

    def data(self, verb: str, at: datetime = START) -> dict[str, Any]:
        """Give a form that is complete and right for a case of the western community."""
        forms: dict[str, dict[str, Any]] = {
            "file": {"matter": "01001", "rule": self.city.rule.pk},
            "submit_verification": {"finding": "true", "photos": [PHOTO]},
            "void": {"reason": "untrue", "note": "现场无此问题"},
            "self_handle": {"before": [PHOTO], "after": [PHOTO]},
            "dispatch": {"unit": self.city.unit.pk},
            "dispatch_automatically": {"unit": self.city.unit.pk},
            "call_assist": {"assist": [self.city.other_unit.pk], "await_assist": True},
            "finish_assist": {"note": "已修剪遮挡的树枝"},
            "release_assist": {"unit": self.city.other_unit.pk, "reason": "现场不涉及绿化"},
            "ask_ruling": {"reason": "两家都说不归自己管", "basis": "市容条例第十条"},
            "grant_ruling": {"unit": self.city.other_unit.pk, "reason": "位于绿化带内"},
            "refuse_ruling": {"reason": "权责清单已写明"},
            "return_to_acceptor": {"reason": "事项选错"},
            "assign": {"handler": self.person("handler")},
            "hand_over": {"handler": self.person("handler2")},
            "return_to_dispatcher": {"reason": "不属本单位"},
            "return_to_unit": {"reason": "不在岗"},
            "submit_handling": {"photos": [PHOTO], "note": "已清理"},
            "submit_by_unit": {"photos": [PHOTO], "note": "已清理"},
            "reject_handling": {"reason": "照片不清"},
            "rework": {"reason": "未清干净"},
            "submit_check": {"finding": "solved", "photos": [PHOTO]},
            "refuse_close": {"reason": "现场仍有"},
            "close": {"confirmed": True},
            "reopen": {"reason": "又出现"},
            "reopen_inspected": {"reason": "抽查未清"},
            "urge": {"note": "请尽快"},
            "finish_stage": {"note": "第一阶段完成"},
            "amend": {"kind": "matter", "matter": "01001", "important": True},
            "ask_extension": {"reason": "需要采购"},
            "refuse_extension": {"reason": "理由不足"},
            "ask_suspension": {"reason": "待施工", "until": at + timedelta(days=30)},
            "grant_suspension": {"until": at + timedelta(days=30)},
            "refuse_suspension": {"reason": "可以处置"},
            "ask_return": {"reason": "仍不属本单位", "unit": self.city.other_unit.pk},
            "grant_return": {"unit": self.city.other_unit.pk, "reason": "属绿化带"},
            "refuse_return": {"reason": "属路面"},
            "ask_appeal": {"reason": "暴雨停工"},
            "refuse_appeal": {"reason": "无证据"},
            "ask_oversight": {
                "reason": "请尽快办理",
                "ground": "leader",
                "answer_by": at + timedelta(hours=4),
            },
            "grant_oversight": {"reason": "已安排人员"},
            "refuse_oversight": {"reason": "不属实"},
            "ask_force_close": {"reason": "无法处置"},
            "grant_force_close": {"reason": "同意"},
            "refuse_force_close": {"reason": "继续处置"},
            "absorb": {"case": 1, "reports": 1},
            "release": {"case": 1, "reports": 1},
            "unmerge": {"reason": "并不相同"},
        }
        return forms.get(verb, {})

    def do(self, case: Case, verb: str, at: datetime | None = None, **data: Any) -> Case:
        """Let the right person take a step with the right form, some of it changed."""
        moment = at or case.changed_at
        post = WHO.get(verb, "acceptor")
        who = self.who(post) if post else SYSTEM
        act(case, verb, who, {**self.data(verb, moment), **data}, moment)
        return case

    def walk(self, case: Case, *verbs: str, each: timedelta = timedelta(minutes=1)) -> Case:
        """Take steps one after another, a minute apart."""
        for verb in verbs:
            self.do(case, verb, case.changed_at + each)
        return case


WHO: Final[Mapping[str, str]] = {
    "submit_verification": "collector",
    "self_handle": "collector",
    "dispatch": "dispatcher",
    "dispatch_automatically": "",
    "call_assist": "dispatcher",
    "finish_assist": "other",
    "release_assist": "dispatcher",
    "ask_ruling": "dispatcher",
    "grant_ruling": "leader",
    "refuse_ruling": "leader",
    "withdraw_ruling": "dispatcher",
    "return_to_acceptor": "dispatcher",
    "assign": "unit",
    "revoke_assignment": "unit",
    "hand_over": "unit",
    "return_to_dispatcher": "unit",
    "return_to_unit": "handler",
    "finish_stage": "handler",
    "submit_handling": "handler",
    "submit_by_unit": "unit",
    "reject_handling": "unit",
    "confirm_handled": "unit",
    "rework": "dispatcher",
    "forward": "dispatcher",
    "submit_check": "collector2",
    "reopen_inspected": "leader",
    "urge": "leader",
    "ask_extension": "unit",
    "withdraw_extension": "unit",
    "ask_suspension": "unit",
    "ask_return": "unit",
    "ask_appeal": "unit",
    "ask_oversight": "leader",
    "withdraw_oversight": "leader",
    "grant_oversight": "unit",
    "ask_force_close": "leader",
    "grant_extension": "dispatcher",
    "refuse_extension": "dispatcher",
    "grant_suspension": "dispatcher",
    "refuse_suspension": "dispatcher",
    "grant_return": "leader",
    "refuse_return": "leader",
    "approve_appeal": "dispatcher",
    "grant_appeal": "acceptor",
    "refuse_appeal": "dispatcher",
    "withdraw_suspension": "unit",
    "withdraw_return": "unit",
    "withdraw_appeal": "unit",
    "withdraw_force_close": "leader",
    "grant_force_close": "leader2",
    "refuse_force_close": "leader2",
    "refuse_oversight": "unit",
    "absorb": "acceptor",
    "release": "acceptor",
    "close_automatically": "",
    "close_with_main": "",
    "resume": "",
    "escalate": "",
}


def make_town() -> Town:
    """Make the city, its calendar and its procedure."""
    made = city()
    save_revision(CALENDAR, SYSTEM)
    publish_shipped()
    made.people["leader2"] = user("分管领导", made.centre, post("leader"), username="leader2")
    made.people["handler2"] = user("保洁员乙", made.unit, post("handler"), username="handler2")
    return Town(made)


def new_report(**columns: Any) -> NewReport:
    """Give a collector's report of rubbish; `columns` change it."""
    lon, lat = inside(1)
    given: dict[str, Any] = {
        "source": "collector",
        "client": "test",
        "key": f"k{next(_keys)}",
        "text": "路口东侧有暴露垃圾",
        "address": "环湖西一路 1 号",
        "lon": lon,
        "lat": lat,
        "matter_code": "01001",
    }
    return NewReport(**{**given, **columns})
