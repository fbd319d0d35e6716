"""What the map's address may say: the filters of the case list, an instant, a cell or a circle."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from chengguan.cases.forms import CaseFilterForm
from chengguan.core.errors import Invalid
from chengguan.registry.domain.duty_index import units
from chengguan.registry.forms import first_error
from chengguan.workflow.domain import current

from .domain.asked import SPANS, Asked, read_instant

#: Parameters of the map itself, which are no filters of cases.
OWN = (
    "at",
    "span",
    "circle",
    "cell",
    "as",
    "t",
    "page",
    "level",
    "bbox",
    "zoom",
    "case",
    "lon",
    "lat",
    "metres",
)


def filter_form(request: HttpRequest) -> CaseFilterForm:
    """Give the filter form of the case list without what a map has no use for."""
    chosen = [(str(one.id), one.name) for one in units().values() if one.active]
    form = CaseFilterForm(request.GET, definition=current("case"), units=chosen)
    form.fields["mine"].widget.attrs["hidden"] = True
    return form


def asked(request: HttpRequest) -> Asked:
    """Read the filters and the instant asked for.

    Raises:
        Invalid: a filter or the instant can't be.
    """
    form = filter_form(request)
    if not form.is_valid():
        raise Invalid("list.filter", "筛选条件有误。", mend=first_error(form))
    span = request.GET.get("span") or "day"
    if span not in SPANS:
        raise Invalid(
            "map.span", "时间范围无效。", mend="可选 day（一天）或 week（一周）。", field="span"
        )
    return Asked(form.wanted(), read_instant(request.GET.get("at", ""), timezone.now()), span)


def filters_query(request: HttpRequest) -> str:
    """Give the filters of cases as they stand in the address, without the map's own parameters."""
    query = request.GET.copy()
    for name in [name for name in query if name in OWN or not query[name]]:
        del query[name]
    return query.urlencode()
