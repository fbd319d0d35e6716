"""Many rows as columns: a query by binary COPY into one numpy array, no Python value a cell.

A hundred thousand cases or a million components are needed as arrays; reading them as tuples costs
twenty times as much. Every column must be int8 or float8 and never null, so that rows have one width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from django.db import connection
from numpy.typing import NDArray

# Signature, flags and the (empty) extension of a binary COPY.
_HEAD: Final = 19
_TAIL: Final = 2


def read_columns(
    sql: str, params: Sequence[Any], columns: Sequence[tuple[str, str]]
) -> NDArray[Any]:
    """Give the rows of a SELECT as a structured array in the machine's byte order.

    `columns` are names with "i8" (bigint) or "f8" (double precision), in the order of the SELECT.

    Raises:
        ValueError: a cell was null or of another type, so that the rows' width is not one.
    """
    row = np.dtype(
        [("fields", ">i2")]
        + [part for name, kind in columns for part in ((f"{name} ", ">i4"), (name, f">{kind}"))]
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT binary)", params) as copy,
    ):
        whole = b"".join(bytes(part) for part in copy)
    count, rest = divmod(len(whole) - _HEAD - _TAIL, row.itemsize)
    if rest:
        raise ValueError(f"rows of one width were expected: {sql[:120]}")
    found = np.frombuffer(whole, row, count, _HEAD)
    made = np.empty(count, np.dtype([(name, kind) for name, kind in columns]))
    for name, _ in columns:
        if count and not (found[f"{name} "] == 8).all():
            raise ValueError(f"column {name} holds nulls or is not eight bytes wide")
        made[name] = found[name]
    return made
