"""Who hears what; what a slow or returning listener gets."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import orjson
import pytest

from chengguan.accounts.domain.principal import Held, Principal
from chengguan.notify import ports
from chengguan.notify.live.hub import QUEUE, RELOAD, RING, Hub, Listener
from chengguan.notify.live.message import Message, read_notice


def _held(**given: Any) -> Held:
    whole: dict[str, Any] = {
        "post": "dispatcher",
        "post_name": "派遣员",
        "capabilities": frozenset({"cases.see"}),
        "organisation_id": 7,
        "organisation_path": "/1/7/",
        "area_code": "",
        "matters": (),
        "valid_from": date(2020, 1, 1),
        "valid_to": None,
    }
    return Held(**(whole | given))


def _person(number: int, *grants: Held) -> Principal:
    return Principal(number, f"u{number}", "", 7, "/1/7/", grants)


def _message(number: int = 1, **given: Any) -> Message:
    body = {"id": number, "topic": "case.stepped", "at": "2026-11-23T00:00:00Z"} | given
    return read_notice(orjson.dumps([body]).decode())[0]


def _hears(principal: Principal, message: Message, topics: tuple[str, ...] = ()) -> bool:
    hub, listener = Hub(), Listener(principal, topics)
    hub.join(listener)
    hub.tell([message])
    return _taken(listener) == message.frame


def _taken(listener: Listener) -> bytes:
    listener.end()
    return asyncio.run(listener.take())


AREA = _held(area_code="310115")
UNIT = _held(by_unit=True)


@pytest.mark.parametrize(
    ("grants", "given", "heard"),
    [
        ([AREA], {"area": "310115001"}, True),
        ([AREA], {"area": "310116001"}, False),
        ([AREA], {"organisation": "/1/7/"}, False),  # no area said: not in this area
        ([], {"area": "310115001"}, False),
        ([_held(matters=("01",))], {"area": "31", "matter": "01003"}, True),
        ([_held(matters=("01",))], {"area": "31", "matter": "02003"}, False),
        ([_held(matters=("01",))], {"area": "31"}, False),
        ([UNIT], {"area": "310115", "organisation": "/1/7/9/"}, True),
        ([UNIT], {"area": "310115", "organisation": "/1/8/"}, False),
        ([UNIT], {"area": "310115"}, False),
        ([UNIT, AREA], {"area": "310115"}, True),
        ([_held(valid_to=date(2020, 1, 2))], {"area": "31"}, False),
        ([_held(valid_from=date(2099, 1, 2))], {"area": "31"}, False),
        ([], {"users": [5]}, True),
        ([AREA], {"users": [6]}, False),
        ([AREA], {"users": [6], "area": "310115"}, True),
        ([], {"users": [5], "area": "999999"}, True),
        ([], {}, True),
    ],
)
def test_who_hears(grants: list[Held], given: dict[str, Any], heard: bool) -> None:
    assert _hears(_person(5, *grants), _message(**given)) is heard


def test_a_topic_may_need_a_capability() -> None:
    ports.register_topic("test", "cases.lead")
    try:
        for topic, heard in (("test", False), ("test.a.b", False), ("testing", True)):
            assert _hears(_person(5, AREA), _message(topic=topic, area="310115")) is heard
        leader = _held(capabilities=frozenset({"cases.lead"}))
        assert _hears(_person(5, leader), _message(topic="test.a", area="310115"))
    finally:
        ports._capabilities.pop("test")


@pytest.mark.parametrize(
    ("topics", "heard"),
    [((), True), (("case",), True), (("case.stepped",), True), (("cas",), False), (("x",), False)],
)
def test_topics_are_prefixes(topics: tuple[str, ...], heard: bool) -> None:
    assert _hears(_person(5), _message(), topics) is heard
    assert _hears(_person(5), _message(users=[5]), topics) is heard


def test_a_frame_tells_no_names_of_others() -> None:
    message = _message(9, users=[5, 6], organisation="/1/", subject=3, payload={"verb": "x"})
    head, data = message.frame.decode().removesuffix("\n\n").split("\ndata: ")
    assert head == "id: 9\nevent: case.stepped"
    assert orjson.loads(data) == {
        "id": 9,
        "topic": "case.stepped",
        "subject": 3,
        "payload": {"verb": "x"},
        "at": "2026-11-23T00:00:00Z",
    }


def test_a_message_told_twice_is_heard_once() -> None:
    hub, listener = Hub(), Listener(_person(5), ())
    hub.join(listener)
    hub.tell([_message(1), _message(2), _message(1)])
    hub.tell([_message(2)])
    assert _taken(listener) == _message(1).frame + _message(2).frame


def test_who_comes_back_hears_what_was_missed_in_order_and_in_scope() -> None:
    hub = Hub()
    hub.tell(_message(n, area="310115" if n % 2 else "999999") for n in range(1, 8))
    back = Listener(_person(5, AREA), ())
    hub.join(back, "2")
    hub.tell([_message(9, area="310115")])
    assert _taken(back) == b"".join(_message(n, area="310115").frame for n in (3, 5, 7, 9))
    for unknown in ("0", "gone"):
        stranger = Listener(_person(5, AREA), ())
        hub.join(stranger, unknown)
        assert _taken(stranger) == RELOAD


def test_the_ring_forgets_the_oldest() -> None:
    hub = Hub()
    hub.tell(_message(n) for n in range(RING + 1))
    for key, expected in (("0", RELOAD), (str(RING), b"")):
        listener = Listener(_person(5), ())
        hub.join(listener, key)
        assert _taken(listener) == expected
    assert len(hub._keys) == len(hub._ring) == RING


def test_a_slow_listener_is_dropped_with_reload_and_harms_nobody() -> None:
    hub, slow, quick = Hub(), Listener(_person(5), ()), Listener(_person(6), ())
    hub.join(slow)
    hub.join(quick)
    received = b""
    for number in range(QUEUE + 1):
        hub.tell([_message(number)])
        received += asyncio.run(quick.take())
    assert (slow.is_over, quick.is_over) == (True, False)
    assert _taken(slow) == RELOAD
    assert received == b"".join(_message(n).frame for n in range(QUEUE + 1))


def test_a_lost_line_makes_everybody_reload() -> None:
    hub, listener = Hub(), Listener(_person(5), ())
    hub.join(listener)
    hub.tell([_message(1)])
    hub.forget()
    assert _taken(listener) == _message(1).frame + RELOAD
    back = Listener(_person(5), ())
    hub.join(back, "1")
    assert _taken(back) == RELOAD


def test_leaving_leaves_nothing_behind() -> None:
    hub = Hub()
    listeners = [Listener(_person(n, AREA), ("case",)) for n in range(5)]
    for listener in listeners:
        hub.join(listener)
    assert len(hub) == 5
    assert len(hub._groups) == 1
    for listener in listeners:
        hub.leave(listener)
        hub.leave(listener)
    assert (len(hub), hub._groups, hub._people) == (0, {}, {})


def test_the_beat_tells_how_far_it_has_come() -> None:
    hub, listener = Hub(), Listener(_person(5), ())
    hub.join(listener)
    hub.beat()
    hub.tell([_message(7, area="999999")])
    hub.beat()
    assert _taken(listener) == b": \n\nid: 7\n\n"
