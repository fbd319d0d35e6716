"""Whether an independent check proves that a case is solved: by what the machine may close it.

It only ever says yes; whatever it can't prove waits for a person, to nobody's disadvantage. A unit's
own word and pictures prove nothing: somebody else must have been at the place after the work, and
his picture must say so. ADR 0023. CJJ/T 106 and GB/T 30428.4: 核查 is the check before closing, by a
collector; 个人信息保护法 art. 24: whoever waits for an answer is answered by a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from chengguan.accounts.enums import OrganisationKind
from chengguan.registry.domain.duty_index import units
from chengguan.workflow.domain.definition import current
from chengguan.workflow.domain.moving import UNIT_MOVED
from chengguan.workflow.domain.revising import RECALCULATED

from .enums import Source
from .stories import HANDLED, Happening, Photo, Story

#: These rules under this name; closings are counted by it, so that changed rules start anew.
VERSION: Final = "proof@1"
NEAR_M: Final = 100
FRESH: Final = timedelta(days=3)
#: Clocks of phones differ.
SLACK: Final = timedelta(minutes=5)
#: Nobody waits for an answer, and nobody counts his own discoveries.
SOURCES: Final = frozenset({Source.COLLECTOR, Source.VIDEO, Source.SENSOR})
#: Who supervises those who handle, and so may stand above them in the tree.
SUPERVISING: Final = frozenset({OrganisationKind.CENTRE, OrganisationKind.CITY})
#: A story told in these steps alone is plain; any other step, also one a city adds, wants a person.
PLAIN: Final = frozenset(
    {
        "report", "amend", "request_verification", "submit_verification", "file",
        "return_to_acceptor", "dispatch", "dispatch_automatically", "assign", "revoke_assignment",
        "hand_over", "return_to_unit", "submit_handling", "submit_by_unit", "reject_handling",
        "confirm_handled", "forward", "request_check", "submit_check", "ask_extension",
        "grant_extension", "refuse_extension", "withdraw_extension",
        RECALCULATED.name, UNIT_MOVED.name,
    }
)  # fmt: skip
#: Steps of those whose work is checked.
_WORK: Final = HANDLED | {
    "assign",
    "hand_over",
    "finish_stage",
    "confirm_handled",
    "reject_handling",
}

Answer = tuple[bool, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One rule: whether it is met, and what was found."""

    rule: str
    title: str
    passed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Proof:
    """All rules as they were found; `check_id` is the event of the check, 0 for none."""

    lines: tuple[Line, ...]
    check_id: int = 0

    @property
    def passed(self) -> bool:
        return all(line.passed for line in self.lines)

    @property
    def reason(self) -> str:
        """The first rule that is not met, in words; empty where all are."""
        return next((f"{one.title}：{one.reason}" for one in self.lines if not one.passed), "")

    def data(self) -> dict[str, Any]:
        """Give everything that was looked at, as an event keeps it."""
        return {
            "version": VERSION,
            "check": self.check_id,
            "lines": [
                {"rule": one.rule, "title": one.title, "passed": one.passed, "reason": one.reason}
                for one in self.lines
            ],
        }


def weigh(story: Story, at: datetime) -> Proof:
    """Ask every rule of a case that waits for its closing at `at`."""
    check = story.last("submit_check")
    lines = tuple(Line(name, title, *rule(story, at)) for name, title, rule in _RULES)
    return Proof(lines, check.id if check else 0)


def _source(story: Story, at: datetime) -> Answer:
    source = Source(story.row["source"])
    passed = source in SOURCES
    return passed, source.label if passed else f"{source.label}，须由人答复"


def _plain(story: Story, at: datetime) -> Answer:
    if story.row["important"]:
        return False, "重点案件"
    if len(story.row["limits"]) > 1:
        return False, "分阶段处置（含停工、处罚、拆除等决定）"
    if any(one.data.get("assist") for one in story.events):
        return False, "联合办理"
    odd = next((one for one in story.events if one.verb not in PLAIN), None)
    if odd is not None:
        return False, f"经过“{_title(odd.verb)}”，不是一次办成"
    return True, "一次派遣、一次处置，无返工、重开、督办、催办、挂账、并案"


def _handling(story: Story, at: datetime) -> Answer:
    handled, confirmed = story.handled, story.last("confirm_handled")
    if handled is None or confirmed is None or confirmed.seq < handled.seq:
        return False, "没有经单位确认的处置结果"
    photos = story.after()
    if not photos:
        return False, "没有处置后照片"
    begun = story.last("dispatch", "dispatch_automatically")
    why = next(filter(None, (_against(one, story, begun, handled) for one in photos)), "")
    return not why, why or f"处置后照片 {len(photos)} 张"


