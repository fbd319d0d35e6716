"""The rows of the desk's list as HTML, made here and not by a template (see cases.screens.lines).

Every value from outside goes through `escape`. A row carries what the page needs to keep its
clock running (`data-due`, `data-warn`: epoch seconds) and to say what it was decided on (`data-seq`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from chengguan.cases.enums import Source
from chengguan.cases.queries import CaseRow
from chengguan.cases.screens.lines import flags
from chengguan.ui import clockface

_SOURCES: Final = {source.value: source.label for source in Source}
#: Stands where a case's number goes in an address.
_NUMBER: Final = "0" * 19


def lines(
    rows: Iterable[CaseRow],
    now: datetime,
    *,
    query: str = "",
    opened: str = "",
    drafts: frozenset[int] = frozenset(),
) -> SafeString:
    """Return the table rows; `opened` is the number of the case that stands beside the list."""
    base = reverse("command:desk-case", args=[_NUMBER])
    after = f"?{escape(query)}" if query else ""
    return mark_safe(  # noqa: S308
        "".join(_line(row, now, base, after, opened, row.id in drafts) for row in rows)
    )


def _line(row: CaseRow, now: datetime, base: str, after: str, opened: str, has_draft: bool) -> str:
    number = row.number
    url = f"{base.replace(_NUMBER, number)}{after}"
    current = ' aria-current="true"' if number == opened else ""
    matter = escape(row.matter_name) or "事项未定"
    said = escape(row.address or row.text or row.area_name)
    who = escape(" ".join(filter(None, (row.unit_name, row.handler_name))))
    return (
        f'<tr id="row-{number}" data-row="{number}" data-seq="{row.seq}" data-id="{row.id}" '
        f'data-place="{_epoch(row.stage_due_at)}"{current}>'
        f'<td class="desk-pick"><input type="checkbox" name="case" value="{number}:{row.seq}" '
        f'aria-label="选择 {number}" form="bulk-form"></td>'
        f'<td class="desk-time nowrap">{_stage_clock(row, now)}{_total_clock(row, now)}</td>'
        f'<td class="desk-what"><a href="{url}" hx-get="{url}" hx-target="#pane" hx-swap="innerHTML" '
        f'hx-push-url="true" data-open>{matter}</a>'
        f'<span class="quiet desk-clip" title="{said}">{said}</span>{_flags(row, has_draft)}</td>'
        f'<td class="desk-state nowrap"><span class="stage stage-{escape(row.stage)}">'
        f'{escape(row.state_title)}</span><span class="quiet code">{number[6:]}</span></td>'
        f'<td class="desk-text"><span class="clip">{escape(row.text) or "—"}</span></td>'
        f'<td class="desk-area">{escape(row.area_name) or "—"}</td>'
        f'<td class="desk-unit">{who or "—"}</td>'
        f'<td class="desk-from nowrap">{_SOURCES.get(row.source, escape(row.source))}'
        f'<span class="quiet">{clockface.short(row.opened_at)}</span></td></tr>\n'
    )


def _stage_clock(row: CaseRow, now: datetime) -> str:
    face = clockface.face(row.stage_due_at, row.stage_warn_at, now)
    title = f' title="本环节 {face.exact} 到期"' if face.exact else ""
    return (
        f'<span class="light light-{face.light}"{title} data-due="{_epoch(row.stage_due_at)}" '
        f'data-warn="{_epoch(row.stage_warn_at)}">{face.text}</span>'
    )


def _total_clock(row: CaseRow, now: datetime) -> str:
    """Say the time left of the whole handling, once it has been set by the filing rule."""
    if row.due_at is None:
        return '<span class="quiet">总时限未定</span>'
    if row.due_at == row.stage_due_at:
        return '<span class="quiet">即总时限</span>'
    face = clockface.face(row.due_at, None, now)
    css = "late" if face.light == "red" else "quiet"
    return (
        f'<span class="{css}" title="总时限 {face.exact} 到期" data-whole="{_epoch(row.due_at)}">'
        f"总{face.text}</span>"
    )


def _epoch(at: datetime | None) -> str:
    return "" if at is None else str(int(at.timestamp()))


def _flags(row: CaseRow, has_draft: bool) -> str:
    said = [*flags(row), *([("tag-draft", "草稿")] if has_draft else [])]
    tags = "".join(f'<span class="tag {css}">{text}</span>' for css, text in said)
    return f'<span class="case-flags">{tags}</span>' if tags else ""
