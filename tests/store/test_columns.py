"""Rows as columns: the numbers that stand there, and no row of another width."""

from __future__ import annotations

import pytest

from chengguan.store.columns import read_columns

pytestmark = pytest.mark.django_db
_TWO = [("a", "i8"), ("b", "f8")]


def test_numbers_come_as_they_stand() -> None:
    found = read_columns(
        "SELECT g::bigint, g / 4.0::float8 FROM generate_series(1, %s) g", [3], _TWO
    )

    assert found["a"].tolist() == [1, 2, 3]
    assert found["b"].tolist() == [0.25, 0.5, 0.75]


def test_no_rows() -> None:
    assert len(read_columns("SELECT 1::bigint, 1::float8 WHERE false", [], _TWO)) == 0


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1::int, 1::float8",
        "SELECT NULL::bigint, 1::float8",
        "SELECT 1::int, '123456789012'::text",
    ],
)
def test_another_width_is_refused(sql: str) -> None:
    with pytest.raises(ValueError, match=r"width|eight bytes"):
        read_columns(sql, [], _TWO)
