"""Signatures between platforms: HMAC-SHA256 over sender, time, nonce, action, key and body.

A signature older or newer than five minutes, or with a nonce seen before, is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ..errors import Untrusted
from ..models import Nonce, Peer

WINDOW_SECONDS: Final = 300
_NAMES: Final = {
    "sender": "X-Chengguan-Sender",
    "timestamp": "X-Chengguan-Timestamp",
    "nonce": "X-Chengguan-Nonce",
    "signature": "X-Chengguan-Signature",
}


@dataclass(frozen=True, slots=True)
class Signed:
    """The four headers of a signed request."""

    sender: str
    timestamp: str
    nonce: str
    signature: str

    def headers(self) -> dict[str, str]:
        """Give them as HTTP headers."""
        return {header: getattr(self, name) for name, header in _NAMES.items()}

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Signed:
        """Read them; missing ones are empty."""
        return cls(**{name: headers.get(header, "") for name, header in _NAMES.items()})


def sign(
    secret: str,
    *,
    sender: str,
    action: str,
    key: str,
    body: bytes,
    timestamp: int | None = None,
    nonce: str = "",
) -> Signed:
    """Sign a request; `timestamp` (epoch seconds) and `nonce` are made where not given."""
    when = str(int(time.time()) if timestamp is None else timestamp)
    once = nonce or secrets.token_hex(16)
    return Signed(sender, when, once, _digest(secret, sender, when, once, action, key, body))


def trust(signed: Signed, *, action: str, key: str, body: bytes, at: datetime) -> Peer:
    """Give the peer who signed this; its nonce is used up in the caller's transaction.

    Raises:
        Untrusted: unknown or inactive peer, wrong signature, wrong time, or a replay.
    """
    peer = Peer.objects.filter(code=signed.sender, active=True).exclude(secret="").first()
    expected = _digest(
        peer.secret if peer else secrets.token_hex(16),
        signed.sender,
        signed.timestamp,
        signed.nonce,
        action,
        key,
        body,
    )
    # As bytes: a header may hold any characters, and text must be ASCII to be compared.
    given = signed.signature.lower().encode()
    if not hmac.compare_digest(expected.encode(), given) or peer is None:
        raise Untrusted(
            "exchange.signature",
            "签名不正确，或平台未登记。",
            mend="请核对平台代码与签名密钥，并按签名规则重新签名。",
        )
    if (
        not signed.timestamp.isdigit()
        or abs(at.timestamp() - int(signed.timestamp)) > WINDOW_SECONDS
    ):
        raise Untrusted(
            "exchange.time",
            f"签名时间与本机相差超过 {WINDOW_SECONDS // 60} 分钟。",
            mend="请校准服务器时钟（NTP）后重发。",
            now=int(at.timestamp()),
        )
    _use_up(peer, signed.nonce, at)
    return peer


def forget_nonces(at: datetime) -> int:
    """Delete nonces whose signatures are too old to be accepted anyway; give how many."""
    limit = at - timedelta(seconds=2 * WINDOW_SECONDS)
    deleted, _ = Nonce.objects.filter(seen_at__lt=limit).delete()
    return deleted


def _use_up(peer: Peer, nonce: str, at: datetime) -> None:
    fits = 16 <= len(nonce) <= 64 and nonce.isascii() and nonce.isalnum()
    made = False
    if fits:
        _, made = Nonce.objects.get_or_create(
            peer=peer, nonce=nonce, defaults={"seen_at": at.astimezone(UTC)}
        )
    if not made:
        raise Untrusted(
            "exchange.replay",
            "一次性数不合规，或这个请求已收到过。",
            mend="每次发送（包括重发）都请使用新的一次性数（16至64位字母数字）。",
        )


def _digest(
    secret: str, sender: str, timestamp: str, nonce: str, action: str, key: str, body: bytes
) -> str:
    parts = [sender, timestamp, nonce, action, key, hashlib.sha256(body).hexdigest()]
    return hmac.new(secret.encode(), "\n".join(parts).encode(), hashlib.sha256).hexdigest()
