"""Serve a house with nothing but the loopback, and look at its pages: `offline.py
PORT PASSWORD SHOTS isolated|watched`.

Run under `unshare --net` where that can be; prints as JSON what was seen. In a namespace of
its own there is no way out, so a page or a process that needed one would fail here.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import struct
import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, Page, sync_playwright

from chengguan.config import paths
from system.house import House

FLAGS: Final = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--lang=zh-CN",
]
#: Of TEST-NET-1: nobody's address, so a route to it is a route to everywhere.
OUTSIDE: Final = ("192.0.2.1", 80)
HEARD: Final = """
window.refusedByPolicy = [];
document.addEventListener('securitypolicyviolation', (one) =>
  window.refusedByPolicy.push(`${one.violatedDirective} ${one.blockedURI}`));
"""


def raise_loopback() -> None:
    """Bring `lo` up in a fresh namespace: SIOCGIFFLAGS, then SIOCSIFFLAGS with IFF_UP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        asked = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(probe, 0x8913, asked))[1]
        fcntl.ioctl(probe, 0x8914, struct.pack("16sH14x", b"lo", flags | 1))


def way_out() -> str:
    """Try to reach the outside; gives the name of the error, or `open`."""
    with socket.socket() as probe:
        probe.settimeout(2)
        try:
            probe.connect(OUTSIDE)
        except TimeoutError:
            return "open"
        except OSError as error:
            return str(error.strerror)
    return "open"


class Visit:
    """A person's way through the pages, and all that the browser asked for and complained of."""

    def __init__(self, browser: Browser, address: str, password: str, shots: Path) -> None:
        self.address, self.password, self.shots = address, password, shots
        self.requests: list[str] = []
        self.failed: list[str] = []
        self.console: list[str] = []
        self.policies: dict[str, str] = {}
        self.refused: list[str] = []
        self.pages: dict[str, Any] = {}
        context = browser.new_context(
            viewport={"width": 1366, "height": 768}, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        context.add_init_script(HEARD)
        self.page = context.new_page()
        context.on("request", lambda one: self.requests.append(one.url))
        context.on("requestfailed", self._note_failure)
        context.on("response", self._note_answer)
        context.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("websocket", lambda one: self.requests.append(one.url))

    def sign_in(self) -> None:
        page = self.page
        page.goto(f"{self.address}/login/")
        self._seen("login")
        page.get_by_label("账号").fill("acceptor")
        page.get_by_label("密码").fill(self.password)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"{self.address}/")
        self._seen("home")

    def look(self, name: str, path: str) -> None:
        self.page.goto(self.address + path)
        self._seen(name)

    def told(self) -> dict[str, Any]:
        """All that was noted so far."""
        return {
            "requests": [*self.requests],
            "failed": [*self.failed],
            "console": [*self.console],
            "refused": [*self.refused],
            "policies": self.policies,
            "pages": self.pages,
        }

    def breach(self) -> list[str]:
        """Ask for a picture from outside, as no page may; gives what the policy refused."""
        self.page.evaluate(
            "document.body.append(Object.assign(new Image(), {src: 'http://192.0.2.1/'}))"
        )
        self.page.wait_for_timeout(500)
        refused: list[str] = self.page.evaluate("window.refusedByPolicy")
        return refused

    def _seen(self, name: str) -> None:
        page = self.page
        page.wait_for_load_state("load")
        # The live stream never ends, so the network never rests; what a page needs is there soon.
        page.wait_for_timeout(1500)
        canvas = page.locator("canvas.maplibregl-canvas")
        page.screenshot(path=self.shots / f"offline-{name}.png", full_page=True)
        self.refused += page.evaluate("window.refusedByPolicy")
        self.pages[name] = {
            "heading": page.locator("h1").first.inner_text(),
            "maps": [_drawn(page, n) for n in range(canvas.count())],
        }

    def _note_answer(self, response: Any) -> None:
        policy = response.headers.get("content-security-policy")
        if response.request.resource_type == "document":
            self.policies[response.url] = policy or ""
        if response.status >= 400:
            self.failed.append(f"{response.status} {response.url}")

    def _note_failure(self, request: Any) -> None:
        # Going on to the next page ends the stream and what is under way of the old page.
        if request.failure != "net::ERR_ABORTED":
            self.failed.append(f"{request.failure} {request.url}")

    def _note_console(self, message: Any) -> None:
        if (
            message.type in {"error", "warning"}
            and "GPU stall due to ReadPixels" not in message.text
        ):
            self.console.append(f"{message.type}: {message.text}")


def chromium() -> str | None:
    """The system's, else the one `tools/chromium.py` found."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for name in names if (path := shutil.which(name))), None)
    kept = paths.ROOT / "var" / "chromium"
    return found or (kept.read_text().strip() if kept.exists() else None)


def _drawn(page: Page, number: int) -> bool:
    """Say whether a map shows more than one colour; asked of a picture of it, as a person would."""
    import io

    from PIL import Image

    shot = page.locator("canvas.maplibregl-canvas").nth(number).screenshot()
    return len(set(Image.open(io.BytesIO(shot)).convert("RGB").resize((64, 48)).getdata())) > 2


def main(port: int, password: str, shots: Path, *, isolated: bool) -> dict[str, Any]:
    """Serve, visit, stop."""
    if isolated:
        raise_loopback()
    house = House(Path(os.environ["CHENGGUAN_VAR"]))
    numbers = house.ask("fill", "4")
    served = house.serve(port)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            visit = Visit(browser, served.address, password, shots)
            visit.sign_in()
            visit.look("cases", "/cases/")
            visit.look("case", f"/cases/{numbers[-1]}/")
            visit.look("registry-list", "/registry/areas/")
            visit.look("registry-map", "/registry/areas/map/")
            # A copy, for the breach is to leave no trace among what the pages did.
            found = visit.told()
            found["breach"] = visit.breach()
            browser.close()
    finally:
        served.stop()
    return found | {
        "interfaces": sorted(name for _, name in socket.if_nameindex()),
        "way_out": way_out() if isolated else "not tried",
        "revived": "意外退出" in served.log.read_text(),
    }


if __name__ == "__main__":
    given = sys.argv[1:]
    found = main(int(given[0]), given[1], Path(given[2]), isolated=given[3] == "isolated")
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
