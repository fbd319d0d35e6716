"""Vehicles of the small city, who sends for them, and a batch as it is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import factories

from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import User
from chengguan.registry.enums import VehicleKind
from chengguan.registry.models import Vehicle
from chengguan.telemetry.domain.receiving import Sent

EAST = f"{factories.STREET}002"
WEST = f"{factories.STREET}001"


def vehicle(code: str = "QS-1", area_code: str = factories.DISTRICT, **columns: Any) -> Vehicle:
    given = {
        "plate": "沪AT0001", "kind": VehicleKind.SWEEPER, "owner": "环卫所",
        "area_code": area_code, "valid_from": factories.SINCE,
    }  # fmt: skip
    return Vehicle.objects.create(code=code, **{**given, **columns})


def gateway(area_code: str = "") -> User:
    """The account of a vehicles' platform; its scope is an area, "" everywhere."""
    post = factories.post(f"gateway{area_code}", Capability.TELEMETRY, name="设备接入")
    return factories.user("接入", factories.organisation("平台"), post, area_code=area_code)


def sender(area_code: str = "") -> Principal:
    return principal_of(gateway(area_code))


def sent(at: datetime, code: str = "QS-1", community: int = 1, **more: Any) -> Sent:
    lon, lat = factories.inside(community)
    return Sent(**{"vehicle": code, "at": at, "lon": lon, "lat": lat, **more})


def body(at: datetime, *codes: str, **more: Any) -> dict[str, Any]:
    lon, lat = factories.inside(1)
    row = {"at": at.isoformat(), "lon": lon, "lat": lat, **more}
    return {"positions": [{"vehicle": code, **row} for code in codes]}
