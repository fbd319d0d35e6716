"""Errors, measures and slots."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from decimal import Decimal

import pytest

from chengguan.core import measures, slots
from chengguan.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from chengguan.core.measures import Measure


def test_a_problem_names_fault_and_mend() -> None:
    error = Invalid(
        "grid.overlap", "网格重叠。", field="geometry", row=7, mend="请修正边界。", other="31"
    )
    assert error.problem() == {
        "type": "urn:chengguan:problem:grid.overlap",
        "title": "Unprocessable Entity",
        "status": 422,
        "code": "grid.overlap",
        "detail": "网格重叠。",
        "errors": [
            {"row": 7, "field": "geometry", "message": "网格重叠。", "mend": "请修正边界。"}
        ],
        "params": {"other": "31"},
    }
    assert str(error) == "网格重叠。请修正边界。"


def test_a_problem_may_list_many_faults() -> None:
    error = Invalid("a", "一", row=1, also=[Invalid("b", "二", row=2)])
    assert error.problem()["errors"] == [{"row": 1, "message": "一"}, {"row": 2, "message": "二"}]
    assert "params" not in error.problem()


@pytest.mark.parametrize(
    ("kind", "status"),
    [(DomainError, 400), (NotAllowed, 403), (NotFound, 404), (Conflict, 409), (Invalid, 422)],
)
def test_each_kind_has_its_status(kind: type[DomainError], status: int) -> None:
    assert kind("c", "句。").problem()["status"] == status
    assert kind("c", "句。", status=423).status == 423
    assert str(kind("c", "句。")) == "句。"


def test_errors_travel_between_processes() -> None:
    error = pickle.loads(pickle.dumps(Conflict("c", "句。", field="x", mend="改。", n=1)))
    assert type(error) is Conflict
    assert error.problem() == Conflict("c", "句。", field="x", mend="改。", n=1).problem()


@pytest.fixture
def rate() -> Iterator[Measure]:
    measure = Measure(
        name="test.on_time_rate",
        title="按期处置率",
        unit="%",
        numerator=("intime_dispose",),
        denominator=("need_dispose",),
        source="GB/T 30428.4",
    )
    yield measures.register(measure)
    measures._measures.pop(measure.name)


def test_a_measure_is_a_sum_over_a_sum(rate: Measure) -> None:
    assert rate.value({"intime_dispose": 3, "need_dispose": 4}) == Decimal(75)
    assert rate.value({"intime_dispose": 0, "need_dispose": 0}) is None
    with pytest.raises(KeyError):
        rate.value({"need_dispose": 4})
    total = Measure("test.total", "处置数", "件", ("dispose", "self_dispose"))
    assert total.value({"dispose": 3, "self_dispose": 2}) == Decimal(5)


def test_measures_are_found_by_name(rate: Measure) -> None:
    assert measures.find("test.on_time_rate") is rate
    assert measures.registered("test.") == [rate]
    assert measures.register(rate) is rate
    with pytest.raises(ValueError, match="another meaning"):
        measures.register(Measure("test.on_time_rate", "x", "%", ("a",)))


def test_slots_are_filled_in_order() -> None:
    slot = "test.tabs"
    slots.register(slot, "b")
    slots.register(slot, "c")
    slots.register(slot, "a", order=10)
    slots.register(slot, "b")
    assert slots.providers(slot) == ("a", "c", "b")
    for provider in ("a", "b", "c"):
        slots.unregister(slot, provider)
    slots.unregister("test.none", "a")
    assert slots.providers(slot) == slots.providers("test.none") == ()
