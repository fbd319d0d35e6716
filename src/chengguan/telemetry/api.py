"""Positions in: `POST /api/v1/positions`, for the account of a vehicles' platform."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Header, Router
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from chengguan.accounts.domain.principal import Principal
from chengguan.core.collecting import collector_paused
from chengguan.core.coordinates import CRS
from chengguan.core.instants import usable
from chengguan.exchange.domain.receipts import Answer, digest_of, once

from .domain.receiving import MOST, Sent, receive

router = Router(tags=["车辆位置"])

Code = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00]*$")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[!-~]+$")]
Moment = Annotated[AwareDatetime, AfterValidator(usable)]


class PositionIn(BaseModel):
    """一个车辆位置。"""

    model_config = ConfigDict(extra="forbid")

    vehicle: Code = Field(description="作业车辆台账中的编号")
    at: Moment = Field(description="定位时间，须带时区")
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    crs: CRS = CRS.CGCS2000
    speed: Annotated[float, Field(ge=0, le=300, allow_inf_nan=False)] | None = Field(
        None, description="千米/时"
    )
    heading: Annotated[float, Field(ge=0, le=360, allow_inf_nan=False)] | None = Field(
        None, description="行驶方向，正北为 0，顺时针，度"
    )


class PositionsIn(BaseModel):
    """一批位置，至多 5,000 个。"""

    model_config = ConfigDict(extra="forbid")

    positions: Annotated[list[PositionIn], Field(min_length=1, max_length=MOST)]


class ReceivedOut(BaseModel):
    """`added` 为新存入的历史位置，`moved` 为位置有更新的车辆数；重复的不计。"""

    received: int
    added: int
    moved: int


@router.post(
    "/positions", response={200: ReceivedOut, 404: None, 409: None}, summary="上报车辆位置"
)
def positions(
    request: HttpRequest,
    data: PositionsIn,
    idempotency_key: Annotated[Key | None, Header(alias="Idempotency-Key")] = None,
) -> Any:
    """整批写入或整批不写；同一车辆同一时刻的重复上报不起作用，较早的位置只进历史。"""
    principal: Principal = request.auth  # type: ignore[attr-defined]

    def take() -> dict[str, int]:
        sent = [
            Sent(one.vehicle, one.at, one.lon, one.lat, one.crs, one.speed, one.heading)
            for one in data.positions
        ]
        return asdict(receive(principal, sent, timezone.now()))

    with collector_paused(len(data.positions)):
        if idempotency_key is None:
            return take()
        client, key = f"user:{principal.user_id}", f"positions:{idempotency_key}"
        digest = digest_of(request.body, request.path)
        return once(client, key, digest, lambda: Answer(200, take())).body
