"""The base map by setting: served from its own directory alone, admitted by its exact origin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import factories
import pytest
from base_map_packs import pack, picture
from django.test import Client
from page_clients import signed_in

from chengguan.config.doctor import Level, examine
from chengguan.ui.basemap import base_map
from chengguan.ui.middleware import policy

if TYPE_CHECKING:
    from factories import City

TIANDITU = "https://t0.tianditu.gov.cn/DataServer?T=vec_w&x={x}&y={y}&l={z}&tk=abc"


@pytest.fixture
def maps(settings: Any, tmp_path: Path) -> Path:
    settings.CHENGGUAN_MAPS = tmp_path / "maps"
    settings.CHENGGUAN_MAPS.mkdir()
    settings.CHENGGUAN_BASE_MAP = "city.pmtiles"
    (settings.CHENGGUAN_MAPS / "city.pmtiles").write_bytes(pack(picture()))
    return tmp_path / "maps"


@pytest.fixture
def client_of_the_city(db: None) -> Client:
    return signed_in(factories.stranger())


def read(client: Client, name: str, **headers: str) -> Any:
    return client.get(f"/base-map/{name}", headers=headers)


def test_a_pack_is_served_by_ranges(maps: Path, client_of_the_city: Client) -> None:
    part = read(client_of_the_city, "city.pmtiles", Range="bytes=0-6")
    again = read(client_of_the_city, "city.pmtiles", **{"If-None-Match": part["ETag"]})

    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"PMTiles")
    assert again.status_code == 304


def test_nothing_beside_the_directory_is_served(maps: Path, client_of_the_city: Client) -> None:
    outside = maps.parent / "secret.pmtiles"
    outside.write_bytes(b"secret")
    (maps / "link.pmtiles").symlink_to(outside)
    (maps / "notes.txt").write_text("x")

    for name in (
        "link.pmtiles",
        "..%2Fsecret.pmtiles",
        "../secret.pmtiles",
        "notes.txt",
        "no.pmtiles",
    ):
        assert read(client_of_the_city, name).status_code == 404, name
    assert Client().get("/base-map/city.pmtiles").status_code == 302


@pytest.mark.parametrize(
    ("asked", "datum"),
    [
        (TIANDITU, "gcj02"),
        (TIANDITU, "bd09"),
        (TIANDITU, "wgs72"),
        ("https://webrd01.is.autonavi.com/appmaptile?x={x}&y={y}&z={z}", "cgcs2000"),
        (TIANDITU.replace("vec_w", "vec_c"), "cgcs2000"),
        ("https://t{s}.maps.example/{z}/{x}/{y}.png", "wgs84"),
        ("https://maps.example/tiles", "wgs84"),
        ("https://maps.example;script-src */{z}/{x}/{y}.png", "wgs84"),
        ("https://maps.example *:443/{z}/{x}/{y}.png", "wgs84"),
        ("https://me@maps.example/{z}/{x}/{y}.png", "wgs84"),
        ("../city.pmtiles", "wgs84"),
        ("javascript:alert(1)", "wgs84"),
    ],
)
def test_a_map_that_would_lie_is_refused(settings: Any, asked: str, datum: str) -> None:
    settings.CHENGGUAN_BASE_MAP, settings.CHENGGUAN_BASE_MAP_DATUM = asked, datum
    found = base_map()

    assert found.refusal
    assert (found.url, found.origin) == ("", "")
    assert "img-src 'self' data: blob:;" in policy("n")


def test_the_policy_admits_exactly_the_origin(settings: Any) -> None:
    settings.CHENGGUAN_BASE_MAP, settings.CHENGGUAN_STREAM_URL = TIANDITU, ""
    rules = dict(rule.split(" ", 1) for rule in policy("n").split("; "))

    assert rules["img-src"] == "'self' data: blob: https://t0.tianditu.gov.cn"
    assert rules["connect-src"] == "'self' https://t0.tianditu.gov.cn"


def test_the_page_says_why_there_is_none(settings: Any, db: None) -> None:
    city: City = factories.working_city()
    settings.CHENGGUAN_BASE_MAP, settings.CHENGGUAN_BASE_MAP_DATUM = TIANDITU, "gcj02"

    page = signed_in(city.people["dispatcher"]).get("/map/").content.decode()

    assert "底图坐标系为 GCJ-02" in page
    assert "chengguan-base-map" not in page


def test_the_doctor_misses_a_pack(maps: Path, db: None) -> None:
    def said() -> Level:
        return next(one.level for one in examine() if one.subject == "底图")

    assert said() is Level.FINE
    (maps / "city.pmtiles").unlink()
    assert said() is Level.WARNING
