"""The mixed load: its file, its client, its arithmetic, and one tiny run against real servers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.mixed import figures as figures_of  # noqa: E402
from bench.mixed import seeing  # noqa: E402
from bench.mixed.driving import Driven  # noqa: E402
from bench.mixed.field import afresh  # noqa: E402
from bench.mixed.hearing import Heard  # noqa: E402
from bench.mixed.ledger import DONE, RACED, UNKNOWN, Entry, Ledger, entries  # noqa: E402
from bench.mixed.load import Outcome  # noqa: E402
from bench.mixed.plan import SHIPPED, PlanError, read  # noqa: E402
from bench.mixed.roster import City, Orders, Person  # noqa: E402
from bench.mixed.somebody import Office, Refused, Somebody  # noqa: E402
from bench.mixed.tally import Kind, Tally, summary  # noqa: E402
from bench.mixed.wire import Answer, Caller, Unreachable  # noqa: E402

Found = TypeVar("Found")
_callers: list[Caller] = []
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def test_the_shipped_file_has_a_thousand_people() -> None:
    plan = read()
    heads = {role.name: count for role, count in plan.heads()}
    assert (plan.users, plan.minutes, plan.listeners) == (1000, 15, 500)
    assert sum(heads.values()) == 1000
    assert {role.side for role in plan.roles} == {"pages", "token"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("share = 0.14", "share = 0.24", "合计为 1.1"),
        ('side = "pages"', 'side = "fax"', "roles 第 1 项（acceptor）的 side 应为"),
        ("think = 28\n", "", "roles 第 1 项缺少 think"),
        ("acts = { work = 12,", "acts = { dream = 12,", "acts 没有 dream"),
        ("users = 1000", 'users = "viele"', "users 应为不小于 1 的数"),
        ("seed = 20261128", "seed = 20261128\nweather = 1", "没有 weather 这一项"),
        ("users = 1000", "users = ", "读不了"),
    ],
)
def test_a_wrong_file_is_refused_with_its_field(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    place = tmp_path / "users.toml"
    place.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PlanError, match=said):
        read(place)


def test_everybody_has_a_role_however_few_they_are() -> None:
    plan = read()
    assert [count for _, count in plan.of(users=8).heads()] == [1] * 8
    with pytest.raises(PlanError, match="users"):
        plan.of(users=7).heads()


def test_what_a_person_sees_on_a_page() -> None:
    row = '<td class="code" data-label="案件编号"><a href="/cases/3101152026112800005/">…</a></td>'
    assert seeing.numbers(row * 2) == ["3101152026112800005"] * 2
    assert seeing.offers('<a data-verb="file">立案</a><button disabled>退回</button>') == ["file"]
    form = (
        '<input type="hidden" name="seq" value="7"><select id="x" name="unit" required>'
        '<option value="">请选择</option><option value="3">甲</option>'
        '<option value="4" selected>乙（按权责）</option></select>'
    )
    assert (seeing.seq(form), seeing.choices(form, "unit")) == (7, (["3", "4"], "4"))
    assert seeing.hidden(form) == {"seq": "7"}


def test_no_two_uploads_are_one_file() -> None:
    picture = b"\xff\xd8\xff\xe0rest"
    first, second = afresh(picture, 1), afresh(picture, 2)
    assert first != second
    assert first[:4] == b"\xff\xd8\xff\xfe"
    assert first.endswith(b"\xff\xe0rest")
    assert int.from_bytes(first[4:6], "big") == len(first) - len(picture) - 2


def test_a_ledger_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    place = tmp_path / "ledger.jsonl"
    assert list(entries(place)) == []
    ledger = Ledger(place)
    entry = Entry("verb", 7, "k", "1" * 19, "file", 2, DONE, 200, 1.0, 1.5)
    ledger.note(entry)
    with place.open("a") as handle:
        handle.write('{"kind": "ver')
    assert list(entries(place)) == [entry]
    assert ledger.counts == {"verb.done": 1}
    ledger.close()


def test_what_is_due_in_the_warm_up_is_not_counted() -> None:
    tally = Tally(since=10.0)
    tally.took("list", due=9.0, sent=9.0, ended=11.0)
    tally.took("list", due=12.0, sent=14.0, ended=15.0)
    tally.error("list", "500", "x" * 999)
    found = summary(tally.kinds["list"], 10.0)
    assert (found["count"], found["wait_p95_ms"], found["service_p95_ms"]) == (1, 3000.0, 1000.0)
    assert found["errors"] == {"500": 1}
    assert len(found["examples"]["500"][0]) == 300


def test_a_held_up_person_counts_the_holding_up() -> None:
    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await _head(reader):
            await asyncio.sleep(0.2)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def run(port: int) -> Kind:
        somebody = _somebody(port)
        # Three requests due at once: the second and third are late before they are sent.
        for _ in range(3):
            somebody.due = 0.0
            await somebody.get("list", "/")
        return somebody.office.tally.kinds["list"]

    kind = _against(slowly, run)
    assert [round(one, 1) for one in kind.wait] == [0.2, 0.4, 0.6]
    assert [round(one, 1) for one in kind.service] == [0.2, 0.2, 0.2]


def test_a_connection_closed_while_idle_is_opened_again() -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async def run(port: int) -> tuple[Caller, list[int]]:
        caller = Caller("127.0.0.1", port, "10.1.0.1")
        _callers.append(caller)
        return caller, [(await caller.ask("GET", "/")).status for _ in range(3)]

    caller, statuses = _against(once, run)
    assert statuses == [200, 200, 200]
    assert caller.cookies == {"a": "1"}


def test_an_answer_cut_off_is_no_answer() -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")
        writer.close()

    async def run(port: int) -> str:
        with pytest.raises(Unreachable) as caught:
            await Caller("127.0.0.1", port, "10.1.0.1").ask("GET", "/")
        return str(caught.value)

    assert "in the middle" in _against(half, run)


@pytest.mark.parametrize(("patience", "outcome"), [(5.0, DONE), (0.0, UNKNOWN)])
def test_a_write_is_sent_again_under_its_key_while_the_server_is_away(
    patience: float, outcome: str
) -> None:
    seen: list[bytes] = []

    async def away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            seen.append(head)
            if len(seen) == 1:
                writer.close()
                return
            status = b"503 Away" if len(seen) == 2 else b"201 Created"
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")

    async def run(port: int) -> tuple[list[Entry], Tally]:
        somebody = _somebody(port, patience)
        try:
            await _written(somebody)
        except Refused:
            assert not patience
        return somebody.office.ledger.noted, somebody.office.tally  # type: ignore[attr-defined]

    noted, tally = _against(away, run)
    assert [(one.outcome, one.tries) for one in noted] == [(outcome, 3 if patience else 1)]
    assert len(set(seen)) == 1
    kind = tally.kinds["report"]
    assert (kind.unavailable, bool(kind.errors)) == ((2, False) if patience else (0, True))


def test_a_race_is_no_error() -> None:
    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _head(reader)
        writer.write(b"HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n")

    async def run(port: int) -> tuple[list[Entry], Tally]:
        somebody = _somebody(port)
        with pytest.raises(Refused):
            await _written(somebody)
        return somebody.office.ledger.noted, somebody.office.tally  # type: ignore[attr-defined]

    noted, tally = _against(late, run)
    assert [one.outcome for one in noted] == [RACED]
    kind = tally.kinds["report"]
    assert (kind.raced, kind.errors, len(kind.wait)) == (1, {}, 1)


def test_figures_tell_errors_and_news_that_nobody_heard() -> None:
    tally = Tally()
    tally.took("api_list", 1.0, 1.0, 1.25)
    tally.error("report", "500", "")
    heard = Heard(news={("1" * 19, 2): (0.0, 10.0, 3)}, listeners=3)
    heard.delays.append(0.1)
    heard.arrived.append(99.0)
    done = [
        Entry("verb", 7, "", number, "file", 2, DONE, 204, 8.0, 9.5)
        for number in ("1" * 19, "2" * 19)
    ]
    found = {
        one.name: one
        for one in figures_of(
            read().of(warm_seconds=0.0), Outcome(Driven(tally, 0.0, 10.0, 1.0), heard, done)
        )
    }
    assert (found["mixed_errors"].value, found["mixed_errors"].met) == (1, False)
    assert (round(found["mixed_list_p95"].value), found["mixed_list_p95"].met) == (250, True)
    # Nothing was reported: no target is met by nothing.
    assert found["mixed_report_p95"].met is None
    stream = found["mixed_stream_p99"].details
    assert (stream["writes_acknowledged"], stream["writes_nobody_heard"]) == (2, 1)
    assert stream["last_line_after_answer_ms"]["max"] == 500.0


class _Noted(Ledger):
    def __init__(self) -> None:
        self.noted: list[Entry] = []
        self.counts = {}

    def note(self, entry: Entry) -> None:
        self.noted.append(entry)


def _somebody(port: int, patience: float = 0.0) -> Somebody:
    person = Person(0, "citizen", 7, "citizen-0", token="cg_0")
    city = City({"310115001": (121.0, 30.0, 121.1, 30.1)}, ["01001"], [1], "2026-01-01")
    orders = Orders(read(), city, [person], "", "127.0.0.1", port, 0.0, patience)
    somebody = Somebody(person, Office(orders, Tally(), _Noted()))
    _callers.append(somebody.caller)
    return somebody


async def _written(somebody: Somebody) -> None:
    def read_number(answer: Answer) -> tuple[str, int]:
        return "1" * 19, 1

    headers = {"Idempotency-Key": "one"}
    await somebody.write(
        "report",
        lambda: somebody.caller.ask("POST", "/", b"{}", "application/json", headers),
        entry="report",
        key="one",
        read=read_number,
    )


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
    length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
    return head + await reader.readexactly(int(length or b"0"))


def _against(serve: Serve, run: Callable[[int], Awaitable[Found]]) -> Found:
    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    async def both() -> Found:
        server = await asyncio.start_server(served, "127.0.0.1", 0)
        try:
            return await run(server.sockets[0].getsockname()[1])
        finally:
            for caller in _callers:
                caller.close()
            _callers.clear()
            server.close()
            # What is closed here says goodbye in the next turns of the loop.
            await asyncio.sleep(0.02)

    return asyncio.run(both())


@pytest.mark.slow
def test_a_tiny_run_leads_cases_on(tmp_path: Path) -> None:
    """Half a minute: a database, a city, real servers, and two processes of clients."""
    out, place = tmp_path / "bench.json", ROOT / "var" / "bench-mixed-test"
    command = [sys.executable, "-m", "bench", "--small", "--only", "mixed", "--cases", "2000"]
    done = subprocess.run(
        [*command, "--out", str(out), "--place", str(place), "--port", "8795"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    figures = {one["name"]: one for one in json.loads(out.read_text())["figures"]}
    assert figures["mixed_errors"]["details"]["by_kind"] == {}
    kinds = figures["mixed_rate"]["details"]["kinds"]
    assert kinds["sign_in"]["good"] >= 4
    assert kinds["page_verb"]["good"] > 0
    stream = figures["mixed_stream_p99"]["details"]
    assert (stream["listeners"], stream["writes_nobody_heard"]) == (12, 0)
    assert stream["writes_acknowledged"] > 5
