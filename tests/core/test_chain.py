"""The hash chain: one text per row, and the first fault by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengguan.core.chain import GENESIS, Fault, Link, Verdict, canonical, link, verify

NOON = datetime(2026, 11, 23, 12, 0, 0, 1, tzinfo=UTC)


def test_the_text_of_a_row_is_fixed_for_ever() -> None:
    row = {
        "z": [1, 1.0, True, None, "井盖\n"],
        "at": NOON,
        "day": date(2026, 11, 23),
        "sum": Decimal("12.50"),
        "nested": {"b": 2, "a": (UUID(int=5), b"\x00\xff")},
    }
    assert canonical(row).decode() == (
        '{"at":{"$t":1795435200000001},"day":{"$date":"2026-11-23"},'
        '"nested":{"a":[{"$uuid":"00000000000000000000000000000005"},{"$b":"00ff"}],"b":2},'
        '"sum":{"$n":"12.50"},"z":[1,1.0,true,null,"井盖\\n"]}'
    )


def test_one_instant_has_one_text() -> None:
    shanghai = NOON.astimezone(timezone(timedelta(hours=8)))
    assert canonical({"at": shanghai}) == canonical({"at": NOON})
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})


@given(st.lists(st.none() | st.integers() | st.text(max_size=12), max_size=8))
def test_a_plain_list_has_the_text_of_the_common_way(values: list[Any]) -> None:
    # A nested one goes through Python's own encoder.
    assert canonical(values) == canonical([values])[1:-1]


def test_every_character_has_the_same_text_either_way() -> None:
    every = [chr(n) for n in range(0x11000) if not 0xD800 <= n < 0xE000]
    assert canonical(every) == canonical([every])[1:-1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (0, False),
        (1, "1"),
        (None, "null"),
        (Decimal("1.0"), Decimal("1.00")),
        (Decimal(1), 1),
        (NOON, canonical(NOON).decode()),
        (NOON, {"$t": 1795435200000001}),
        ({"$t": 1}, {"$$t": 1}),
        (date(2026, 11, 23), "2026-11-23"),
        (b"a", "a"),
        ({}, []),
        ([NOON, {"$t": 5}], [NOON, {"$$t": 5}]),
    ],
)
def test_different_values_have_different_texts(one: Any, other: Any) -> None:
    assert canonical({"v": one}) != canonical({"v": other})


@dataclass
class Unknown:
    value: int


@pytest.mark.parametrize("value", [float("nan"), float("inf"), datetime(2026, 1, 1)])  # noqa: DTZ001
def test_what_has_no_one_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"JSON|naive"):
        canonical({"v": value})
    with pytest.raises(TypeError, match="Unknown has no canonical form"):
        canonical({"v": Unknown(1)})


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet='$t"n', max_size=4)
    | st.datetimes(timezones=st.just(UTC))
    | st.decimals(allow_nan=False, allow_infinity=False, places=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(alphabet="$tnb", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def exact(value: Any) -> Any:
    """A form that tells types apart where Python's equality doesn't."""
    if isinstance(value, dict):
        return ("dict", sorted((key, exact(inner)) for key, inner in value.items()))
    if isinstance(value, list):
        return ("list", [exact(inner) for inner in value])
    return (type(value).__name__, repr(value))


@given(plain, plain)
def test_texts_are_equal_only_for_equal_values(one: Any, other: Any) -> None:
    assert (canonical(one) == canonical(other)) is (repr(exact(one)) == repr(exact(other)))


def test_a_link_is_the_digest_of_both() -> None:
    assert link(GENESIS, b"row") == sha256(bytes(32) + b"row").digest()
    with pytest.raises(ValueError, match="32 bytes"):
        link(b"", b"row")


def chain(count: int = 6) -> list[Link]:
    links, last = [], GENESIS
    for position in range(1, count + 1):
        row = canonical({"id": position, "at": NOON})
        digest = link(last, row)
        links.append(Link(position, row, digest, last))
        last = digest
    return links


def bare(links: list[Link]) -> list[tuple[int, bytes, bytes]]:
    return [(at, row, digest) for at, row, digest, _ in links]


def test_an_untouched_chain_is_intact() -> None:
    links = chain()
    assert verify(links) == verify(bare(links)) == Verdict(6, links[-1].digest)
    assert verify(links).intact
    assert verify([]) == Verdict(0, GENESIS)
    assert verify(links[3:], after=links[2].digest, position=3, head=links[-1].digest).intact


@pytest.mark.parametrize("at", range(6))
def test_an_altered_row_is_named(at: int) -> None:
    links = chain()
    links[at] = links[at]._replace(row=b"forged")
    for given_links in (links, bare(links)):
        verdict = verify(given_links)
        assert (verdict.rows, verdict.fault, verdict.position) == (at, Fault.ALTERED, at + 1)


@pytest.mark.parametrize("at", range(5))
def test_a_removed_row_is_named(at: int) -> None:
    links = chain()
    del links[at]
    verdict = verify(bare(links))
    assert (verdict.rows, verdict.fault, verdict.position) == (at, Fault.MISSING, at + 1)
    # Even when the rows behind it are numbered anew, the stored predecessor tells.
    renumbered = [entry._replace(position=n) for n, entry in enumerate(links, 1)]
    verdict = verify(renumbered)
    assert (verdict.rows, verdict.fault, verdict.position) == (at, Fault.MISSING, at + 1)


def test_a_cut_end_shows_against_the_anchor() -> None:
    links = chain()
    verdict = verify(links[:4], head=links[-1].digest)
    assert (verdict.rows, verdict.fault, verdict.position) == (4, Fault.MISSING, 5)


@pytest.mark.parametrize("at", range(1, 6))
def test_an_inserted_row_is_named(at: int) -> None:
    links = chain()
    last = links[at - 1].digest
    forged = Link(at + 1, b"forged", link(last, b"forged"), last)
    behind = [entry._replace(position=entry.position + 1) for entry in links[at:]]
    verdict = verify(bare([*links[:at], forged, *behind]))
    assert (verdict.rows, verdict.fault, verdict.position) == (at, Fault.INSERTED, at + 1)
    doubled = [*links[:at], links[at - 1], *links[at:]]
    verdict = verify(doubled)
    assert (verdict.fault, verdict.position) == (Fault.INSERTED, at)
