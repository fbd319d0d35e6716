"""Area codes as numbers: columns of them are compared by the million, and "at or under" is a range.

A digit becomes one of 1 to 10 in base sixteen, what is missing to fifteen digits 0; so the order is
that of the codes, and a larger area comes before all that lies in it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

DIGITS: Final = 15
#: `area_number` for PostgreSQL; `%(expressions)s` is the column.
AREA_NUMBER_SQL: Final = (
    "('x' || rpad(translate(%(expressions)s, '0123456789', '123456789a'), 15, '0'))"
    "::bit(60)::bigint"
)


def area_number(code: str) -> int:
    """Give an area code (0 to 15 digits) as a number."""
    return int("".join(f"{int(digit) + 1:x}" for digit in code).ljust(DIGITS, "0"), 16)


def area_range(prefix: str) -> tuple[int, int]:
    """Give the first number of the areas at and under `prefix`, and the first beyond them."""
    first = area_number(prefix)
    return first, first + (1 << 4 * (DIGITS - len(prefix)))


def area_code(number: int) -> str:
    """Give the code of a number."""
    digits = f"{number:015x}".rstrip("0")
    return "".join(str(int(digit, 16) - 1) for digit in digits)


def cut(numbers: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Give the areas of `length` digits that these lie in, 0 for those that are larger than that."""
    shift = 4 * (DIGITS - length)
    kept = numbers >> shift
    return np.where(kept & 0xF, kept << shift, 0)