def _checker(story: Story, at: datetime) -> Answer:
    check, asked = story.last("submit_check"), story.last("request_check")
    if check is None or asked is None:
        return False, "没有到现场核查"
    if check.actor_id is None:
        return False, "核查人不明"
    workers = {one.actor_id for one in story.events if one.verb in _WORK}
    workers |= {one.data.get("handler") for one in story.events}
    if check.actor_id in workers:
        return False, "核查人参与了处置"
    if check.actor_id == story.row["reporter_id"]:
        return False, "核查人是本案上报人"
    sides = (check.organisation_id, asked.organisation_id)
    if any(_of_one_house(one, story) for one in sides):
        return False, "核查人或发起人与处置单位同属一个机构"
    return True, f"{check.actor}，未参与处置，与处置单位不同属"


def _finding(story: Story, at: datetime) -> Answer:
    checks = [one for one in story.events if one.verb == "submit_check"]
    if not checks:
        return False, "没有核查结果"
    if any(one.data.get("finding") != "solved" for one in checks):
        return False, "核查结果不一致，或为未解决"
    confirmed = story.last("confirm_handled")
    if confirmed is None or checks[-1].seq < confirmed.seq:
        return False, "核查早于处置完成"
    return True, "已解决"


def _photos(story: Story, at: datetime) -> Answer:
    check, handled = story.last("submit_check"), story.handled
    photos = story.photos.get(check.id, ()) if check else ()
    if check is None or handled is None or not photos:
        return False, "没有核查照片"
    why = next(filter(None, (_against(one, story, handled, check) for one in photos)), "")
    if why:
        return False, why
    proving = [one for one in photos if one.taken_at is not None and one.taken_point is not None]
    if not proving:
        return False, "核查照片没有拍摄时间和位置，不能证明到过现场"
    metres = min(_metres(one, story) for one in proving)
    return True, f"{len(proving)} 张，处置后所摄，距案件位置最近 {metres:.0f} 米"


def _before(story: Story, at: datetime) -> Answer:
    photos = [one for one in story.before() if not one.reused]
    return bool(photos), f"{len(photos)} 张" if photos else "没有处置前照片，无从比较"


def _fresh(story: Story, at: datetime) -> Answer:
    check = story.last("submit_check")
    if check is None:
        return False, "没有核查"
    passed = check.at <= at <= check.at + FRESH
    return passed, f"核查后{'未超过' if passed else '已超过'} {FRESH.days} 日"


_RULES: Final[tuple[tuple[str, str, Callable[[Story, datetime], Answer]], ...]] = (
    ("source", "来源", _source),
    ("plain", "经过", _plain),
    ("handling", "处置", _handling),
    ("checker", "核查人", _checker),
    ("finding", "核查结果", _finding),
    ("photos", "核查照片", _photos),
    ("before", "处置前照片", _before),
    ("fresh", "时效", _fresh),
)


def _against(photo: Photo, story: Story, since: Happening | None, until: Happening) -> str:
    """Say what speaks against a picture of a step; empty for nothing. What it doesn't say, doesn't."""
    if photo.reused:
        return "照片此前已在别处用过"
    if photo.taken_at is not None:
        if since is not None and photo.taken_at < since.at.replace(microsecond=0):
            return "照片早于应拍摄的时段，疑为旧照"
        if photo.taken_at > until.at + SLACK:
            return "照片的拍摄时间晚于提交时间"
    if photo.taken_point is not None:
        metres = _metres(photo, story)
        if metres > NEAR_M:
            return f"照片拍摄位置距案件 {metres:.0f} 米，超过 {NEAR_M} 米"
    return ""


def _title(verb: str) -> str:
    found = current("case").verbs.get(verb)
    return found.title if found else verb


def _metres(photo: Photo, story: Story) -> float:
    metres = story.metres(photo)
    return float("inf") if metres is None else metres


def _of_one_house(organisation_id: int | None, story: Story) -> bool:
    """Say whether an organisation has a part in the unit: is it, or lies under it, or over it.

    Over it the centre may stand, and the city's: supervising is their task. One that is not known
    has a part.
    """
    known = units()
    given = story.last("dispatch", "dispatch_automatically")
    unit = known.get(given.data.get("unit", 0)) if given else None
    other = known.get(organisation_id) if organisation_id is not None else None
    if unit is None or other is None or other.path.startswith(unit.path):
        return True
    return unit.path.startswith(other.path) and other.kind not in SUPERVISING
