"""Tables that a program makes: brought in through the door of everybody's tables, whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chengguan.accounts.domain.principal import Principal
from chengguan.core.errors import Conflict

from ...models import ImportRun
from .run import apply, check

_SHOWN = 5


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Write rows as CSV, UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return out.getvalue().encode()


def bring(
    kind: str,
    name: str,
    content: bytes,
    options: Mapping[str, Any],
    principal: Principal,
    *,
    code: str,
    mend: str | None = None,
) -> ImportRun:
    """Check and apply one table in the caller's transaction; `options` as those of `check`.

    Raises:
        Conflict: a row is wrong; under `code`, with the first faults and the mend.
    """
    run = check(kind, io.BytesIO(content), options, principal, name=name)
    if run.error_count:
        shown = "；".join(f"第 {one.get('row')} 行 {one['message']}" for one in run.errors[:_SHOWN])
        raise Conflict(code, f"{name} 有 {run.error_count} 处错误：{shown}", mend=mend)
    return apply(run.pk, principal)
