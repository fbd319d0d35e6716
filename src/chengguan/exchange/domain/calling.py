"""One signed HTTP call to a peer: short, bounded, without redirects."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from ..models import Peer
from .signing import sign

TIMEOUT_SECONDS: Final = 10
MOST_BYTES: Final = 5_000_000


class CallFailed(Exception):
    """No usable answer: the line, the time, or nonsense. Worth trying again."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the peer answered."""

    status: int
    body: dict[str, Any]


def call(peer: Peer, method: str, path: str, *, action: str, key: str, body: bytes = b"") -> Reply:
    """Send a signed request to `path` below the peer's address.

    Raises:
        CallFailed: no answer, too long an answer, or one that isn't a JSON object.
    """
    signed = sign(peer.secret, sender=peer.known_as, action=action, key=key, body=body)
    headers = signed.headers() | {"Content-Type": "application/json"}
    parts = urlsplit(peer.url)
    line = _line(parts.scheme, parts.netloc)
    try:
        line.request(method, parts.path.rstrip("/") + "/" + path, body, headers)
        response = line.getresponse()
        content = response.read(MOST_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        raise CallFailed(f"连不上 {peer.name}：{error}") from error
    finally:
        line.close()
    try:
        parsed = orjson.loads(content[:MOST_BYTES])
    except orjson.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, dict):
        raise CallFailed(f"{peer.name} 的应答不是JSON对象（HTTP {response.status}）")
    return Reply(response.status, parsed)


def _line(scheme: str, netloc: str) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(netloc, timeout=TIMEOUT_SECONDS, context=context)
    if scheme != "http" or not netloc:
        raise CallFailed("对接平台的地址应以 http:// 或 https:// 开头")
    return http.client.HTTPConnection(netloc, timeout=TIMEOUT_SECONDS)
