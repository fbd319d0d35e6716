"""The base map a deployment has set: none, a PMTiles pack, or XYZ tiles; and what forbids one.

Our points are CGCS2000, which a screen can't tell from WGS 84. A base map in GCJ-02 or BD-09 lies 300 to
700 m beside them and would make every pin lie; tiles can't be bent back, so such a map is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

#: Where packs of the deployment's own directory are served.
SERVED_AT: Final = "/base-map/"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}\.pmtiles")
_HOST: Final = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_STRAIGHT: Final = ("cgcs2000", "wgs84")
_SHIFTED_HOSTS: Final = re.compile(r"(autonavi|amap|gtimg|baidu|bdimg|map\.qq)\.\w+")
_SHIFTED: Final = {"gcj02": "GCJ-02", "bd09": "BD-09"}


@dataclass(frozen=True, slots=True)
class BaseMap:
    """`url` is what the browser asks ("" for none); `refusal` is why a map that was set isn't used."""

    url: str = ""
    credit: str = ""
    refusal: str = ""

    @property
    def origin(self) -> str:
        """The origin a page's policy must admit, "" for our own or none."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def base_map() -> BaseMap:
    """Give the base map in use, or why there is none."""
    asked = str(settings.CHENGGUAN_BASE_MAP).strip()
    if not asked:
        return BaseMap()
    refusal = _refusal(asked, str(settings.CHENGGUAN_BASE_MAP_DATUM).lower().replace("-", ""))
    if refusal:
        return BaseMap(refusal=refusal)
    url = f"{SERVED_AT}{asked}" if NAME.fullmatch(asked) else asked
    return BaseMap(url, settings.CHENGGUAN_BASE_MAP_CREDIT)


def _refusal(asked: str, datum: str) -> str:
    if datum in _SHIFTED:
        return (
            f"底图坐标系为 {_SHIFTED[datum]}，与案件位置相差 300 至 700 米，不予叠加。"
            "请换用 CGCS2000 或 WGS 84 的底图（如天地图）。"
        )
    if datum not in _STRAIGHT:
        return "CHENGGUAN_BASE_MAP_DATUM 只能是 cgcs2000、wgs84、gcj02 或 bd09。"
    if NAME.fullmatch(asked):
        return ""
    parts = urlsplit(asked)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return "CHENGGUAN_BASE_MAP 应为地图目录中的 PMTiles 文件名，或 http(s) 开头的地址。"
    if "{" in parts.netloc:
        return "底图地址的主机名里不能有 {s} 之类的占位符，请写明一台主机。"
    # It goes into the policy of every page, where a semicolon begins a rule of its own.
    if not _HOST.fullmatch(parts.netloc):
        return "底图地址的主机名只能是域名或 IP，可带端口，不能有账号和其他字符。"
    if parts.path.endswith(".pmtiles") or all(part in asked for part in ("{z}", "{x}", "{y}")):
        return _by_host(asked, parts.netloc)
    return "底图地址里应有 {z}、{x}、{y}，或以 .pmtiles 结尾。"


def _by_host(asked: str, host: str) -> str:
    """Refuse what is known of a host, whatever the setting says of its datum."""
    shifted = _SHIFTED_HOSTS.search(host)
    if shifted:
        return f"{shifted[0]} 的底图为偏移坐标，与案件位置相差 300 至 700 米，不予叠加。请换用天地图等。"
    # Its sets named …_c are cut in degrees; a web map draws the Mercator squares of …_w.
    if host.endswith("tianditu.gov.cn") and re.search(r"[a-z]{3}_c\b", asked):
        return "天地图请用球面墨卡托投影的图层（名称以 _w 结尾），_c 为经纬度投影，不能拼接。"
    return ""
