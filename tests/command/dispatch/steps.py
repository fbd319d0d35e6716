"""Short words for what people do to a case of the small city."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import factories

from chengguan.cases.domain.acting import act
from chengguan.cases.models import Case

PHOTO: Final = "0" * 64
MINUTE: Final = timedelta(minutes=1)


def filed(city: factories.City, **columns: Any) -> Case:
    """Report and file a case of rubbish in the western community."""
    case: Case = factories.report(**{"source": "collector", **columns})
    data = {"matter": "01001", "rule": city.rule.pk}
    act(case, "file", city.principal("acceptor"), data, case.changed_at + MINUTE)
    return case


def do(city: factories.City, case: Case, who: str, verb: str, **data: Any) -> Case:
    """Take a step a minute after the last one."""
    act(case, verb, city.principal(who), data, case.changed_at + MINUTE)
    return case


def handled(city: factories.City, case: Case, who: str = "unit") -> Case:
    """Let the unit that has the case handle and confirm it."""
    handler = city.people["handler"] if who == "unit" else None
    if handler is None:
        handler = factories.user("绿化工", city.other_unit, factories.post("handler"))
    do(city, case, who, "assign", handler=handler.pk)
    do(city, case, who, "submit_by_unit", photos=[PHOTO], note="已清理")
    return do(city, case, who, "confirm_handled")
