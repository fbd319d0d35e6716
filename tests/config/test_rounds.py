"""The rounds of the demo's made-up vehicles, and the door they use like any other platform."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from typing import TYPE_CHECKING

import factories
import pytest
from django.test import Client

from chengguan.accounts.models import ApiToken, User
from chengguan.config.demo import fleet
from chengguan.config.demo.rounds import Round, circuit
from chengguan.core.metres import distance_m
from chengguan.registry.models import Camera, Vehicle
from chengguan.telemetry.models import Latest, Position

if TYPE_CHECKING:
    from factories import City

STOPS = [(121.90, 30.90), (121.91, 30.90), (121.91, 30.91)]


def test_it_goes_round_at_its_pace_and_comes_back() -> None:
    one = Round(STOPS, kmh=36, pause=30)
    metres = sum(distance_m(*a, *b) for a, b in zip(STOPS, [*STOPS[1:], STOPS[0]], strict=True))
    assert one.seconds == pytest.approx(90 + metres / 10, rel=0.005)
    here, then, again = one.at(0), one.at(40), one.at(one.seconds * 7)
    assert distance_m(here.lon, here.lat, *STOPS[0]) < 1
    assert here.speed == 0
    assert distance_m(here.lon, here.lat, then.lon, then.lat) == pytest.approx(100, rel=0.01)
    assert then.speed == 36
    assert then.heading == pytest.approx(90, abs=0.5)
    assert distance_m(here.lon, here.lat, again.lon, again.lat) < 1


def test_it_never_jumps() -> None:
    one = Round(STOPS, kmh=36, pause=0)
    places = [one.at(second) for second in range(int(one.seconds) + 2)]
    steps = [distance_m(a.lon, a.lat, b.lon, b.lat) for a, b in pairwise(places)]
    assert max(steps) < 10.1


def test_a_circuit_takes_the_nearest_and_crosses_nothing() -> None:
    middle = (121.90, 30.90)
    ring = [(121.905, 30.90), (121.90, 30.905), (121.895, 30.90), (121.90, 30.895)]
    far, same = (122.5, 30.9), (121.90501, 30.90)
    found = circuit(middle, [far, *ring, same], 4)
    assert set(found) == {middle, *ring}
    assert [one for one in found if one != middle] in [
        order[turn:] + order[:turn] for order in (ring, ring[::-1]) for turn in range(4)
    ]


@pytest.mark.parametrize("bad", [{"stops": STOPS[:1]}, {"kmh": 0}, {"pause": -1}])
def test_no_round_without_stops_or_speed(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="round"):
        Round(**{"stops": STOPS, "kmh": 20, "pause": 0, **bad})  # type: ignore[arg-type]


class _Door(BaseHTTPRequestHandler):
    """A real door: what comes in by HTTP goes to the API in this test's transaction."""

    taken: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append((self.headers["Authorization"], body))
        self.send_response(200 if len(self.taken) != 2 else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def door() -> Iterator[HTTPServer]:
    handler = type("Door", (_Door,), {"taken": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def city(db: None, monkeypatch: pytest.MonkeyPatch) -> City:
    made = factories.working_city()
    made.centre.code = "CENTRE"
    made.centre.save()
    lon, lat = factories.inside(1)
    for number, (east, north) in enumerate([(0, 0), (4e-4, 0), (4e-4, 4e-4), (0, 4e-4)]):
        Camera.objects.create(
            code=f"C{number}", point=(lon + east, lat + north), valid_from=factories.SINCE
        )
    rows = [
        {"编号": f"MN-{n}", "类型": "清扫车", "几分钟前": minutes, "经度": lon, "纬度": lat}
        for n, minutes in (("1", "2"), ("2", "3"), ("3", "45"), ("4", "1"))
    ]
    monkeypatch.setattr(fleet, "own", lambda _name: rows)
    for row in rows:
        Vehicle.objects.create(
            code=str(row["编号"]), kind="sweeper", area_code=factories.DISTRICT,
            valid_from=factories.SINCE, state="repair" if row["编号"] == "MN-4" else "in_use",
        )  # fmt: skip
    return made


def test_what_the_fleet_says_is_taken_by_the_public_door(city: City) -> None:
    of = fleet.rounds()
    # One is under repair, and one is to be seen silent.
    assert sorted(of) == ["MN-1", "MN-2"]
    with fleet._token() as token:
        answers = [
            Client().post(
                "/api/v1/positions", json.dumps(fleet.batch(of, datetime.now(UTC))),
                content_type="application/json", headers={"Authorization": f"Bearer {token}"},
            )
            for _ in range(2)
        ]  # fmt: skip
    assert [one.status_code for one in answers] == [200, 200], answers[0].content
    assert (Position.objects.count(), Latest.objects.count()) == (4, 2)
    account = User.objects.get(username=fleet.USERNAME)
    assert (account.is_system, account.made_up, account.has_usable_password()) == (
        True,
        True,
        False,
    )


def test_it_sends_on_after_a_refusal_and_leaves_no_token(city: City, door: HTTPServer) -> None:
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) == 3

    sent, taken = fleet.drive(f"http://127.0.0.1:{door.server_port}", wait)

    heard = door.RequestHandlerClass.taken  # type: ignore[attr-defined]
    assert (sent, taken, len(heard)) == (3, 2, 3)
    assert waits == [fleet.EVERY] * 3
    assert {len(json.loads(body)["positions"]) for _, body in heard} == {2}
    assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_nobody_listening_is_said_and_no_reason_to_die(city: City) -> None:
    assert fleet.drive("http://127.0.0.1:9", lambda _: False, times=2) == (2, 0)
