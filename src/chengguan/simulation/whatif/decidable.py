"""What two scenarios of one comparison may differ in: what a planner decides, never what nature does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from chengguan.core.errors import Invalid

from ..model.scenario import PLACE_NAMES, Scenario

#: Field → what it is called; `*` stands for a code. Whatever is not here is the city itself.
DECIDABLE: Final[Mapping[str, str]] = {
    "collectors.number": "采集员人数",
    "collectors.first_hour": "采集员上班时刻",
    "collectors.last_hour": "采集员下班时刻",
    "collectors.grid_minutes": "每网格巡查分钟",
    "collectors.speed_kmh": "采集员车速",
    "collectors.beat_weights": "巡区划分比重",
    "collectors.shifts": "采集员潮汐班次",
    "units.*.crews": "处置队伍数",
    "units.*.first_hour": "处置上班时刻",
    "units.*.last_hour": "处置下班时刻",
    "units.*.speed_kmh": "处置车速",
    "units.*.lead": "派到队伍前所用时限份额",
    "units.*.shifts": "处置潮汐班次",
    "desks.acceptors": "白班受理员",
    "desks.acceptors_night": "夜班受理员",
    "desks.dispatchers": "白班派遣员",
    "desks.dispatchers_night": "夜班派遣员",
    "desks.day_from": "白班开始",
    "desks.day_to": "白班结束",
    "desks.checks": "核查比例",
    "desks.sees_false_photo": "识别空照片的把握",
    "desks.sees_foreign_photo": "识别他处照片的把握",
    "desks.grants_extension": "准予延期的比例",
    "inspection.grids_per_day": "每日抽查网格数",
    "inspection.first_hour": "抽查开始",
    "inspection.last_hour": "抽查结束",
    "cameras.share": "有摄像机的网格份额",
    "cameras.false_per_day": "摄像机误报",
    "cameras.minutes": "摄像机识别用时",
    "sensors.share": "有传感器的网格份额",
    "sensors.false_per_day": "传感器误报",
    "sensors.minutes": "传感器识别用时",
    "matters.*.limit": "处置时限",
    "matters.*.unit": "责任单位",
}
#: Words only: they change nothing of what happens.
_WORDS: Final = frozenset({"plan.title", "plan.note", "plan.changes", "city.name"})
_MEND: Final = (
    "规划能决定的是：人数、班次与潮汐班次、巡区划分、时限、责任单位、队伍数、各席位人数与时间、"
    "核查比例、照片审核、抽查量、摄像机与传感器；其余请与基准方案保持一致。"
)


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing the plans differ in, in words."""

    field: str
    title: str
    base: str
    other: str


def changes(base: Scenario, other: Scenario) -> list[Changed]:
    """Give what the two plans differ in, in the order of the file.

    Raises:
        Invalid: they differ in nature or in people's habits (the field is named), or in nothing.
    """
    one, two = dict(_flat(base)), dict(_flat(other))
    found: list[Changed] = []
    for field in [*one, *(name for name in two if name not in one)]:
        before, after = one.get(field), two.get(field)
        if before == after or field in _WORDS:
            continue
        title = _title(field)
        if title is None:
            raise _nature(field, before, after)
        word = "队" if field.startswith("units.") else "人"
        whom = _of_whom(base, field, title)
        found.append(Changed(field, whom, _said(before, word), _said(after, word)))
    if not found:
        raise Invalid(
            "whatif.same",
            "两份方案没有任何不同，无从比较。",
            mend="请在其中一份里改动要比较的安排。" + _MEND,
        )
    return found


def _flat(scenario: Scenario) -> Iterator[tuple[str, Any]]:
    for name, value in asdict(scenario).items():
        if name in ("matters", "units"):
            for row in value:
                code = row["code"]
                yield from ((f"{name}.{code}.{key}", one) for key, one in row.items())
        elif isinstance(value, dict):
            yield from ((f"{name}.{key}", one) for key, one in value.items())
        else:
            yield name, value


def _title(field: str) -> str | None:
    return next((title for like, title in DECIDABLE.items() if fnmatchcase(field, like)), None)


def _of_whom(scenario: Scenario, field: str, title: str) -> str:
    table, _, rest = field.partition(".")
    code = rest.partition(".")[0]
    if table == "units":
        return f"{scenario.unit(code).name}{title}"
    return f"{scenario.matter(code).name}{title}" if table == "matters" else title


def _said(value: Any, word: str = "人") -> str:
    if value is None:
        return "没有"
    if isinstance(value, dict):
        hours = f"{value['first_hour']}–{value['last_hour']} 时"
        places = "、".join(PLACE_NAMES[one] for one in value["places"])
        return f"{value['number']} {word} {hours}{f'（{places}）' if places else ''}"
    if isinstance(value, list | tuple):
        return "；".join(_said(one, word) for one in value) or "无"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _nature(field: str, before: Any, after: Any) -> Invalid:
    return Invalid(
        "whatif.nature",
        f"两份方案的 {field} 不同（{_said(before)} 与 {_said(after)}）：这是城市本身的情形或人的习性，"
        "不是规划能决定的，两边面对的就不是同一座城市。",
        field=field,
        mend=_MEND,
    )
