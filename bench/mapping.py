"""The map at full load: a million components and a hundred thousand open cases, from a fixed seed.

`python -m bench --only map` measures this alone. Tiles are timed in process, in processor milliseconds;
first paint and pan in a Chromium whose WebGL is drawn by the processor (SwiftShader): that is an upper
bound, a screen with any graphics hardware draws faster, but what the server and the worker threads
take is the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from . import million
from .figures import Figure, median, percentile
from .world import EAST, NORTH, SOUTH, WEST

if TYPE_CHECKING:
    from .running import Bench

COMPONENTS: Final = 1_000_000
OPEN_CASES: Final = 100_000
_CENTRE: Final = ((WEST + EAST) / 2, (SOUTH + NORTH) / 2)
_ZOOMS: Final = (11, 13, 15, 16, 17)

_COMPONENTS: Final = """
INSERT INTO registry_component (code, name, matter_code, point, grid_code, area_code, address,
    competent_code, competent, owner_code, owner, maintainer_code, maintainer, state, accuracy,
    data_source, attributes, valid_from, remark)
SELECT lpad(g::text, 17, '0'), '上水井盖', lpad((1 + g %% 5)::text, 2, '0') || '001',
    point(%s + random() * %s, %s + random() * %s), code, code, '', '', '', '', '', '', '',
    CASE WHEN g %% 50 = 0 THEN 'faulty' ELSE 'normal' END, '', '', '{}', date '2025-01-01', ''
FROM generate_series(1, %s) AS g
JOIN (SELECT code, row_number() OVER (ORDER BY code) - 1 AS place FROM registry_area
      WHERE level = 'grid') AS area ON area.place = g %% 5000
"""
_OPENED: Final = """
UPDATE cases_case SET closed_at = NULL, state = 'handling', stage = 'handle', on_time = NULL,
    stage_due_at = now() + (random() * 10 - 3) * interval '1 hour',
    stage_warn_at = now() + (random() * 8 - 4) * interval '1 hour'
