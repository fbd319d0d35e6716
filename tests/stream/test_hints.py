"""A wall is told that its area has changed, and never which case: a hint without content."""

from __future__ import annotations

import pytest

from chengguan.notify.live.hub import Hub, Listener
from chengguan.notify.live.message import frame

from .test_hub import _held, _message, _person, _taken

WALL = _held(capabilities=frozenset({"command.wall"}), area_code="310115")
BOTH = _held(capabilities=frozenset({"command.wall", "cases.see"}), area_code="310115")
HINT = frame("wall.case", b"{}", "1")


def heard(*grants: object, topics: tuple[str, ...] = (), **given: object) -> bytes:
    hub, listener = Hub(), Listener(_person(1, *grants), topics)  # type: ignore[arg-type]
    hub.join(listener)
    hub.tell([_message(**given)])  # type: ignore[arg-type]
    return _taken(listener)


@pytest.mark.parametrize(
    ("grants", "given", "expected"),
    [
        ((WALL,), {"area": "310115501001"}, HINT),
        ((WALL,), {"area": "310116501001"}, b""),
        ((), {"area": "310115501001"}, b""),
        ((WALL,), {"area": "310115501001", "topic": "orders.issued"}, None),
        ((WALL,), {"users": [2]}, b""),
        ((WALL,), {"area": "310115501001", "users": [2]}, HINT),
    ],
)
def test_a_wall_hears_hints_of_its_area_alone(
    grants: tuple[object, ...], given: dict[str, object], expected: bytes | None
) -> None:
    found = heard(*grants, **given)  # type: ignore[arg-type]
    if expected is None:
        assert b"wall.case" not in found
    else:
        assert found == expected


def test_who_sees_cases_hears_the_message_and_no_hint() -> None:
    found = heard(BOTH, area="310115501001", payload={"number": "7"})
    assert (b"wall.case" in found, b"case.stepped" in found) == (False, True)


def test_a_wall_never_hears_a_number() -> None:
    assert b"310115" not in heard(WALL, area="310115501001", payload={"number": "3101152026"})


def test_topics_narrow_hints_too() -> None:
    assert heard(WALL, topics=("orders",), area="310115501001") == b""


def test_a_wall_that_comes_back_hears_one_hint_however_much_it_missed() -> None:
    hub = Hub()
    hub.tell([_message(number, area="310115501001") for number in range(1, 6)])
    listener = Listener(_person(1, WALL), ())
    hub.join(listener, "1")
    assert _taken(listener) == frame("wall.case", b"{}", "5")
