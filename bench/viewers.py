"""Five hundred viewers of one screen: how long from a change to all of them, and what it costs.

    python -m bench.viewers http://127.0.0.1:8000 http://127.0.0.1:8001 USERS PASSWORD --screen list

Against a running demo on this machine, whose reports it takes in itself; USERS are accounts, with
commas, and the viewers are theirs in turn. Each viewer does what the page does
(`frontend/src/shell/refresh.ts`, for the desk `frontend/src/desk/news.ts`): one stream, after news
a wait, a fetch, a rest. A change is on a screen when the viewer has read the whole of an answer
that was counted after the change was committed. `mixed` gives the viewers desk, home and list in
turn; a desk where no report waits shows none, and isn't counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

import psutil

KEPT, SPREAD, LEAST, MOST = 0.5, 0.3, 1.2, 5.0
GATHER, JITTER = 0.3, 0.6
#: What each screen fetches; the desk asks for the cases it has heard of.
SCREENS = {"wall": "/wall/board/", "list": "/cases/", "home": "/", "desk": "/desk/changes/"}
MIXED = ("desk", "home", "list")
#: What stands on a desk's page: the states whose cases wait there, none for all.
_STATES = re.compile(r'data-states="([^"]*)"')
_REPORTED = "reported"
_COUNTED = re.compile(rb'class="counted-at" datetime="([^"]+)"')


@dataclass
class Account:
    """A session, and the states whose cases wait at its desk (none: all)."""

    cookie: str
    states: frozenset[str]

    def concerns(self, payload: dict[str, str]) -> bool:
        """Say whether the desk asks about a case of which this was heard."""
        known = "state" in payload and self.states
        return not known or bool({payload.get("from"), payload["state"]} & self.states)


@dataclass
class Scene:
    """What all viewers share."""

    site: str
    stream: str
    screen: str
    accounts: list[Account]
    changes: list[float] = field(default_factory=list)
    seen: dict[int, list[float]] = field(default_factory=dict)
    fetches: int = 0
    unchanged: int = 0
    took: list[float] = field(default_factory=list)


async def viewer(scene: Scene, number: int, ready: asyncio.Event) -> None:
    """Hear, wait, fetch, rest; note for each change when it was first on this screen."""
    account = scene.accounts[number % len(scene.accounts)]
    cookie = account.cookie
    # Every account has each screen in its turn.
    turn = number // len(scene.accounts) % len(MIXED)
    screen = MIXED[turn] if scene.screen == "mixed" else scene.screen
    desk = screen == "desk"
    reader, writer = await _ask(scene.stream, "/stream/", cookie)
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.split(b"\r\n")[0], head
    heard: set[str] = set()
    news = asyncio.Event()
    asker = account if desk else None
    hearing = asyncio.create_task(_hear(reader, news, heard, asker))
    site = await _Line.open(scene, cookie)
    seen: list[float] = []
    if not desk or account.concerns({"from": "", "state": _REPORTED}):
        scene.seen[number] = seen
    tag, rest = "", 0.0
    ready.set()
    try:
        while True:
            await news.wait()
            wait = max(KEPT + 0.05 + SPREAD * random.random(), rest - time.monotonic())
            await asyncio.sleep(GATHER + JITTER * random.random() if desk else wait)
            news.clear()
            path = SCREENS[screen]
            if desk:
                path += "?" + "&".join(f"case={one}" for one in sorted(heard))
                heard.clear()
            begun, asked_at = time.monotonic(), time.time()
            status, tag, counted = await site.get(path, tag)
            assert status in (200, 304), (path, status)
            took = time.monotonic() - begun
            # What isn't kept is counted after it was asked for.
            counted = counted or asked_at
            scene.fetches += 1
            scene.unchanged += status == 304
            scene.took.append(took)
            now = time.time()
            while len(seen) < len(scene.changes) and scene.changes[len(seen)] <= counted:
                seen.append(now - scene.changes[len(seen)])
            rest = time.monotonic() + max(LEAST, min(took * 4, MOST)) * (
                0.8 + 0.4 * random.random()
            )
    finally:
        hearing.cancel()
        writer.close()


@dataclass
class _Line:
    """A kept connection to the site."""

    scene: Scene
    cookie: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, scene: Scene, cookie: str) -> _Line:
        parts = urlsplit(scene.site)
        return cls(scene, cookie, *await asyncio.open_connection(parts.hostname, parts.port))

    async def get(self, path: str, tag: str) -> tuple[int, str, float]:
        """Give status, ETag and the instant the answer was counted at (0 for none)."""
        host = urlsplit(self.scene.site).netloc
        self.writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {self.cookie}\r\n"
            f"X-Background: 1\r\nHX-Request: true\r\nIf-None-Match: {tag}\r\n\r\n".encode()
        )
        try:
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except (asyncio.IncompleteReadError, ConnectionError):
            fresh = await _Line.open(self.scene, self.cookie)
            self.reader, self.writer = fresh.reader, fresh.writer
            return await self.get(path, tag)
        fields = dict(
            line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line
        )
        body = await self._body(fields)
        said = [one.decode() for one in _COUNTED.findall(body)]
        said += [fields["x-counted"].split()[0].upper()] if "x-counted" in fields else []
        counted = min((datetime.fromisoformat(one).timestamp() for one in said), default=0)
        return int(head.split()[1]), fields.get("etag", tag), counted

    async def _body(self, fields: dict[str, str]) -> bytes:
        if "content-length" in fields:
            return await self.reader.readexactly(int(fields["content-length"]))
        body = b""
        while fields.get("transfer-encoding") == "chunked":
            size = int(await self.reader.readline(), 16)
            body += (await self.reader.readexactly(size + 2))[:-2]
            if not size:
                break
        return body


async def scene(asked: argparse.Namespace) -> dict[str, object]:
    """Open all viewers, make the changes, and sum up."""
    accounts = [_sign_in(asked.site, one, asked.password) for one in asked.users.split(",")]
    made = Scene(asked.site, asked.stream, asked.screen, accounts)
    viewers = []
    for number in range(asked.viewers):
        ready = asyncio.Event()
        viewers.append(asyncio.create_task(viewer(made, number, ready)))
        await ready.wait()
    await asyncio.sleep(2)
    before, begun = _processor(), time.monotonic()
    for number in range(asked.changes):
        await asyncio.to_thread(_change, number)
        made.changes.append(time.time())
        await asyncio.sleep(asked.every)
    await asyncio.sleep(6)
    spent, wall = _processor() - before, time.monotonic() - begun
    for one in viewers:
        one.cancel()
    await asyncio.gather(*viewers, return_exceptions=True)
    delays = sorted(delay for seen in made.seen.values() for delay in seen)
    return {
        "screen": asked.screen, "accounts": len(accounts),
        "viewers": asked.viewers, "changes": asked.changes, "every_s": asked.every,
        "on_screens": len(delays), "wanted": len(made.seen) * asked.changes,
        **{f"p{p}_ms": round(1000 * delays[min(len(delays) - 1, len(delays) * p // 100)]) for p in (50, 95, 99)},
        "max_ms": round(1000 * delays[-1]), "fetches": made.fetches, "unchanged": made.unchanged,
        "fetch_p50_ms": round(1000 * sorted(made.took)[len(made.took) // 2], 1),
        "fetches_per_second": round(made.fetches / wall, 1),
        "server_cpu_ms_per_second": round(1000 * spent / wall),
    }  # fmt: skip


async def _hear(
    reader: asyncio.StreamReader, news: asyncio.Event, heard: set[str], desk: Account | None
) -> None:
    while line := await reader.readline():
        if line.startswith(b"data: "):
            payload = json.loads(line[6:]).get("payload", {})
            if "number" in payload and (desk is None or desk.concerns(payload)):
                heard.add(payload["number"])
                news.set()
        elif line.startswith((b"event: wall.", b"event: reload")):
            news.set()


async def _ask(
    address: str, path: str, cookie: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: {cookie}\r\n\r\n".encode()
    )
    return reader, writer


def _sign_in(site: str, user: str, password: str) -> Account:
    jar = CookieJar()
    opener = build_opener(HTTPCookieProcessor(jar))
    page = opener.open(f"{site}/login/").read().decode()
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    given = {"login": user, "password": password, "csrfmiddlewaretoken": token[1]}
    opener.open(f"{site}/login/", urlencode(given).encode()).read()
    try:
        found = _STATES.search(opener.open(f"{site}/desk/").read().decode())
    except HTTPError:
        # A wall's account has no desk.
        found = None
    cookie = "; ".join(f"{one.name}={one.value}" for one in jar)
    return Account(cookie, frozenset(found[1].split()) if found else frozenset())


def _change(number: int) -> None:
    from bench.wall import one_report

    one_report(number)


def _processor() -> float:
    """Give the processor seconds of the demo's processes: web, stream, worker, PostgreSQL."""
    total = 0.0
    for one in psutil.process_iter(["cmdline", "name"]):
        words = " ".join(one.info["cmdline"] or [])
        if "chengguan" in words or "granian" in words or one.info["name"].startswith("postgres"):
            try:
                if not one.cwd().startswith(psutil.Process().cwd()):
                    continue
                times = one.cpu_times()
            except psutil.Error:
                continue
            total += times.user + times.system
    return total


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("site", "stream", "users", "password"):
        parser.add_argument(name)
    parser.add_argument("--screen", choices=[*sorted(SCREENS), "mixed"], default="wall")
    parser.add_argument("--viewers", type=int, default=500)
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--every", type=float, default=3)
    print(json.dumps(asyncio.run(scene(parser.parse_args())), indent=1))


if __name__ == "__main__":
    main()
