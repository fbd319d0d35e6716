"""Positions of vehicles, taken a batch at a time: all of it or nothing, in two statements.

A position that came before changes nothing. One older than the vehicle's newest goes into the
history and does not move the vehicle: gateways send after a tunnel what they could not send in it.
Of a vehicle that is under repair or retired nothing is taken, nor of a place outside the city
(ADR 0022).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
from django.db import connection, transaction
from django.utils import timezone
from numpy.typing import NDArray

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.core.coordinates import CRS, convert_many
from chengguan.core.errors import DomainError, Invalid, NotAllowed
from chengguan.exchange.domain.signing import WINDOW_SECONDS
from chengguan.registry.domain.locate import locate_areas
from chengguan.registry.enums import VehicleState
from chengguan.registry.models import Vehicle

from ..errors import wrong
from .pruning import KEPT_DAYS, kept_since

MOST: Final = 5_000
#: Clocks of senders may run ahead by as much as those of signed messages.
AHEAD: Final = timedelta(seconds=WINDOW_SECONDS)
_TOLD: Final = 100
# Rows come sorted: two batches about the same vehicles lock them in the same order.
_WRITE: Final = """
    WITH given AS (
        SELECT vehicle_id, at, point(lon, lat) AS point, area_code, speed, heading
        FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::float8[], %s::varchar[],
                    %s::float8[], %s::float8[])
             AS t(vehicle_id, at, lon, lat, area_code, speed, heading)
    ), added AS (
        INSERT INTO telemetry_position (vehicle_id, at, point, speed, heading)
        SELECT vehicle_id, at, point, speed, heading FROM given
        ON CONFLICT (vehicle_id, at) DO NOTHING RETURNING 1
    ), moved AS (
        INSERT INTO telemetry_latest AS l (vehicle_id, at, point, area_code, speed, heading)
        SELECT DISTINCT ON (vehicle_id) vehicle_id, at, point, area_code, speed, heading
        FROM given ORDER BY vehicle_id, at DESC
        ON CONFLICT (vehicle_id) DO UPDATE SET
            at = excluded.at, point = excluded.point, area_code = excluded.area_code,
            speed = excluded.speed, heading = excluded.heading
        WHERE l.at < excluded.at RETURNING 1
    )
    SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM moved)
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """One position as it was sent: degrees of `crs`, km/h, degrees clockwise from north."""

    vehicle: str
    at: datetime
    lon: float
    lat: float
    crs: CRS = CRS.CGCS2000
    speed: float | None = None
    heading: float | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """What a batch did: positions sent, new in the history, and vehicles that have a newer place."""

    received: int
    added: int
    moved: int


def receive(principal: Principal, sent: Sequence[Sent], now: datetime) -> Received:
    """Take a batch (at most `MOST`), converting each place once; written only if every row is right.

    Raises:
        NotAllowed: no post of the sender's sends telemetry.
        Invalid: some rows are wrong; the first hundred faults are told with row, field and mend.
    """
    if not principal.can(Capability.TELEMETRY):
        raise NotAllowed(
            "telemetry.send",
            "该账号不能上报设备数据。",
            mend="请联系安全管理员授予“设备接入”岗位，并用它的令牌。",
        )
    if len(sent) > MOST:
        raise Invalid(
            "telemetry.batch", f"一批最多 {MOST} 条。", field="positions", mend="请分批上报。"
        )
    known = _vehicles(principal, {one.vehicle for one in sent})
    places = _places(sent)
    areas: list[str] = locate_areas(places).tolist() if len(sent) else []
    faults = _faults(sent, known, areas, now)
    if faults:
        first, *others = faults
        raise Invalid(
            first.code,
            first.message,
            row=first.row,
            field=first.field,
            mend=first.mend,
            also=others[: _TOLD - 1],
            faults=len(faults),
        )
    return _write(principal, sent, known, places, areas)


def _vehicles(principal: Principal, codes: set[str]) -> Mapping[str, Vehicle]:
    """Give the vehicles of these codes that the sender sends for; one statement."""
    found = Vehicle.objects.filter(code__in=codes)
    allowed: dict[str, bool] = {}
    for one in found:
        if one.area_code not in allowed:
            allowed[one.area_code] = principal.can(Capability.TELEMETRY, area_code=one.area_code)
    return {one.code: one for one in found if allowed[one.area_code]}


def _places(sent: Sequence[Sent]) -> NDArray[np.float64]:
    places = np.array([(one.lon, one.lat) for one in sent], dtype=np.float64).reshape(-1, 2)
    systems = np.array([one.crs.value for one in sent])
    for crs in CRS:
        of_it = systems == crs.value
        if of_it.any():
            places[of_it] = convert_many(places[of_it], crs)
    return places


def _faults(
    sent: Sequence[Sent], known: Mapping[str, Vehicle], areas: Sequence[str], now: datetime
) -> list[DomainError]:
    since, until, today = kept_since(now), now + AHEAD, timezone.localdate(now)
    found: list[DomainError] = []
    for row, (one, area) in enumerate(zip(sent, areas, strict=True), 1):
        vehicle = known.get(one.vehicle)
        if vehicle is None:
            found.append(
                wrong(row, "vehicle", f"没有车辆“{one.vehicle}”。", "请先在作业车辆台账中登记。")
            )
        elif vehicle.state != VehicleState.IN_USE or not _valid(vehicle, today):
            found.append(
                wrong(
                    row,
                    "vehicle",
                    f"车辆“{one.vehicle}”不在用，不接收它的位置。",
                    "请停止上报，或在台账中改为在用。",
                )
            )
        if one.at > until:
            found.append(
                wrong(
                    row,
                    "at",
                    f"时间比现在晚 {AHEAD.seconds // 60} 分钟以上。",
                    "请校准设备时钟，并核对时区。",
                )
            )
        elif one.at < since:
            found.append(
                wrong(row, "at", f"时间早于 {KEPT_DAYS} 天前。", "超过保存期的位置不必补报。")
            )
        if not area:
            found.append(
                wrong(row, "lon", "位置不在本市范围内。", "请核对经纬度次序与坐标系 crs。")
            )
    return found


def _valid(vehicle: Vehicle, today: date) -> bool:
    until = vehicle.valid_to
    return vehicle.valid_from <= today and (until is None or until >= today)


def _write(
    principal: Principal,
    sent: Sequence[Sent],
    known: Mapping[str, Vehicle],
    places: NDArray[np.float64],
    areas: Sequence[str],
) -> Received:
    # Of two about the same instant the first stands, in the history as on the map.
    once = {(known[one.vehicle].pk, one.at): row for row, one in reversed([*enumerate(sent)])}
    order = sorted(once)
    rows = [once[key] for key in order]
    columns = [
        [vehicle for vehicle, _ in order],
        [at for _, at in order],
        places[rows, 0].tolist(),
        places[rows, 1].tolist(),
        [areas[row] for row in rows],
        [sent[row].speed for row in rows],
        [sent[row].heading for row in rows],
    ]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, columns)
            added, moved = cursor.fetchone()
        record(
            "telemetry.positions",
            actor=principal.actor(Capability.TELEMETRY),
            subject_type="telemetry",
            detail={"positions": len(sent), "added": added, "moved": moved},
        )
    return Received(len(sent), added, moved)
