"""Heads that several kinds share."""

from __future__ import annotations

from .fields import Field, day, number, text

NAME = ("名称", "name", "区划名称", "标准名称")
VALID_FROM = Field(
    "valid_from", ("生效日期", "起", "初始日期", "初始时间", "validfrom", "CSRQ"), day, empty=None
)
VALID_TO = Field(
    "valid_to",
    ("失效日期", "止", "终止日期", "终止时间", "变更日期", "validto", "BGRQ"),
    day,
    empty=None,
)
REMARK = Field("remark", ("备注", "remark", "BZ"), text(200))
LON = Field(
    "lon",
    ("经度", "lon", "lng", "longitude", "x", "wgs84Lng", "X坐标"),
    number(-180, 180),
    empty=None,
)
LAT = Field(
    "lat", ("纬度", "lat", "latitude", "y", "wgs84Lat", "Y坐标"), number(-90, 90), empty=None
)
ADDRESS = Field(
    "address", ("位置描述", "地址", "位置", "address", "installationAddress"), text(200)
)
