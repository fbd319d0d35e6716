"""What a comparison and a calibration look like: JSON, table, pictures with Chinese labels."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from chengguan.config.paths import ROOT
from chengguan.core.errors import Invalid
from chengguan.simulation.calibration import calibrate
from chengguan.simulation.compare import Comparison
from chengguan.simulation.pictures import FONTS, Words, chinese_font, draw, draw_calibration
from chengguan.simulation.tables import table, text

from .running_city import City, city

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(scope="module")
def town(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[City]:
    with city(tmp_path_factory.mktemp("reporting"), django_db_blocker) as made:
        yield made


@pytest.fixture
def spoiled(town: City) -> Comparison:
    return town.run("false_close", false_close=0.4)


def test_the_table_names_the_lie(town: City, spoiled: Comparison) -> None:
    lines = text(spoiled).splitlines()
    verdicts = {
        line.split()[0]: line.split()[-1] for line in lines if line.endswith(("不实", "未见作假"))
    }
    assert verdicts["按期处置率"] == "不实"
    assert verdicts["采集员有效上报数"] == "未见作假"
    assert "作假行为（真相日志）：未处置即报完成" in "".join(lines)
    assert [line for line in lines if line.startswith("按")][-3:] == ["按事项", "按社区", "按单位"]


def test_json_says_the_same_as_the_table(spoiled: Comparison) -> None:
    said = json.loads(json.dumps(spoiled.to_json()))
    on_time = next(one for one in said["whole"] if one["code"] == "on_time")
    assert on_time["lies"] is True
    assert on_time["gap"] == pytest.approx(on_time["reported"] - on_time["truth"])
    assert set(said["groups"]) == {"matter", "area", "unit"}
    assert {one["code"] for one in said["whole"]} >= {"discovery", "missed", "standing", "cure_30"}
    units = said["groups"]["unit"]
    assert set(units) == {"ADS", "CLEAN", "GREEN", "LIGHT", "MUNI", "ORDER"}


def test_the_parts_sum_up_to_the_whole(town: City) -> None:
    done = town.run("honest")
    whole = done.figure("volume").figure
    for kind in ("matter", "area", "unit"):
        parts = [
            next(one.figure for one in found if one.figure.code == "volume")
            for found in done.groups[kind].values()
        ]
        assert sum(one.reported or 0 for one in parts) == whole.reported
        assert sum(one.truth or 0 for one in parts) == whole.truth


def test_pictures_are_drawn_the_same_twice(town: City, spoiled: Comparison, tmp_path: Path) -> None:
    drawn = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        files, font = draw(spoiled, tmp_path / name)
        assert font == chinese_font()
        drawn.append([path.read_bytes() for path in files])
    assert drawn[0] == drawn[1]
    assert [one[:8] for one in drawn[0]] == [b"\x89PNG\r\n\x1a\n"] * 4


def test_without_a_chinese_font_labels_are_codes() -> None:
    assert Words(None).of("on_time", "按期处置率") == "on_time"
    assert Words(FONTS[0]).of("on_time", "按期处置率") == "按期处置率"


def test_a_calibration_measures_what_was_published(town: City, tmp_path: Path) -> None:
    found = calibrate(town.records("honest"), ROOT / "data" / "simulation" / "published.toml")
    by_code = {one.published.code: one for one in found.figures}
    # So small a city for so few days is only roughly like a large one for long.
    assert by_code["per_day"].near
    assert by_code["closed"].near
    assert by_code["own_staff"].near
    assert 0 < found.hours_apart < 1
    assert sum(found.hours) == pytest.approx(1)
    place, _ = draw_calibration(found, tmp_path)
    assert place.stat().st_size > 10_000
    assert "是否相近" in found.text()


def test_columns_stand_under_each_other() -> None:
    assert table([["指标", "数"], ["a", "12"]]) == ["指标  数", "a     12"]


def test_a_server_never_loads_the_pictures() -> None:
    code = (
        "import sys, chengguan.simulation.running, chengguan.simulation.reporting, "
        "chengguan.config.commands.simulate; print('matplotlib' in sys.modules)"
    )
    setup = f"import django; django.setup(); {code}"
    done = subprocess.run([sys.executable, "-c", setup], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_without_matplotlib_the_mend_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(Invalid, match="matplotlib") as raised:
        chinese_font()
    assert "--no-pictures" in (raised.value.mend or "")
