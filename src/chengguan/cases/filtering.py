"""The filter form as the city stands now: its units and the procedure in force."""

from __future__ import annotations

from typing import Any

from chengguan.registry.domain.duty_index import units
from chengguan.workflow.domain import current

from .filter_form import CaseFilterForm


def filter_form(data: Any) -> CaseFilterForm:
    """Give the form over what was asked (a `QueryDict`)."""
    chosen = [(str(one.id), one.name) for one in units().values() if one.active]
    return CaseFilterForm(data, definition=current("case"), units=chosen)
