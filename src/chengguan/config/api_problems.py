"""Refusals of the framework in our own words, and their place in the OpenAPI document."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

_DETAILS = {
    400: ("api.malformed", "请求内容不是有效的JSON或参数", "请检查请求体的格式与编码（UTF-8）。"),
    401: ("api.unauthenticated", "没有登录或令牌无效", "请带有效的令牌或重新登录后再试。"),
    403: ("api.forbidden", "没有权限", "请联系安全管理员授权；来自页面的写操作须带CSRF令牌。"),
    404: ("api.not_found", "没有这个对象，或无权查看", "请核对编号。"),
    405: ("api.method", "不支持这种请求方法", "请查看接口文档。"),
    503: (
        "api.unavailable",
        "数据库暂时不可用，本次请求没有得到确认",
        "请稍后用同一幂等键重发；持续出现时请管理员执行 chengguan doctor。",
    ),
}

#: Pydantic's most frequent complaints, for people.
_SENTENCES = {
    "missing": "缺少必填项",
    "string_too_long": "文字过长，最多 {max_length} 字",
    "string_too_short": "文字过短，至少 {min_length} 字",
    "string_pattern_mismatch": "格式不对",
    "string_type": "应为文字",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "bool_parsing": "应为是或否",
    "bool_type": "应为是或否",
    "enum": "应为以下之一：{expected}",
    "literal_error": "应为以下之一：{expected}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "timezone_aware": "时间须带时区，如 2026-11-23T08:00:00+08:00",
    "datetime_parsing": "时间格式不对，应如 2026-11-23T08:00:00+08:00",
    "datetime_from_date_parsing": "时间格式不对，应如 2026-11-23T08:00:00+08:00",
    "date_from_datetime_parsing": "日期格式不对，应如 2026-11-23",
    "extra_forbidden": "没有这个字段",
    "list_type": "应为数组",
    "dict_type": "应为对象",
    "finite_number": "应为有限的数字",
}

UNAUTHENTICATED: dict[str, Any] = {}


def from_status(status: int, said: str = "") -> dict[str, Any]:
    """Give the problem for a bare HTTP status."""
    code, detail, mend = _DETAILS.get(
        status, (f"api.{status}", said or HTTPStatus(status).phrase, "请稍后再试。")
    )
    return {
        "type": f"urn:chengguan:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "errors": [{"message": detail, "mend": mend}],
    }


UNAUTHENTICATED.update(from_status(401))


def from_validation(errors: list[dict[str, Any]]) -> dict[str, Any]:
    """Give one problem for all faults of a request, each with its field and sentence."""
    faults = [
        {"field": _field(error["loc"]), "message": _sentence(error)} for error in errors[:100]
    ]
    first = faults[0] if faults else {"field": "", "message": "内容不符合要求"}
    return {
        "type": "urn:chengguan:problem:api.invalid",
        "title": HTTPStatus(422).phrase,
        "status": 422,
        "code": "api.invalid",
        "detail": f"{first['field']}：{first['message']}" if first["field"] else first["message"],
        "errors": faults,
    }


def describe(schema: dict[str, Any]) -> None:
    """Say in the document that refusals are problem+json, and which come to every operation."""
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM_SCHEMA
    for operations in schema.get("paths", {}).values():
        for operation in operations.values():
            responses = operation.setdefault("responses", {})
            for status in (400, 401, 403, 422):
                responses.setdefault(status, {"description": HTTPStatus(status).phrase})
            for status, response in responses.items():
                if int(status) >= HTTPStatus.BAD_REQUEST:
                    response["content"] = {
                        "application/problem+json": {
                            "schema": {"$ref": "#/components/schemas/Problem"}
                        }
                    }


def _field(location: tuple[Any, ...]) -> str:
    parts = list(location[1:]) if location and location[0] in _PLACES else list(location)
    if parts and parts[0] in {"data", "payload", "body", "filters", "query"}:
        parts = parts[1:] or parts
    return ".".join(str(part) for part in parts)


def _sentence(error: dict[str, Any]) -> str:
    known = _SENTENCES.get(error["type"])
    if known is None:
        return str(error.get("msg", "不符合要求")).removeprefix("Value error, ")
    return known.format_map(_Blank(error.get("ctx") or {}))


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


_PLACES = {"body", "query", "path", "header", "cookie", "form", "file"}

_PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457；文字为中文，可直接给用户看。",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "不变的错误代码"},
        "detail": {"type": "string", "description": "原因"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "row": {"type": "integer"},
                    "field": {"type": "string"},
                    "message": {"type": "string"},
                    "mend": {"type": "string"},
                },
            },
        },
        "params": {"type": "object"},
    },
}
