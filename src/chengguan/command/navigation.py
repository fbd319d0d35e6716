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
#: Everybody with a part in the loop; the wall's account and the administrators have none.
_IN_THE_LOOP: Final = (Capability.SEE_CASES, Capability.ROSTER, Capability.ORDER)
_AUTOMATIC: Final = (Capability.AUTOMATE, Capability.DISPATCH)
_CLOSING: Final = (Capability.AUTOMATE, Capability.CLOSE)
WORK: Final = "办理"
CITY: Final = "城市台账"
#: In the order of a shift: what is to be done, then what leads, then who is there, then what it came to.
ENTRIES: Final[tuple[Entry, ...]] = (
    Entry("办理台", "command:desk", WORK, 10, _AT_DESKS, "duty"),
    # Rulings are decided from here too; their page is a part of it (`command:dispatch-rulings`).
    Entry("审批申请", "command:requests", WORK, 30, _REQUESTS, "rule"),
    Entry("下达给我的命令", "command:orders-mine", WORK, 35, _IN_THE_LOOP, "duty"),
    Entry("我的班次", "command:roster-mine", WORK, 45, _IN_THE_LOOP, "clock"),
    Entry("指挥地图", "command:map", GROUP, 10, _MAP, "pin"),
    Entry("派遣", "command:dispatch", GROUP, 20, Capability.DISPATCH, "flow"),
    Entry("自动派遣", "command:dispatch-automatic", GROUP, 25, _AUTOMATIC, "device"),
    Entry("自动结案", "command:closing", GROUP, 26, _CLOSING, "device"),
    Entry("命令", "command:orders", GROUP, 30, Capability.ORDER, "flow"),
    Entry("应急预案", "command:plans", GROUP, 35, Capability.ORDER, "shield"),
    Entry("通报", "command:bulletins", GROUP, 40, _IN_THE_LOOP, "bell"),
    Entry("会议与议定事项", "command:meetings", GROUP, 45, _IN_THE_LOOP, "people"),
    Entry("排班表", "command:roster", GROUP, 50, _IN_THE_LOOP, "grid"),
    Entry("在岗", "command:roster-now", GROUP, 52, _IN_THE_LOOP, "people"),
    Entry("换班审批", "command:roster-swaps", GROUP, 54, Capability.ROSTER, "duty"),
    Entry("处置单位", "command:units", GROUP, 60, Capability.SEE_CASES, "people"),
    Entry("督办催办", "command:oversight", GROUP, 65, Capability.OVERSEE, "shield"),
    Entry("大屏", "command:wall", GROUP, 70, Capability.WALL, "grid"),
    Entry("领导驾驶舱", "command:leader", GROUP, 75, LEADERS, "home"),
    Entry("裁定先例", "command:dispatch-precedents", CITY, 105, Capability.SEE_REGISTRY, "book"),
    Entry("展示屏授权", "command:wall-screens", "系统", 85, Capability.MANAGE_SECURITY, "shield"),
)
