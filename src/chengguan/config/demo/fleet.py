"""The demo's own vehicles (模拟) drive their rounds while the demo runs, by the door that any
vehicles' platform uses: `POST /api/v1/positions` with a bearer token, one batch every twelve seconds.

A process of the demo, and it ends with it; what it says is no real vehicle's place.
"""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from django.db import transaction
from django.utils import timezone

from chengguan.accounts.domain.grants import grant_post
from chengguan.accounts.domain.people import create_user
from chengguan.accounts.domain.posts import load_posts
from chengguan.accounts.domain.tokens import issue_token, revoke_token
from chengguan.accounts.models import ApiToken, Organisation, Post, User
from chengguan.core.coordinates import CRS
from chengguan.registry.domain.locate import locate_areas
from chengguan.registry.enums import VehicleState
from chengguan.registry.models import Camera, Vehicle

from .bringing import LOADER, SINCE, own
from .rounds import Place, Round, circuit

EVERY: Final = 12.0
USERNAME: Final = "cheliang_moni"
TITLE: Final = "车辆平台（模拟）"
#: Of the vehicles whose last word is older in the table, the map shows what it shows of silent ones.
_SILENT_MINUTES: Final = 30
_STOPS: Final = 9
#: km/h on the way, and seconds at each stop, by kind of work.
_PACE: Final[Mapping[str, tuple[float, float]]] = {
    "清扫车": (9, 0), "洒水车": (14, 0), "垃圾收运车": (22, 75), "渣土车": (34, 40),
    "执法车": (26, 50), "抢修车": (28, 90), "绿化养护车": (12, 60),
}  # fmt: skip
_TOKEN_HOURS: Final = 24
_BATCHES_OF_A_TOKEN: Final = 6_000

log = logging.getLogger(__name__)


def rounds() -> dict[str, Round]:
    """Give the rounds of the demo's vehicles in use, by code; past the published cameras near each."""
    in_use = set(Vehicle.objects.filter(state=VehicleState.IN_USE).values_list("code", flat=True))
    cameras: list[Place] = [
        one.point for one in Camera.objects.order_by("code").only("point") if one.point
    ]
    found = {}
    for row in own("vehicles.csv"):
        if row["编号"] not in in_use or int(row["几分钟前"]) > _SILENT_MINUTES:
            continue
        stops = _within(circuit((float(row["经度"]), float(row["纬度"])), cameras, _STOPS))
        kmh, pause = _PACE.get(row["类型"], (20, 30))
        if len(stops) > 1:
            found[row["编号"]] = Round(stops, kmh=kmh, pause=pause)
    return found


def batch(of: Mapping[str, Round], at: datetime) -> dict[str, Any]:
    """Give one position of each vehicle as the door takes it, CGCS2000."""
    positions = []
    for number, (code, one) in enumerate(of.items()):
        # Each begins its round elsewhere.
        seen = one.at(at.timestamp() + number * 97)
        positions.append(
            {
                "vehicle": code,
                "at": at.isoformat(),
                "lon": round(seen.lon, 6),
                "lat": round(seen.lat, 6),
                "crs": CRS.CGCS2000.value,
                "speed": seen.speed,
                "heading": round(seen.heading, 1),
            }
        )
    return {"positions": positions}


def drive(
    address: str, wait: Callable[[float], bool], *, times: int | None = None
) -> tuple[int, int]:
    """Send until `wait(seconds)` says to stop, or so many `times`; gives (batches sent, taken).

    A batch that isn't taken is said in the log, and the next one is tried: the pages may just be
    starting again.
    """
    of = rounds()
    sent = taken = 0
    if not of:
        log.warning("演示车辆不在台账中，没有可行驶的车辆")
        return 0, 0
    while True:
        with _token() as token:
            for _ in range(_BATCHES_OF_A_TOKEN):
                sent += 1
                taken += _send(address, token, batch(of, datetime.now(UTC)))
                if sent == times or wait(EVERY):
                    return sent, taken


def _send(address: str, token: str, body: Mapping[str, Any]) -> bool:
    request = urllib.request.Request(  # noqa: S310 - our own pages
        f"{address}/api/v1/positions",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310
            return True
    except urllib.error.HTTPError as error:
        log.warning("车辆位置没有收下（%s）：%s", error.code, error.read()[:500].decode())
    except OSError as error:
        log.warning("车辆位置没有送到：%s", error)
    return False


def _within(stops: list[Place]) -> list[Place]:
    """Leave out stops, the first one last, until the whole way lies within the city."""
    kept = list(stops)
    while len(kept) > 1:
        ends = [*kept[1:], kept[0]]
        outside = [
            number
            for number, (a, b) in enumerate(zip(kept, ends, strict=True))
            if (locate_areas(np.linspace(a, b, 25)) == "").any()
        ]
        if not outside:
            return kept
        kept.pop((outside[0] + 1) % len(kept) or len(kept) - 1)
    return kept


@contextmanager
def _token() -> Iterator[str]:
    """Hold a token of the vehicles' platform for the time of a run."""
    row, raw = _issue()
    try:
        yield raw
    finally:
        revoke_token(row, principal=LOADER)


@transaction.atomic
def _issue() -> tuple[ApiToken, str]:
    user = User.objects.filter(username=USERNAME).first() or _account()
    until = timezone.now() + timedelta(hours=_TOKEN_HOURS)
    return issue_token(user, name="演示车辆（模拟）", principal=LOADER, expires_at=until)


def _account() -> User:
    post = Post.objects.filter(code="gateway").first()
    if post is None:
        post = next(one for one in load_posts() if one.code == "gateway")
    user = create_user(
        username=USERNAME,
        name=TITLE,
        organisation=Organisation.objects.get(code="CENTRE"),
        principal=LOADER,
        is_system=True,
        made_up=True,
    )
    grant_post(user, post, principal=LOADER, area_code="", valid_from=SINCE)
    return user
