"""The registry's part of the side navigation."""

from __future__ import annotations

from typing import Final

from chengguan.accounts.enums import Capability
from chengguan.ui.navigation import Entry

_GROUP = "城市台账"
_SEE = Capability.SEE_REGISTRY

ENTRIES: Final = (
    Entry("区域与网格", "registry:areas-list", _GROUP, 10, _SEE, "tree"),
    Entry("责任网格", "registry:duty-grids-list", _GROUP, 20, _SEE, "grid"),
    Entry("事项目录", "registry:matters-list", _GROUP, 30, _SEE, "book"),
    Entry("立案标准", "registry:rules-list", _GROUP, 40, _SEE, "rule"),
    Entry("部件", "registry:components-list", _GROUP, 50, _SEE, "pole"),
    Entry("摄像机", "registry:cameras-list", _GROUP, 60, _SEE, "camera"),
    Entry("设备", "registry:devices-list", _GROUP, 70, _SEE, "device"),
    Entry("设施站点", "registry:facilities-list", _GROUP, 75, _SEE, "flow"),
    Entry("作业车辆", "registry:vehicles-list", _GROUP, 77, _SEE, "flow"),
    Entry("机构", "registry:organisations-list", _GROUP, 80, _SEE, "people"),
    Entry("权责", "registry:duties-list", _GROUP, 90, _SEE, "duty"),
    Entry("权责覆盖", "registry:coverage", _GROUP, 100, _SEE, "matrix"),
    Entry("定位查询", "registry:locate", _GROUP, 110, _SEE, "pin"),
)
