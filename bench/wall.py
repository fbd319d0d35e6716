"""The wall's memory: one Chromium on `/wall/` for half an hour while cases come in and go round.

    python -m bench.wall http://127.0.0.1:8000 lingdao1 PASSWORD --minutes 30 --rate 2

Against a running demo. Every sample follows a forced collection, so that what grows is kept by
somebody: JS heap (MB), DOM nodes, listeners. The first tenth is warm-up. Writes var/wall.json.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

WARM = 0.1


def main() -> None:
    """Run the wall, load the city, print and keep what was sampled."""
    asked = _asked()
    stop = threading.Event()
    done = [0]
    if asked.rate:
        threading.Thread(target=_load, args=(asked.rate, stop, done), daemon=True).start()
    samples = watch(asked.address, asked.user, asked.password, asked.minutes, asked.every)
    stop.set()
    found = summary(samples) | {"cases_taken_in": done[0], "minutes": asked.minutes}
    Path("var/wall.json").write_text(json.dumps(found | {"samples": samples}, indent=1) + "\n")
    print(json.dumps(found, ensure_ascii=False, indent=1))


def watch(
    address: str, user: str, password: str, minutes: float, every: float
) -> list[dict[str, float]]:
    """Sample an open wall every so many seconds; the page is never loaded again."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from playwright.sync_api import sync_playwright

    samples: list[dict[str, float]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
        )
        page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        page.goto(f"{address}/login/")
        page.fill("input[name=login]", user)
        page.fill("input[name=password]", password)
        page.click("button[type=submit]")
        page.wait_for_url(f"{address}/")
        page.goto(f"{address}/wall/")
        page.evaluate("window.loadedOnce = true; window.refreshes = 0")
        page.evaluate(
            "document.getElementById('wall-board')"
            ".addEventListener('chengguan:refreshed', () => { window.refreshes++; })"
        )
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        ends = time.monotonic() + minutes * 60
        while time.monotonic() < ends:
            page.wait_for_timeout(every * 1000)
            samples.append(_sample(page, devtools))
            assert page.evaluate("window.loadedOnce") is True
        browser.close()
    return samples


def summary(samples: list[dict[str, float]]) -> dict[str, Any]:
    """Give first, last and the slope of each measure after the warm-up, per hour."""
    kept = samples[int(len(samples) * WARM) :]
    found: dict[str, Any] = {"refreshes": samples[-1]["refreshes"]}
    for name in ("heap_mb", "nodes", "listeners"):
        values = [one[name] for one in kept]
        third = max(1, len(values) // 3)
        early, late = sum(values[:third]) / third, sum(values[-third:]) / third
        found[name] = {
            "first": values[0], "last": values[-1], "most": max(values),
            "early_mean": round(early, 2), "late_mean": round(late, 2),
        }  # fmt: skip
    return found


def _sample(page: Any, devtools: Any) -> dict[str, float]:
    devtools.send("HeapProfiler.collectGarbage")
    metrics = {m["name"]: m["value"] for m in devtools.send("Performance.getMetrics")["metrics"]}
    return {
        "heap_mb": round(metrics["JSHeapUsedSize"] / 2**20, 2),
        "nodes": metrics["Nodes"],
        "listeners": metrics["JSEventListeners"],
        "refreshes": page.evaluate("window.refreshes"),
    }


def one_report(number: int) -> None:
    """Take in one report in the running city's database, the communities in turn."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengguan.config.settings")
    import django

    django.setup()
    from chengguan.accounts.domain.principal import Principal
    from chengguan.cases.domain.intake import NewReport, take_in
    from chengguan.registry.models import Area

    places = Area.objects.filter(level="community", centre__isnull=False).order_by("code")
    centres = [one for one in places.values_list("centre", flat=True) if one]
    lon, lat = centres[number % len(centres)]
    report = NewReport(
        source="hotline", client="wall-bench", key=f"{time.time()}", text="（模拟）大屏测试",
        address="（模拟）", lon=lon, lat=lat,
    )  # fmt: skip
    take_in(report, Principal.system("大屏测试"))


def _load(rate: float, stop: threading.Event, done: list[int]) -> None:
    from chengguan.core.errors import DomainError

    while not stop.wait(1 / rate):
        try:
            one_report(done[0])
        except DomainError as error:
            # A centre that lies outside its city must not end the load.
            print(error)
        done[0] += 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("user")
    parser.add_argument("password")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--every", type=float, default=15)
    parser.add_argument("--rate", type=float, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
