"""`chengguan simulate` as somebody types it, on a new database of the tests' server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql

from chengguan.config import postgres
from chengguan.config.commands.simulate import command

from .plans import plans
from .small import DEFAULT

DATABASE = f"moni_test_{os.getpid()}"


def city(folder: Path) -> Path:
    """Write the shipped city with 16 grids."""
    text = DEFAULT.read_text(encoding="utf-8")
    for old, new in (
        ("\ngrids = 240", "\ngrids = 16"),
        ("communities = 8", "communities = 2"),
        ("number = 28", "number = 3"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    place = folder / "city.toml"
    place.write_text(text, encoding="utf-8")
    return place


def simulate(*words: str, good: bool = True) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "chengguan.config", "simulate", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is good, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def database() -> Iterator[str]:
    yield DATABASE
    at = postgres.database_settings()
    with psycopg.connect(
        host=at["HOST"],
        port=at["PORT"] or None,
        user=at["USER"],
        password=at["PASSWORD"],
        dbname=at["NAME"],
        autocommit=True,
    ) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(DATABASE)))


@pytest.mark.slow
def test_from_the_file_to_the_tables(database: str, tmp_path: Path) -> None:
    place, out = city(tmp_path), tmp_path / "run"
    days = ("--days", "2", "--seed", "1", "--database", database)
    said = simulate(str(place), *days, "--out", str(out), "--spoil", "false_close=0.3")
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert (run["database"], run["spoilers"]) == (database, {"false_close": 0.3})
    assert run["digest"] in said
    told = simulate("compare", str(out))
    assert "按期处置率" in told
    # A machine without a Chinese font is told so after these.
    written = (out / "compare.txt").read_text(encoding="utf-8")
    files = "".join(
        f"✓ {out / name}\n"
        for name in (
            "compare.json",
            "compare.txt",
            "compare-whole.png",
            "compare-matter.png",
            "compare-area.png",
            "compare-unit.png",
        )
    )
    assert told.startswith(f"{written}\n{files}")
    judged = simulate("compare", str(out), "--baseline", str(out), "--no-pictures")
    assert "未见作假" in judged
    # Two days are no city: the calibration says so and fails.
    assert "不相近" in simulate("calibrate", str(out), "--no-pictures", good=False)
    assert "已经存在" in simulate(str(place), *days, good=False)
    here = ("--days", "1", "--seed", "2", "--here", "--database", database)
    again = simulate(str(place), *here, "--out", str(tmp_path / "here"))
    assert "· 16 个网格，15 类事项" in again
    assert "平台拒绝 0 步" in again
    assert "已有种子 2 的一次模拟" in simulate(str(place), *here, good=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", str(DEFAULT), "--days", "0", "--seed", "1"], "days"),
        ([str(DEFAULT), "--days", "1", "--seed", "1", "--spoil", "stage=much"], "stage=much"),
        (["nowhere.toml", "--days", "1", "--seed", "1"], "nowhere.toml"),
    ],
)
def test_what_makes_no_sense_is_refused(words: list[str], said: str) -> None:
    done = CliRunner().invoke(command, words)
    assert done.exit_code == 2
    assert said in done.output


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["compare", str(tmp_path)])
    assert done.exit_code == 1
    assert "run.json" in done.output


@pytest.mark.slow  # two runs of the command, one of them with processes of its own
def test_two_plans_compared_from_the_shell(tmp_path: Path) -> None:
    base, other, out = tmp_path / "base.toml", tmp_path / "more.toml", tmp_path / "out"
    for place, (_, text) in zip((base, other), plans(12), strict=True):
        place.write_text(text, encoding="utf-8")
    asked = ("whatif", str(base), str(other), "--days", "1", "--seeds", "3", "--no-keep")
    said = simulate(*asked, "--out", str(out))
    assert "多两人 对 现状：1 天，3 个种子" in said
    assert "采集员人数：4 → 6" in said
    written = json.loads((out / "whatif.json").read_text(encoding="utf-8"))
    assert [one["seed"] for one in written["seeds"]] == [1, 2, 3]
    assert len({one["nature"] for one in written["seeds"]}) == 3
    assert {one["code"] for one in written["figures"]} == set(written["seeds"][0]["base"])
    assert len(written["hours"]["other"]["patrol"]) == 24
    assert (out / "whatif.txt").read_text(encoding="utf-8") in said

    other.write_text("[plan]\nchanges = true\n[collectors]\nskill = 0.99\n", encoding="utf-8")
    refused = simulate(*asked, good=False)
    assert "more.toml 第 4 行" in refused
    assert "collectors.skill" in refused
