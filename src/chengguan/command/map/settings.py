"""What the map's page is told: layers a person may see, their legends, addresses, where to begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from chengguan.accounts.domain.principal import Principal, principal_of_request
from chengguan.accounts.enums import Capability
from chengguan.cases.queries import cases_visible_to
from chengguan.core.errors import NotFound
from chengguan.registry import queries as registry
from chengguan.registry.domain import catalogue
from chengguan.registry.enums import FacilityKind, MatterKind
from chengguan.registry.views import city_start
from chengguan.ui import ports

from .domain.asked import Circle


@dataclass(frozen=True, slots=True)
class Layer:
    """One switch of the layers panel; `signs` are its legend: (css, letter, words)."""

    name: str
    title: str
    on: bool
    about: str
    signs: tuple[tuple[str, str, str], ...] = ()


#: One letter a kind of station, in the order of `FacilityKind`.
_STATIONS: Final = ("转", "集", "处", "消", "厕", "休", "停", "他")
_LIGHT_SIGNS: Final = (
    ("sign-red", "", "已超期"),
    ("sign-yellow", "", "将到期"),
    ("sign-green", "", "时限内"),
    ("sign-none", "", "不计时"),
)


def layers(request: HttpRequest) -> list[Layer]:
    """Give the layers that a person may see, in the order of the panel."""
    asker = ports.asker(request)
    found = []
    if asker.can(Capability.SEE_CASES):
        found.append(
            Layer(
                "cases",
                "案件",
                True,
                "远处按格子合计，环上各段为各灯色所占；点开为同数的列表。",
                _LIGHT_SIGNS,
            )
        )
    if asker.can(Capability.SEE_REGISTRY):
        found.append(Layer("areas", "区域名称与边界", True, "街道、社区、单元网格，随缩放变细。"))
        if asker.can(Capability.SEE_CASES):
            found.append(Layer("load", "网格负荷", False, "各区域在办案件数，颜色越深越多。"))
        found += [
            Layer("components", "部件", False, "街道一级单个显示，字为大类。", _classes()),
            Layer(
                "cameras", "摄像机", False, "三角指向镜头朝向。", (("sign-camera", "▲", "摄像机"),)
            ),
            Layer(
                "devices", "设备", False, "点开看状态与最近数据。", (("sign-device", "◆", "设备"),)
            ),
            Layer(
                "facilities", "设施站点", False, "字为类型：中转站、公厕、消纳场等。", _stations()
            ),
        ]
        found.append(
            Layer(
                "vehicles",
                "作业车辆",
                False,
                "各车最近上报的位置；超过 30 分钟没有上报的为空心，并写明“未更新”。",
                (
                    ("sign-vehicle", "车", "30 分钟内有上报"),
                    ("sign-vehicle-stale", "车", "未更新"),
                ),
            )
        )
    if asker.can(Capability.SEE_PEOPLE):
        about = "只含排班在岗者；位置为今天最近一次办件所在网格，每次查看都告知本人。"
        found.append(Layer("people", "在岗人员", False, about, (("sign-people", "●", "在岗人员"),)))
    return found


def config(request: HttpRequest, query: str) -> dict[str, Any]:
    """Give what the page's script is told (JSON)."""
    principal = principal_of_request(request)
    circle = request.GET.get("circle", "")
    return {
        "user": principal.user_id,
        "query": query,
        "start": _start(principal, request.GET.get("case", ""), circle),
        "near": bool(circle or request.GET.get("case")),
        "circle": circle,
        "urls": {
            "cases": _template("command:map-cases-tile"),
            "components": _template("command:map-things-tile", "components"),
            "cameras": _template("command:map-things-tile", "cameras"),
            "devices": _template("command:map-things-tile", "devices"),
            "facilities": _template("command:map-things-tile", "facilities"),
            "areas": reverse("registry:areas-features"),
            "load": reverse("command:map-load-shapes"),
            "people": reverse("command:map-people"),
            "vehicles": reverse("command:map-vehicles"),
            "hours": reverse("command:map-hours"),
            "inside": reverse("command:map-inside"),
            "list": reverse("command:map-inside-list", args=["cases"]),
            "case": reverse("command:map-case", args=[0]),
            "thing": reverse("command:map-thing", args=["kind", 0]),
        },
        "stations": list(_STATIONS),
        "classes": [{"code": code, "letter": letter} for code, letter, _ in _majors()],
    }


def rows_of_kind(principal: Principal, kind: str) -> QuerySet[Any]:
    """Give the rows of a kind of things that a person may see."""
    visible = {
        "components": registry.components_visible_to,
        "cameras": registry.cameras_visible_to,
        "devices": registry.devices_visible_to,
        "facilities": registry.facilities_visible_to,
    }
    return visible[kind](principal)


def _start(principal: Principal, number: str, circle: str) -> list[float] | None:
    if circle:
        asked = Circle.read(circle)
        return [asked.lon, asked.lat]
    if number:
        case = cases_visible_to(principal).filter(number=number).only("point").first()
        if case is None:
            raise NotFound(
                "map.case", "没有找到这个案件。", mend="请核对编号；它也可能不在您的查看范围内。"
            )
        if case.point:
            return list(case.point)
    areas = [one for one in registry.areas_seen_by(principal) if one]
    centre = None
    if areas:
        rows = registry.areas_visible_to(principal).filter(code__in=areas, centre__isnull=False)
        centre = rows.values_list("centre", flat=True).first()
    return list(centre) if centre else city_start()


def _template(name: str, *args: str) -> str:
    """Give a tile's address with {z}/{x}/{y} for the map to fill in."""
    return reverse(name, args=[*args, 0, 0, 0]).replace("/0/0/0", "/{z}/{x}/{y}")


def _majors() -> list[tuple[int, str, str]]:
    """Give code, letter and name of the classes (大类) of components."""
    names = {
        one.major_code[:2]: one.major_name for one in catalogue.matters(kind=MatterKind.COMPONENT)
    }
    return [(int(code), name[:1], name) for code, name in sorted(names.items()) if code.isdigit()]


def _stations() -> tuple[tuple[str, str, str], ...]:
    pairs = zip(_STATIONS, FacilityKind.labels, strict=True)
    return tuple(("sign-facility", letter, name) for letter, name in pairs)


def _classes() -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (f"sign-class-{1 + place % 6}", letter, name)
        for place, (_, letter, name) in enumerate(_majors())
    )
