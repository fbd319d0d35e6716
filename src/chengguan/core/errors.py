"""Errors a person can act on: a stable code, a Chinese sentence, and the mend.

They are raised early by the domain and turned into RFC 9457 problem+json at
the edge only.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar


class DomainError(Exception):
    """A rule of the trade was broken; `message` and `mend` are shown as they are.

    `code` is stable ("clock.order"), `field` the form field or JSON pointer,
    `row` the 1-based row of an imported table, `params` whatever a client may
    need to build its own sentence (JSON-able values only), `also` the further
    faults of a form or a file that was checked as a whole.
    """

    default_status: ClassVar[int] = 400

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        field: str | None = None,
        row: int | None = None,
        mend: str | None = None,
        also: Sequence[DomainError] = (),
        **params: Any,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = self.default_status if status is None else status
        self.field = field
        self.row = row
        self.mend = mend
        self.also = tuple(also)
        self.params = params

    def __str__(self) -> str:
        return f"{self.message}{self.mend}" if self.mend else self.message

    def problem(self) -> dict[str, Any]:
        """Return the problem+json body (RFC 9457).

        `errors` lists this fault and the further ones, each with its row,
        field and mend where it has them.
        """
        body: dict[str, Any] = {
            "type": f"urn:chengguan:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.message,
            "errors": [fault.line() for fault in (self, *self.also)],
        }
        if self.params:
            body["params"] = self.params
        return body

    def line(self) -> dict[str, Any]:
        """Return one entry of `errors`; what is not known is left out."""
        full = {"row": self.row, "field": self.field, "message": self.message, "mend": self.mend}
        return {key: value for key, value in full.items() if value is not None}


class NotAllowed(DomainError):
    """The person is known but may not do this (403)."""

    default_status = 403


class NotFound(DomainError):
    """No such row, or none that this person may see (404)."""

    default_status = 404


class Conflict(DomainError):
    """The row is in another state than the action needs (409)."""

    default_status = 409


class Invalid(DomainError):
    """The values given can't be accepted (422)."""

    default_status = 422
