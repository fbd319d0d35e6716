"""Coverage, locating, the matter search, and imports in two steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import factories
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from chengguan.registry.models import Camera, ImportRun

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def test_coverage_shows_one_gap_and_conflict(keeper: Client) -> None:
    factories.matter("02001", "枯树")
    rival = factories.organisation("林业站")
    factories.duty(rival, f"{factories.STREET}002", kind="matter", matter_prefix="02")
    page = keeper.get("/registry/coverage/")
    cells = {
        line.matter.code: [(cell.area_code[-3:], cell.status) for cell in line.cells]
        for line in page.context["lines"]
    }
    assert cells == {
        "01001": [("001", "one"), ("002", "one")],
        "02001": [("001", "one"), ("002", "conflict")],
    }
    only = keeper.get("/registry/coverage/?only=conflict&level=community")
    assert [line.matter.code for line in only.context["lines"]] == ["02001"]
    assert page.context["counts"] == {"gap": 0, "one": 3, "conflict": 1}


def test_cell_explains_itself(keeper: Client) -> None:
    area = f"{factories.STREET}001"
    page = keeper.get(f"/registry/coverage/cell/?matter=matter:01001&area={area}")
    assert page.context["answer"].organisation == "环卫所"
    assert "采用" in page.content.decode()
    assert keeper.get("/registry/coverage/cell/?matter=nonsense").status_code == 422


def test_wrong_coverage_question_is_said(keeper: Client) -> None:
    page = keeper.get("/registry/coverage/?under=abc")
    assert page.status_code == 422
    assert "只能填写数字" in page.content.decode()


def test_point_gives_its_whole_chain_and_who_answers(keeper: Client) -> None:
    lon, lat = factories.inside(1)
    page = keeper.get(f"/registry/locate/result/?lon={lon}&lat={lat}&matter=matter:01001")
    levels = [area.level for area in page.context["chain"]]
    assert levels == ["city", "district", "street", "community", "grid"]
    assert page.context["answer"].organisation == "环卫所"
    outside = keeper.get("/registry/locate/result/?lon=1&lat=1")
    assert "不在本市任何区域内" in outside.content.decode()
    assert keeper.get("/registry/locate/result/?lon=x&lat=1").status_code == 422
    assert keeper.get("/registry/locate/").status_code == 200


def test_stranger_is_refused(stranger: Client) -> None:
    urls = ["/registry/coverage/", "/registry/coverage/cell/", "/registry/locate/",
            "/registry/locate/result/"]  # fmt: skip
    assert [stranger.get(url).status_code for url in urls] == [403] * 4


def test_matters_are_found_by_words(keeper: Client) -> None:
    found = keeper.get("/registry/matters/search/?matter_words=垃圾")
    assert [option.code for option in found.context["options"]] == ["01001"]
    none = keeper.get("/registry/matters/search/?matter_words=没有的")
    assert "请换一个说法" in none.content.decode()


def test_import_is_checked_then_applied(keeper: Client) -> None:
    lon, lat = factories.inside(1)
    table = f"编号,名称,经度,纬度\nCAM1,路口球机,{lon},{lat}\n".encode()
    file = SimpleUploadedFile("cameras.csv", table)
    answer = keeper.post("/registry/cameras/import/", {"file": file, "crs": "CGCS2000"})
    run = ImportRun.objects.get()
    assert answer.headers["Location"] == f"/registry/cameras/import/{run.pk}/"
    assert (run.status, run.added, run.error_count, Camera.objects.count()) == ("checked", 1, 0, 0)
    assert "确认导入" in keeper.get(f"/registry/cameras/import/{run.pk}/").content.decode()
    keeper.post(f"/registry/cameras/import/{run.pk}/apply/")
    assert Camera.objects.get().name == "路口球机"


def test_wrong_rows_are_listed_with_their_mend(keeper: Client) -> None:
    file = SimpleUploadedFile("cameras.csv", "编号,名称,经度,纬度\nCAM1,球机,东,北\n".encode())
    keeper.post("/registry/cameras/import/", {"file": file, "crs": "CGCS2000"})
    run = ImportRun.objects.get()
    page = keeper.get(f"/registry/cameras/import/{run.pk}/").content.decode()
    assert run.error_count > 0
    assert "没有写入任何一行" in page
    assert "确认导入" not in page


def test_import_wants_the_coordinate_system(keeper: Client) -> None:
    file = SimpleUploadedFile("cameras.csv", b"code\n1\n")
    answer = keeper.post("/registry/cameras/import/", {"file": file})
    assert answer.status_code == 422
    assert "坐标系" in answer.content.decode()