"""


def measure(bench: Bench) -> None:
    """Make the things, time reading and tiles, then open the page in a browser."""
    user = _fill(bench)
    _reading(bench, user)
    _tiles(bench, user)
    _past(bench, user)
    _browser(bench, user)


def _fill(bench: Bench) -> Any:
    from django.db import connection

    from chengguan.accounts.models import User
    from chengguan.store import revisions

    million.fill(bench.size(OPEN_CASES), bench.world, bench.progress)
    bench.progress("making components")
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        cursor.execute(_OPENED)
        count = bench.size(COMPONENTS)
        cursor.execute(_COMPONENTS, [WEST, EAST - WEST, SOUTH, NORTH - SOUTH, count])
        cursor.execute("VACUUM (ANALYZE) registry_component")
        cursor.execute("VACUUM (ANALYZE) cases_case")
    revisions.bump("components")
    return User.objects.filter(username__startswith="dispatcher").order_by("pk").first()


def _reading(bench: Bench, user: Any) -> None:
    from django.utils import timezone

    from chengguan.accounts.domain.principal import principal_of
    from chengguan.cases import points as case_points
    from chengguan.cases.filters import CaseFilter
    from chengguan.registry import points

    def read_cases() -> Any:
        case_points.forget()
        return case_points.points_of(principal_of(user), CaseFilter(open=True), timezone.now())

    def read_things() -> Any:
        points.forget()
        return points.things("components")

    for name, title, work in (
        ("map_cases_read", "all open cases read as columns", read_cases),
        ("map_things_read", "all components read and sorted", read_things),
    ):
        cpu, wall, found = _timed(work, 3)
        bench.figures.append(
            Figure(
                name, title, median(cpu), "ms", at_most=True,
                details={"rows": len(found), "wall_ms": [round(one, 1) for one in wall]},
                bound_by="the server's COPY; cpu is ours alone",
            )
        )  # fmt: skip


def _tiles(bench: Bench, user: Any) -> None:
    from django.utils import timezone

    from chengguan.accounts.domain.principal import principal_of
    from chengguan.cases.filters import CaseFilter
    from chengguan.cases.points import points_of
    from chengguan.command.map.domain.tiles import case_tile
    from chengguan.core.tiles import Tile, steps
    from chengguan.registry.points import things
    from chengguan.registry.queries import areas_seen_by

    principal, now = principal_of(user), timezone.now()
    points, components = points_of(principal, CaseFilter(open=True), now), things("components")
    areas = areas_seen_by(principal)
    x, y = (int(one[0]) for one in steps([_CENTRE[0]], [_CENTRE[1]]))
    for kind in ("cases", "things"):
        spent: list[float] = []
        about = {}
        make: Callable[[], bytes]
        for zoom in _ZOOMS:
            tile = Tile(zoom, x >> (32 - zoom), y >> (32 - zoom))
            if kind == "cases":
                make = partial(case_tile, points, tile, now)
            else:
                make = partial(_things, components, tile, areas)
            cpu, _, made = _timed(make, 5)
            spent.append(median(cpu))
            about[f"z{zoom}"] = {"cpu_ms": round(median(cpu), 2), "bytes": len(made)}
        bench.figures.append(
            Figure(
                f"map_{kind}_tile", f"a tile of {kind}, the dearest of zooms {_ZOOMS}", max(spent),
                "ms", 50, True, details=about, bound_by="one core: MVT encoded in Python",
            )
        )  # fmt: skip


def _things(components: Any, tile: Any, areas: tuple[str, ...]) -> bytes:
    from chengguan.command.map.domain.tiles import thing_tile

    return thing_tile(components.in_tile(tile, areas), tile)


def _past(bench: Bench, user: Any) -> None:
    """A day of the slider: one statement for the span, then an hour is a mask."""
    from datetime import timedelta

    from django.utils import timezone

    from chengguan.accounts.domain.principal import principal_of
    from chengguan.cases import points as case_points
    from chengguan.cases.filters import CaseFilter

    now = timezone.now()
    span = (now - timedelta(days=7), now)

    def read() -> Any:
        case_points.forget()
        return case_points.points_of(principal_of(user), CaseFilter(), now, between=span)

    cpu, wall, found = _timed(read, 3)
    hour, _, _ = _timed(lambda: found.standing(now - timedelta(days=3)), 5)
    bench.figures.append(
        Figure(
            "map_past_read", "a week of the time slider read", median(cpu), "ms", at_most=True,
            details={"rows": len(found), "wall_ms": [round(one, 1) for one in wall],
                     "hour_cpu_ms": round(median(hour), 2)},
        )
    )  # fmt: skip


def _timed(work: Callable[[], Any], rounds: int) -> tuple[list[float], list[float], Any]:
    cpu, wall, found = [], [], None
    for _ in range(rounds):
        begun, spent = time.perf_counter(), time.process_time()
        found = work()
        cpu.append((time.process_time() - spent) * 1000)
        wall.append((time.perf_counter() - begun) * 1000)
    return cpu, wall, found


_FRAMES: Final = """async () => {
  const found = []; let last = performance.now(), on = true;
  const step = (at) => { found.push(at - last); last = at; if (on) requestAnimationFrame(step); };
  requestAnimationFrame(step);
  await new Promise((done) => { window.__stop = () => { on = false; done(); }; setTimeout(window.__stop, 4000); });
  return found.slice(1);
}"""


def _browser(bench: Bench, user: Any) -> None:
    from django.test import Client

    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        bench.progress("no Chromium here: first paint and pan are left out")
        return
    client = Client()
    client.force_login(user)
    address = f"http://{bench.host}:{bench.port}"
    cookie: Any = {
        "name": "sessionid",
        "value": client.cookies["sessionid"].value,
        "url": address,
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_chromium(),
            args=["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
        )
        paints, frames, busy = [], [], []
        for turn in range(3):
            context = browser.new_context(viewport={"width": 1366, "height": 768})
            context.add_cookies([cookie])
            page = context.new_page()
            begun = time.perf_counter()
            page.goto(f"{address}/map/")
            page.locator("[data-map-box][data-ready]").wait_for()
            if turn == 0:
                bench.about["map_first_page_s"] = round(time.perf_counter() - begun, 2)
            page.get_by_label("部件").check()
            page.locator("[data-map-box][data-idle]").wait_for()
            paints.append((time.perf_counter() - begun) * 1000)
            found, spent = _pan(page)
            frames += found
            busy.append(spent / max(1, len(found)))
            context.close()
        browser.close()
    bench.figures += [
        Figure(
            "map_first_paint", "map drawn with cases and components, page opened cold", median(paints), "ms",
            at_most=True, details={"rounds": [round(one) for one in paints], "webgl": "SwiftShader"},
            bound_by="WebGL drawn by the processor, shared with the server",
        ),
        Figure(
            "map_pan_frame", "95th percentile of a frame while panning", percentile(frames, 0.95), "ms",
            at_most=True, details={"median_ms": round(median(frames), 1), "frames": len(frames), "webgl": "SwiftShader"},
        ),
        Figure(
            "map_pan_script", "the page's own processor time for a frame while panning", median(busy), "ms", 16,
            True, details={"rounds": [round(one, 1) for one in busy]},
            bound_by="the page's thread, whoever draws: what graphics hardware doesn't take over",
        ),
    ]  # fmt: skip


def _chromium() -> str | None:
    import shutil

    from chengguan.config.paths import VAR

    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((shutil.which(name) for name in names if shutil.which(name)), None)
    kept = VAR / "chromium"
    return found or (kept.read_text().strip() if kept.exists() else None)


def _pan(page: Any) -> tuple[list[float], float]:
    """Drag the map to and fro for some seconds; gives the milliseconds of each frame, and the
    processor milliseconds that the page's own thread took for all of them."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _busy(devtools)
    page.evaluate(f"window.__frames = ({_FRAMES})(); 0")
    page.mouse.move(900, 400)
    page.mouse.down()
    for step in range(60):
        page.mouse.move(900 + (step % 20 - 10) * 18, 400 + (step % 15 - 7) * 10)
        page.wait_for_timeout(25)
    page.mouse.up()
    page.evaluate("window.__stop()")
    found: list[float] = page.evaluate("window.__frames")
    return found, _busy(devtools) - before


def _busy(devtools: Any) -> float:
    found = {m["name"]: m["value"] for m in devtools.send("Performance.getMetrics")["metrics"]}
    return float(found["TaskDuration"]) * 1000
