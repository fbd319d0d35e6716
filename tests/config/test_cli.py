"""The command: help in the user's words, quick, and each command reaching its function."""

import subprocess
import sys
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner

from chengguan.config import cli

Run = Callable[..., subprocess.CompletedProcess[str]]


def _commands() -> list[str]:
    return [name for name in cli.COMMANDS if name != "prepare-demo"]


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
