"""What can go wrong between two systems."""

from __future__ import annotations

from chengguan.core.errors import Conflict, DomainError, Invalid


class KeyReused(Conflict):
    """An idempotency key came again with another body (409)."""

    def __init__(self, key: str) -> None:
        super().__init__(
            "exchange.key_reused",
            "这个幂等键已用于内容不同的另一次请求，本次未处理。",
            field="Idempotency-Key",
            mend="请为新的请求换一个幂等键；若是重发，请保持内容与首次完全一致。",
            key=key,
        )


class InProgress(Conflict):
    """The first request under this key is still being worked on (409, with Retry-After)."""

    retry_after = 1

    def __init__(self, key: str) -> None:
        super().__init__(
            "exchange.in_progress",
            "同一幂等键的请求正在处理中。",
            field="Idempotency-Key",
            mend=f"请在 {self.retry_after} 秒后用同一个键重试，届时会得到同一个结果。",
            key=key,
            retry_after=self.retry_after,
        )


class Untrusted(DomainError):
    """A message whose sender, time or signature can't be relied on (401)."""

    default_status = 401


class Unreadable(Invalid):
    """A form or mapping that doesn't hold what it must (422)."""
