"""Types that several operations share: bounded texts, codes, points, uploads."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from chengguan.accounts.domain.principal import Principal
from chengguan.core.errors import Invalid
from chengguan.core.instants import usable
from chengguan.files.domain import uploads
from chengguan.workflow.domain import Evidence

Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{19}$")]
MatterCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{4,8})?$")]
AreaCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{2,15})?$")]
ComponentCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{16,17})?$")]
Phone = Annotated[str, StringConstraints(pattern=r"^[0-9+\-() ]{0,20}$")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[!-~]+$")]
Words = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")]
Name = Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00]*$")]
Line = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Reference = Annotated[str, StringConstraints(max_length=120, pattern=r"^[^\x00]*$")]
LongText = Annotated[str, StringConstraints(max_length=5000, pattern=r"^[^\x00]*$")]
Moment = Annotated[AwareDatetime, AfterValidator(usable)]
RowId = Annotated[int, Field(ge=1, le=2**53)]

_JSON_BYTES: Final = 100_000
_DEPTH: Final = 20


def bounded_json(value: dict[str, Any]) -> dict[str, Any]:
    """Pass an object that PostgreSQL can keep: at most 100 kB, 20 levels, no NUL, finite numbers."""
    if not value:
        return value
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        orjson.dumps(value)
    except (ValueError, TypeError, RecursionError):
        raise ValueError("应为有限层次、有限数值（整数不超过64位）、有效文字的JSON对象") from None
    if len(text) > _JSON_BYTES:
        raise ValueError(f"JSON对象不能超过 {_JSON_BYTES} 字节")
    if "\\u0000" in text or _depth(value) > _DEPTH:
        raise ValueError(f"JSON对象不能含空字符，也不能超过 {_DEPTH} 层")
    return value


class Told(BaseModel):
    """What is answered, read off objects by pydantic itself.

    Not ninja's Schema: that one asks for each value through a getter in Python, which for a page
    of fifty costs as much as its queries.
    """

    model_config = ConfigDict(from_attributes=True)


class Given(BaseModel):
    """What a body says; a field we don't know is refused."""

    model_config = ConfigDict(extra="forbid")


JsonObject = Annotated[dict[str, Any], AfterValidator(bounded_json)]


def principal_of(request: HttpRequest) -> Principal:
    """Give who the API's authentication found."""
    found: Principal = request.auth  # type: ignore[attr-defined]
    return found


def known_parameters(request: HttpRequest, query: type[Schema]) -> None:
    """Refuse a misspelt filter, which would otherwise silently show too much.

    Raises:
        Invalid: a parameter that `query` doesn't have.
    """
    for name in request.GET:
        if name not in query.model_fields:
            raise Invalid(
                "api.parameter",
                f"没有参数“{name[:40]}”。",
                field=name[:40],
                mend=f"可用：{'、'.join(query.model_fields)}。",
            )


def answer(
    data: dict[str, Any],
    status: HTTPStatus = HTTPStatus.OK,
    *,
    kind: type[HttpResponse] = HttpResponse,
) -> HttpResponse:
    """Answer with JSON as it is: checked against its schema by tests, not again for each request."""
    return kind(orjson.dumps(data, default=str), status=status, content_type="application/json")


def client_of(principal: Principal) -> str:
    """Give the namespace of a caller's idempotency keys."""
    return f"user:{principal.user_id}"


def evidence_of(
    wanted: dict[str, list[UUID]], principal: Principal, roles: dict[str, str]
) -> list[Evidence]:
    """Turn finished uploads, by form field, into evidence: one statement, none without uploads.

    Raises:
        UploadNotFound: one is unknown, unfinished, expired or another's.
    """
    every = [upload for listed in wanted.values() for upload in listed]
    if not every:
        return []
    found = uploads.finished(every, user_id=principal.user_id)
    return [
        Evidence(found[upload].sha256, found[upload].name, roles.get(field, "other"), field)
        for field, listed in wanted.items()
        for upload in listed
    ]


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(item) for item in value), default=0)
    return 0
