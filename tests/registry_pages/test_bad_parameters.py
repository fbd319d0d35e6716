"""A parameter that can't be is said: what is wrong, and the mend; never a page of its own making."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

import factories
import pytest

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

AREA: Final = f"{factories.STREET}001"
LON, LAT = factories.inside(1)
CELL: Final = {"matter": "matter:01001", "area": AREA}
POINT: Final = {"lon": str(LON), "lat": str(LAT)}


def cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("path", "good", "name", "bad", "said"),
    [
        ("coverage/", {}, "level", "planet", "planet"),
        ("coverage/", {}, "under", "abc", "只能填写数字"),
        ("coverage/", {}, "under", "\x00", "只能填写数字"),
        ("coverage/", {}, "kind", "wish", "wish"),
        ("coverage/", {}, "only", "none", "none"),
        ("coverage/", {}, "at", "9999", "时刻应写作"),
        ("coverage/", {}, "at", "0001-01-01 00:00", "1900 年至 2200 年"),
        ("coverage/", {}, "at", "9999-12-31 23:59", "1900 年至 2200 年"),
        ("coverage/", {}, "page", "abc", "页码"),
        ("coverage/", {}, "page", "0", "页码"),
        ("coverage/", {}, "page", "9" * 40, "页码"),
        ("coverage/cell/", CELL, "at", "9999", "时刻应写作"),
        ("coverage/cell/", CELL, "at", "nonsense", "时刻应写作"),
        ("coverage/cell/", CELL, "at", "2026-13-01", "时刻应写作"),
        ("coverage/cell/", CELL, "at", "0001-01-01T00:00:00+08:00", "1900 年至 2200 年"),
        ("coverage/cell/", CELL, "at", "9999-12-31T23:59:59-08:00", "1900 年至 2200 年"),
        ("coverage/cell/", CELL, "area", "abc", "只能填写数字"),
        ("coverage/cell/", CELL, "area", "\x00", "只能填写数字"),
        ("coverage/cell/", CELL, "area", "3101155019", "没有代码为"),
        ("coverage/cell/", CELL, "area", "", "区域"),
        ("coverage/cell/", CELL, "matter", "", "事项"),
        ("coverage/cell/", CELL, "matter", "wish:01001", "没有这个事项"),
        ("coverage/cell/", CELL, "matter", "matter:99999", "没有这个事项"),
        ("coverage/cell/", CELL, "matter", "matter:\x00", "空字符"),
        ("locate/result/", POINT, "lon", "x", "经度"),
        ("locate/result/", POINT, "lon", "", "经度"),
        ("locate/result/", POINT, "lat", "91", "纬度"),
        ("locate/result/", POINT, "lat", "nan", "纬度"),
        ("locate/result/", POINT, "matter", "wish:1", "没有这个事项"),
        ("locate/result/", POINT, "matter", "matter:99999", "没有这个事项"),
        ("matters/search/", {"matter_words": "垃圾"}, "kind", "wish", "类别"),
        ("matters/search/", {}, "matter_words", "长" * 61, "最多 60"),
        ("cameras/", {}, "sort", "password", "排序"),
        ("cameras/", {}, "cols", "password", "password"),
        ("cameras/", {}, "words", "长" * 61, "60"),
        ("cameras/", {}, "state", "stolen", "stolen"),
        ("cameras/", {}, "area_code", "'", "只能填写数字"),
        ("cameras/", {}, "on", "9999", "日期应写作"),
        ("cameras/", {}, "on", "2026-02-30", "日期应写作"),
        ("cameras/", {}, "after", "zzz", "翻页位置无效"),
        ("cameras/", {}, "after", cursor("a\x00", "1"), "翻页位置无效"),
        ("cameras/", {}, "after", cursor("\ud800", "1"), "翻页位置无效"),
        ("cameras/", {}, "before", cursor("a", "nonsense"), "翻页位置无效"),
        ("cameras/", {"sort": "valid_from"}, "after", cursor("soon", "1"), "翻页位置无效"),
        ("cameras/map/", {}, "on", "9999", "日期应写作"),
        ("cameras/features.geojson", {}, "bbox", "east", "地图范围无效"),
        ("cameras/features.geojson", {}, "bbox", "nan,nan,nan,nan", "地图范围无效"),
        ("cameras/features.geojson", {}, "on", "9999", "日期应写作"),
        ("areas/features.geojson", {}, "zoom", "near", "缩放"),
        ("areas/features.geojson", {}, "zoom", "nan", "缩放"),
        ("cameras/export.csv", {}, "state", "stolen", "stolen"),
        ("areas/", {}, "level", "planet", "planet"),
        ("rules/", {}, "matter__kind", "wish", "wish"),
    ],
)
def test_a_bad_parameter_is_said(
    keeper: Client, path: str, good: dict[str, str], name: str, bad: str, said: str
) -> None:
    url = f"/registry/{path}"
    assert keeper.get(url, good).status_code == 200
    answer = keeper.get(url, {**good, name: bad})
    assert answer.status_code in (404, 422)
    assert said in answer.content.decode()


@pytest.mark.parametrize("key", ["\x00", "9" * 40, "%F0%9F%92%A9", "nonsense"])
@pytest.mark.parametrize("slug", ["areas", "cameras", "duties", "matters"])
def test_a_key_that_can_be_no_row_s_is_not_found(keeper: Client, slug: str, key: str) -> None:
    from urllib.parse import quote

    for page in ("", "history/"):
        answer = keeper.get(f"/registry/{slug}/{quote(key)}/{page}")
        assert answer.status_code == 404
        assert "请核对代码" in answer.content.decode()


def test_a_run_that_can_t_be_is_not_found(keeper: Client) -> None:
    answer = keeper.get(f"/registry/cameras/import/{'9' * 40}/")
    assert answer.status_code == 404
    assert "没有找到这次导入" in answer.content.decode()


def test_a_matrix_asked_wrongly_shows_none(keeper: Client) -> None:
    page = keeper.get("/registry/coverage/?level=planet")
    assert page.status_code == 422
    assert "lines" not in page.context
    assert "查询条件有误" in page.content.decode()
