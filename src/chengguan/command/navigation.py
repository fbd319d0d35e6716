"""Command's part of the side navigation; each room adds its entry."""

from __future__ import annotations

from typing import Final

from chengguan.accounts.enums import Capability
from chengguan.ui.navigation import Entry

GROUP: Final = "指挥"
#: Who asks or decides; the others have no requests.
_REQUESTS: Final = (
    Capability.APPROVE,
    Capability.LEAD,
    Capability.HANDLE_UNIT,
    Capability.DISPATCH,
    Capability.ACCEPT,
)
#: Each layer of the map asks for its own.
_MAP: Final = (Capability.SEE_CASES, Capability.SEE_REGISTRY, Capability.SEE_PEOPLE)
#: Those a leader's page is for: they decide, oversee or lead a shift.
LEADERS: Final = (Capability.LEAD, Capability.OVERSEE, Capability.APPROVE)
#: Those who have queues: whoever may take a step that waits for him.
_AT_DESKS: Final = (
    Capability.ACCEPT,
    Capability.VERIFY,
    Capability.DISPATCH,
    Capability.HANDLE_UNIT,
    Capability.HANDLE,
)
WORK: Final = "办理"
ENTRIES: Final[tuple[Entry, ...]] = (
    Entry("办理台", "command:desk", "办理", 5, _AT_DESKS, "duty"),
    Entry("审批申请", "command:requests", "办理", 25, _REQUESTS, "rule"),
    Entry("指挥地图", "command:map", GROUP, 30, _MAP, "pin"),
    Entry("处置单位", "command:units", GROUP, 50, Capability.SEE_CASES, "people"),
    Entry("督办催办", "command:oversight", GROUP, 60, Capability.OVERSEE, "shield"),
    Entry("派遣", "command:dispatch", GROUP, 20, Capability.DISPATCH, "flow"),
    Entry("裁定", "command:dispatch-rulings", GROUP, 24, Capability.LEAD, "scales"),
    Entry("裁定先例", "command:dispatch-precedents", GROUP, 26, Capability.SEE_REGISTRY, "book"),
    Entry(
        "自动派遣",
        "command:dispatch-automatic",
        GROUP,
        28,
        (Capability.AUTOMATE, Capability.DISPATCH),
        "device",
    ),
    Entry("我的班次", "command:roster-mine", "办理", 35, icon="clock"),
    Entry("排班表", "command:roster", GROUP, 70, icon="grid"),
    Entry("在岗", "command:roster-now", GROUP, 72, icon="people"),
    Entry("换班审批", "command:roster-swaps", GROUP, 74, Capability.ROSTER, "duty"),
    Entry("领导驾驶舱", "command:leader", GROUP, 80, LEADERS, "home"),
    Entry("展示屏授权", "command:wall-screens", "系统", 85, Capability.MANAGE_SECURITY, "shield"),
    Entry("大屏", "command:wall", GROUP, 90, Capability.WALL, "grid"),
    Entry("下达给我的命令", "command:orders-mine", WORK, 35, icon="duty"),
    Entry("命令", "command:orders", GROUP, 40, Capability.ORDER, "flow"),
    Entry("应急预案", "command:plans", GROUP, 50, Capability.ORDER, "shield"),
    Entry("会议与议定事项", "command:meetings", GROUP, 60, icon="people"),
    Entry("通报", "command:bulletins", GROUP, 70, icon="bell"),
)
