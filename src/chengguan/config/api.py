"""`/api/v1/`: one OpenAPI 3.1 document over the routers of all packages.

Every refusal is problem+json (RFC 9457) with a stable code, a Chinese sentence and the mend.
Authentication is a bearer token, or the session cookie with a CSRF token for our own pages.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from chengguan.cases.api import router as cases
from chengguan.config import api_problems
from chengguan.config.api_auth import BEARER, COOKIE
from chengguan.config.api_json import JsonParser, JsonRenderer, problem_response
from chengguan.core.errors import DomainError
from chengguan.files.api import router as files
from chengguan.registry.api import router as registry
from chengguan.telemetry.api import router as telemetry

_DESCRIPTION = """\
城管平台接口。上报、案件、台账查询、文件上传、车辆位置。

* 认证：`Authorization: Bearer <令牌>`。
* 幂等：每个写操作都可带 `Idempotency-Key`；同一键重发得到同一应答，内容不同则 409。
* 坐标：经纬度，默认 CGCS2000；以 `crs` 说明 WGS84、GCJ02、BD09。
* 时间：RFC 3339，须带时区。
* 出错：`application/problem+json`，`code` 不变，`errors` 逐条说明哪一行、哪一项、怎么改。
* 实时：`GET /stream/`（server-sent events）推送有权看到的变化。
"""


log = logging.getLogger("chengguan.api")


class Api(NinjaAPI):
    """The API, its document telling the true content type of refusals."""

    def get_openapi_schema(
        self,
        *,
        path_prefix: str | None = None,
        path_params: dict[str, Any] | None = None,
    ) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        api_problems.describe(schema)
        return schema


api = Api(
    title="城管平台接口",
    version="1.0.0",
    description=_DESCRIPTION,
    auth=[BEARER, COOKIE],
    renderer=JsonRenderer(),
    parser=JsonParser(),
    urls_namespace="api",
)
api.add_router("", cases)
api.add_router("/registry", registry)
api.add_router("", telemetry)
api.add_router("/files", files)


@api.exception_handler(DomainError)
def _domain(request: HttpRequest, error: DomainError) -> HttpResponse:
    return problem_response(error.problem())


@api.exception_handler(ValidationError)
def _validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem_response(api_problems.from_validation(error.errors))


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = problem_response(api_problems.UNAUTHENTICATED)
    response["WWW-Authenticate"] = 'Bearer realm="chengguan"'
    return response


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem_response(api_problems.from_status(error.status_code, str(error)))


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database is away or going: nothing was acknowledged, the same key may be sent again."""
    log.error("database unavailable", exc_info=error)
    response = problem_response(api_problems.from_status(HTTPStatus.SERVICE_UNAVAILABLE))
    response["Retry-After"] = "5"
    return response
