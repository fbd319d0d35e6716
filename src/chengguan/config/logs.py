"""Logs as one JSON object a line, each with the id of the request it belongs to.

The id comes in with `X-Request-ID` or is made here, goes back in the answer, and travels
with a job through its argument `request_id`: `enqueue()` adds it, `working_for()` restores it.
"""

import contextlib
import json
import logging
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponseBase

from chengguan.config import counters

_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,40}")
_QUIET = {"/healthz", "/readyz", "/metrics"}
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

request_id: ContextVar[str] = ContextVar("request_id", default="")

log = logging.getLogger("chengguan.access")


class RequestIdMiddleware:
    """Give every request an id, answer with it, log and count the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        current = given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        # Packages below can't import this module; they find the id here.
        request.META["chengguan.request_id"] = current
        begun = time.perf_counter()
        with working_for(current):
            response = self.get_response(request)
            response["X-Request-ID"] = current
            if request.path not in _QUIET:
                _note(request, response, time.perf_counter() - begun)
        return response


class JsonFormatter(logging.Formatter):
    """One line of JSON: at (UTC), level, logger, message, request_id, the extras, the error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        line |= {k: v for k, v in vars(record).items() if k not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=str).decode()
        except orjson.JSONEncodeError:
            # Half a character that a client sent, or a number past 64 bits.
            return json.dumps(line, default=str)


@contextlib.contextmanager
def working_for(identifier: str) -> Iterator[None]:
    """Mark all that is logged inside with this request id."""
    token = request_id.set(identifier)
    try:
        yield
    finally:
        request_id.reset(token)


def to_stderr(level: str = "INFO") -> None:
    """Send all logs of this process as JSON lines to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Refused requests are in our access line already; procrastinate tells of every job.
    logging.getLogger("django.request").setLevel(logging.ERROR)
    logging.getLogger("procrastinate").setLevel(logging.WARNING)


def _note(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    route = request.resolver_match.route if request.resolver_match else "unknown"
    counters.request_done(request.method or "", route, response.status_code, seconds)
    log.info(
        "request",
        extra={
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
        },
    )
