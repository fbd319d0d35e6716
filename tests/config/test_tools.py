"""The gates that are our own: sizes and leaks. Each must be able to fail."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from chengguan.config import paths

SLASH = "/"


def _tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, paths.ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("a.py", "index = 'https:" + "//registry.npmjs.org/x'", "registry address"),
        ("a.txt", "https:" + "//pypi.org/simple/", "registry address"),
        ("a.toml", "https:" + "//mirrors.city.cn/pypi", "registry address"),
        ("a.md", "cd " + SLASH + "home" + SLASH + "li", "machine path"),
        ("a.py", "open('" + SLASH + "tmp" + SLASH + "x')", "machine path"),
        ("key.pem", "-----BEGIN RSA PRIVATE" + " KEY-----", "private key"),
        ("a.env", "postgresql://city:hunter22" + "@db/city", "password in an address"),
        ("constraints.txt", "Django @ file://x", "not a plain pin"),
        ("package-lock.json", '"resolved": "x"', "resolved address"),
    ],
)
def test_leaks_are_found(
    repository: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, fault: str
) -> None:
    leaks = _tool("leaks")
    monkeypatch.setattr(leaks, "ROOT", repository)
    (repository / name).write_text("first line\n" if name != "constraints.txt" else "a==1\n")
    assert leaks.main() == 0

    with (repository / name).open("a") as handle:
        handle.write(text + "\n")

    (found,) = leaks.faults_of(repository / name)
    assert found.startswith(f"{name}:2: {fault}")
    assert leaks.main() == 1


@pytest.mark.parametrize(
    "text",
    [
        "https://docs.djangoproject.com/en/5.2/",
        "postgresql://用户:密码@主机:端口/库名",
        "<a href='/home/'>",
        "chengguan/work/flow.py",
        "https://example.org/root/page",
        "Django==5.2.1",
    ],
)
def test_ordinary_text_is_no_leak(
    repository: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    leaks = _tool("leaks")
    monkeypatch.setattr(leaks, "ROOT", repository)
    (repository / "a.txt").write_text(text)

    assert leaks.faults_of(repository / "a.txt") == []


def test_ignored_files_are_not_looked_at(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leaks = _tool("leaks")
    monkeypatch.setattr(leaks, "ROOT", repository)
    (repository / ".gitignore").write_text("var\n")
    (repository / "var").mkdir()
    (repository / "var" / "a.txt").write_text(SLASH + "tmp" + SLASH + "x")

    assert leaks.main() == 0


def test_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = _tool("sizes")
    monkeypatch.setattr(sizes, "ROOT", tmp_path)
    monkeypatch.setattr(sizes, "ALLOWED", {})
    (tmp_path / "src" / "migrations").mkdir(parents=True)
    body = "def f():\n" + "    a = 1\n" * 59
    (tmp_path / "src" / "fine.py").write_text(body + "\n" * (400 - 60))
    (tmp_path / "src" / "migrations" / "0001.py").write_text("a = 1\n" * 500)
    assert sizes.main() == 0

    (tmp_path / "src" / "long.py").write_text("a = 1\n" * 401)
    (tmp_path / "src" / "deep.py").write_text(body + "    a = 1\n")
    (tmp_path / "src" / "utils.py").write_text("")

    found = [fault for path in sizes.sources() for _, fault in sizes.faults_of(path)]
    assert found == [
        "src/deep.py:f: 61 lines, at most 60",
        "src/long.py: 401 lines, at most 400",
        "src/utils.py: name it after what it does",
    ]
    assert sizes.main() == 1


def test_sizes_allows_what_the_table_names_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = _tool("sizes")
    monkeypatch.setattr(sizes, "ROOT", tmp_path)
    monkeypatch.setattr(sizes, "ALLOWED", {"src/utils.py": "a reason"})
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "utils.py").write_text("")
    assert sizes.main() == 0

    (tmp_path / "src" / "utils.py").unlink()
    assert sizes.main() == 1
    assert "src/utils.py: no longer too long" in capsys.readouterr().out


def test_bootstrap_needs_only_the_standard_library() -> None:
    script = (
        "import ast, sys\n"
        "tree = ast.parse(open('tools/bootstrap.py').read())\n"
        "names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}\n"
        "names |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}\n"
        "print(sorted(n for n in names if n.split('.')[0] not in sys.stdlib_module_names))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=paths.ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_stamp_changes_with_content_and_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bootstrap = _tool("bootstrap")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    first = bootstrap.digest([one])
    one.write_text("b")
    two.write_text("b")

    assert len({first, bootstrap.digest([one]), bootstrap.digest([two])}) == 3
