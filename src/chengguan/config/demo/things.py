"""Published devices and cameras, and the components that some devices sit in."""

from __future__ import annotations

from typing import Final

from chengguan.registry.domain.imports import table

from .bringing import DATA, bring, read
from .ground import DISTRICT

_OPTIONS: Final = {"crs": "WGS84", "unplaced": True, "area": DISTRICT}
#: State of a device as the source wrote it: 0 at work, 1 lost, 2 alarming.
_STATES: Final = {"0": "正常", "1": "失联", "2": "故障"}
MANHOLE: Final = "6"
#: 05 其他管理部件 has no class for "manhole of unknown use": the covers of a housing estate's yard
#: are sewage covers (01002) until somebody lifts them.
MANHOLE_CLASS: Final = "01002"


def load_devices() -> str:
    """Load the 781 devices."""
    heads = ["编号", "类型代码", "类型", "名称", "经度", "纬度", "位置描述", "状态", "安装时间"]
    rows = [
        (
            row["id"],
            row["sensorType"],
            row["sensorName"],
            f"{row['sensorName']}{row['id']}",
            row["wgs84Lng"],
            row["wgs84Lat"],
            row["installationAddress"],
            _STATES[row["status"]],
            row["installationTime"],
        )
        for row in devices()
    ]
    bring("devices", "demo-设备.csv", table(heads, rows), _OPTIONS)
    return f"{len(rows)} 台，{len({row[2] for row in rows})} 种"


def load_cameras() -> str:
    """Load the 734 cameras; the source names none of them."""
    rows = [
        (f"LG-{number:04d}", f"临港{_KINDS[row['src']]}{number:04d}", row["lon"], row["lat"])
        for number, row in enumerate(read(DATA / "lingang" / "cameras.csv"), start=1)
    ]
    bring("cameras", "demo-摄像机.csv", table(["编号", "名称", "经度", "纬度"], rows), _OPTIONS)
    return f"{len(rows)} 台"


def load_components() -> str:
    """Make components of the manhole covers that carry a device, at the device's place."""
    heads = ["部件标识码", "部件名称", "经度", "纬度", "位置描述", "养护单位", "数据来源", "备注"]
    rows = [
        (
            component_code(row),
            "智能井盖",
            row["wgs84Lng"],
            row["wgs84Lat"],
            row["installationAddress"],
            "海洋小区物业服务处",
            "由物联设备推得",
            f"设备编号 {row['id']}",
        )
        for row in manholes()
    ]
    bring("components", "demo-部件.csv", table(heads, rows), {"crs": "WGS84"})
    return f"{len(rows)} 个井盖（由智能井盖设备推得）"


def component_codes() -> dict[str, str]:
    """Give the component code by the address that alarms name."""
    return {row["installationAddress"]: component_code(row) for row in manholes()}


def component_code(row: dict[str, str]) -> str:
    """Give the 17 digits of the cover a device sits in."""
    return f"{DISTRICT}{MANHOLE_CLASS}{int(row['id']):06d}"


def manholes() -> list[dict[str, str]]:
    """Give the devices that sit in manhole covers."""
    found = [row for row in devices() if row["sensorType"] == MANHOLE]
    return sorted(found, key=lambda row: int(row["id"]))


def devices() -> list[dict[str, str]]:
    """Give the published devices as they came."""
    return list(read(DATA / "lingang" / "iot_sensors.csv"))


_KINDS: Final = {"tour": "景区道路摄像机", "society": "小区摄像机"}
