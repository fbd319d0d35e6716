"""The command: help in the user's words, quick, and each command reaching its function."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner

from chengguan.config import cli, postgres

Run = Callable[..., subprocess.CompletedProcess[str]]


def _commands() -> list[str]:
    return [name for name in cli.COMMANDS if name not in ("prepare-demo", "drive-demo")]


def test_help_lists_every_command_in_chinese() -> None:
    shown = CliRunner().invoke(cli.main, ["--help"])

    assert shown.exit_code == 0
    listed = shown.output.partition("Commands:")[2].split("\n")
    found = {line.split()[0]: line.split(maxsplit=1)[1] for line in listed if line.strip()}
    assert set(found) == set(_commands())
    assert [name for name, text in found.items() if text.isascii()] == []


def _walk(name: str, command: click.Command) -> list[tuple[str, click.Command]]:
    found = [(name, command)]
    if isinstance(command, click.Group):
        for child, sub in command.commands.items():
            found += _walk(f"{name} {child}", sub)
    return found


@pytest.mark.parametrize("name", _commands())
def test_every_command_and_option_is_explained(name: str) -> None:
    command = cli.main.get_command(click.Context(cli.main), name)
    assert command is not None

    for path, each in _walk(name, command):
        assert not (each.help or "a").isascii(), path
        silent = [
            option.name
            for option in each.params
            if isinstance(option, click.Option) and not (option.help or "").strip()
        ]
        assert silent == [], path


def test_help_loads_neither_django_nor_numpy() -> None:
    script = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from chengguan.config import cli\n"
        "assert CliRunner().invoke(cli.main, ['--help']).exit_code == 0\n"
        "print([n for n in ('django', 'numpy', 'shapely', 'psycopg') if n in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(cli.main, ["serv"]).exit_code == 2


def test_migrate_twice(run: Run) -> None:
    assert run("migrate").stdout == "表结构已是最新。\n"


def test_doctor_ends_with_one_for_a_missing_calendar(run: Run) -> None:
    done = run("doctor", check=False)

    assert done.returncode == 1
    assert "✗ 工作日历：没有代码为 city 的日历" in done.stdout
    assert "处理：执行 chengguan import calendar" in done.stdout
    assert "✓ 数据库：内嵌 PostgreSQL 18" in done.stdout


def test_audit_verify_of_an_empty_chain(run: Run) -> None:
    done = run("audit", "verify")

    assert "✓ 审计链完整" in done.stdout


def test_locate_outside_says_the_mend(run: Run) -> None:
    done = run("registry", "locate", "2.35", "48.85", check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("✗ 该点不在已登记的区域内")


def test_resolve_needs_a_place(run: Run) -> None:
    done = run("registry", "resolve", "matter", "0101", check=False)

    assert done.returncode == 2
    assert "请用 --area 或 --point 说明地点" in done.stderr


def test_tessellate_unknown_area(run: Run) -> None:
    done = run("registry", "tessellate", "999999", check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("✗ ")
    assert "Traceback" not in done.stderr


def test_unreachable_database_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///x")

    done = run("doctor", check=False)

    assert done.returncode == 1
    assert "DATABASE_URL 应为" in done.stderr
    assert "Traceback" not in done.stderr


def test_silent_database_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    done = run("migrate", check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("✗ 数据库连接失败")
    assert "Traceback" not in done.stderr


def test_import_kinds_are_those_of_the_registry() -> None:
    from chengguan.config.commands import bring_in
    from chengguan.registry.domain.imports import KINDS

    assert set(bring_in.KINDS) == set(KINDS)


def test_import_is_checked_then_applied(run: Run, home: Path) -> None:
    sheet = home / "organisations.csv"
    sheet.write_text("代码,名称,类别\n9001,市城管指挥中心,centre\n", encoding="utf-8")

    checked = run("import", "organisations", str(sheet))
    nothing = _count("SELECT count(*) FROM accounts_organisation WHERE code = '9001'")
    applied = run("import", "organisations", str(sheet), "--apply")
    written = _count("SELECT count(*) FROM accounts_organisation WHERE code = '9001'")

    assert (nothing, written) == (0, 1)
    assert "校验通过，共 1 行：新增 1" in checked.stdout
    assert "已写入，共 1 行：新增 1" in applied.stdout


def test_what_is_exported_can_be_imported_again(run: Run, home: Path) -> None:
    sheet, again = home / "in.csv", home / "out.csv"
    sheet.write_text("代码,名称,类别\n9003,=区城管局,department\n", encoding="utf-8")
    run("import", "organisations", str(sheet), "--apply")

    done = run("registry", "export", "organisations", str(again))

    assert f"✓ 已导出 机构：{again}" in done.stdout
    text = again.read_text(encoding="utf-8-sig")
    assert "9003,'=区城管局" in text
    assert "校验通过" in run("import", "organisations", str(again)).stdout
    assert [one.name for one in home.glob("*out*")] == ["out.csv"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kept.csv", "已存在"),
        ("no/where.csv", "没有目录"),
        ("out.txt", "格式可选"),
        ("o.geojson", "没有位置"),
    ],
)
def test_an_export_that_can_not_be_says_why(run: Run, home: Path, name: str, said: str) -> None:
    (home / "kept.csv").write_text("mine")

    done = run("registry", "export", "organisations", str(home / name), check=False)

    assert (done.returncode, done.stderr[:2]) == (1, "✗ ")
    assert said in done.stderr
    assert (home / "kept.csv").read_text() == "mine"
    assert name == "kept.csv" or not (home / name).exists()


def test_import_with_faults_names_the_row_and_writes_nothing(run: Run, home: Path) -> None:
    sheet = home / "bad.csv"
    sheet.write_text("代码,名称,类别\n9002,甲单位,centre\n9002,,centre\n", encoding="utf-8")

    done = run("import", "organisations", str(sheet), "--apply", check=False)

    assert done.returncode == 1
    assert "✗ 第 3 行" in done.stdout
    assert done.stderr == "✗ 有错误，没有写入；请按上面的提示修改后重试。\n"
    assert _count("SELECT count(*) FROM accounts_organisation WHERE code = '9002'") == 0


def test_import_of_a_calendar(run: Run, home: Path) -> None:
    broken = home / "calendar.toml"
    broken.write_text("code = 3\n")

    done = run("import", "calendar", str(broken), check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("✗ ")
    assert "Traceback" not in done.stderr


def _count(query: str) -> int:
    with psycopg.connect(postgres.database_url()) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def test_the_shipped_procedure_is_told_before_it_is_published(run: Run, home: Path) -> None:
    told = run("cases", "procedure").stdout
    assert '+code = "case"' in told
    assert "加 --apply 发布" in told
    assert _count("SELECT count(*) FROM workflow_definition") == 0
    assert "已发布案件流程第 1 版" in run("cases", "procedure", "--apply").stdout
    assert "就是本程序所附的流程" in run("cases", "procedure").stdout
