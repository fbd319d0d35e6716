"""Find a Chromium for the browser tests, or install one; and a Chinese font for screenshots.

Order: the system's; Debian's as root; Playwright's own download. Where none can be had this
fails and says so. The path is printed, and kept in var/chromium for the tests.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from bootstrap import ROOT, apt_install, fail, step, try_run

KEPT = ROOT / "var" / "chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> None:
    path = on_system() or from_debian() or from_playwright()
    if path is None:
        raise fail(
            "找不到也装不上 Chromium，浏览器测试无法运行。",
            "请安装 chromium 或 google-chrome 后重试（例如 sudo apt-get install chromium）。",
        )
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    KEPT.write_text(str(path))
    print(f"· Chromium：{path}", flush=True)
    find_font()


def on_system() -> str | None:
    for name in NAMES:
        found = shutil.which(name)
        # A snap or a wrapper may be there without a browser behind it.
        if found and try_run([found, "--version"]):
            return found
    if KEPT.exists() and Path(KEPT.read_text()).is_file():
        return KEPT.read_text()
    return None


def from_debian() -> str | None:
    with step("安装系统的 Chromium（apt-get）"):
        apt_install("chromium")
    return on_system()


def from_playwright() -> str | None:
    with step("下载 Playwright 的 Chromium"):
        if not try_run([sys.executable, "-m", "playwright", "install", "chromium"]):
            return None
    script = (
        "from playwright.sync_api import sync_playwright as s\n"
        "with s() as p: print(p.chromium.executable_path)"
    )
    told = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=False)
    path = told.stdout.decode().strip()
    return path if path and try_run([path, "--version"]) else None


def find_font() -> None:
    """Best effort: without a Chinese font the tests pass, but screenshots show empty boxes."""
    if has_chinese_font():
        return
    with step("安装中文字体"):
        apt_install("fontconfig", "fonts-wqy-zenhei")
    if not has_chinese_font():
        print("  没有中文字体：测试照常运行，但截图中的汉字会是方框。", flush=True)


def has_chinese_font() -> bool:
    if not shutil.which("fc-list"):
        return False
    told = subprocess.run(["fc-list", ":lang=zh"], stdout=subprocess.PIPE, check=False)
    return bool(told.stdout.strip())


if __name__ == "__main__":
    main()
