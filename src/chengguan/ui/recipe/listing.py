"""What a list page shows: the filter form, the chosen columns, one page of rows, the count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest, QueryDict

from chengguan.core.errors import Invalid

from .. import ports
from . import paging
from .columns import Column
from .filters import form_for
from .resource import Resource


@dataclass(frozen=True)
class Heading:
    """A column's title as shown: the address that sorts by it, and how it is sorted now."""

    title: str
    css: str
    url: str
    sorted: str


@dataclass(frozen=True)
class Row:
    """A row as shown: where its page is, and its cells with their classes and titles."""

    url: str
    cells: list[tuple[str, str, Any]]


@dataclass(frozen=True)
class Listing:
    """Everything the list template needs."""

    form: forms.Form
    headings: list[Heading]
    rows: list[Row]
    total: int
    counted: bool
    after_url: str
    before_url: str
    columns: list[tuple[str, str, bool]]
    query: str
    wrong: bool


def asked_rows(
    resource: Resource, request: HttpRequest
) -> tuple[forms.Form, models.QuerySet[Any] | None]:
    """Return the filter form and the rows it asks for; None where a value is wrong."""
    form, asked = form_for(resource.model, resource.filters, request.GET)
    if asked is None:
        return form, None
    return form, resource.visible(ports.asker(request)).filter(asked)


def listing(resource: Resource, request: HttpRequest) -> Listing:
    """Build one page of the list: two statements, however many rows."""
    form, rows = asked_rows(resource, request)
    columns = _chosen(resource, request.GET.getlist("cols"))
    sort = _sort(resource, request.GET.get("sort", ""))
    if rows is None:
        page, total, counted = paging.Slice([], "", ""), 0, True
    else:
        page = paging.cut(
            rows,
            sort,
            resource.page_size,
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
        )
        total, counted = paging.count(rows)
    heads = [
        (column, column.heading(resource.model), column.css(resource.model)) for column in columns
    ]
    return Listing(
        form=form,
        headings=[_heading(column, title, css, sort, request.GET) for column, title, css in heads],
        rows=[
            Row(
                resource.url_of(row),
                [(title, css, column.cell(row)) for column, title, css in heads],
            )
            for row in page.rows
        ],
        total=total,
        counted=counted,
        after_url=_with(request.GET, after=page.after) if page.after else "",
        before_url=_with(request.GET, before=page.before) if page.before else "",
        columns=[
            (column.name, column.heading(resource.model), column in columns)
            for column in resource.columns
        ],
        query=_with(request.GET)[1:],
        wrong=rows is None,
    )


def _chosen(resource: Resource, names: list[str]) -> list[Column]:
    known = {column.name for column in resource.columns}
    wrong = next((name for name in names if name not in known), None)
    if wrong is not None:
        raise Invalid(
            "list.cols", f"没有“{wrong[:40]}”这一列。", mend="请在“列”中重新选择。", field="cols"
        )
    chosen = [column for column in resource.columns if column.name in names]
    return chosen or [column for column in resource.columns if column.chosen]


def _sort(resource: Resource, asked: str) -> str:
    if not asked:
        return resource.sort
    if asked.lstrip("-") not in {column.sort for column in resource.columns if column.sort}:
        raise Invalid(
            "list.sort", "不能按这一列排序。", mend="请点击表头选择排序方式。", field="sort"
        )
    return asked


def _heading(column: Column, title: str, css: str, sort: str, query: QueryDict) -> Heading:
    if not column.sort:
        return Heading(title, css, "", "")
    now = ""
    if sort.lstrip("-") == column.sort:
        now = "descending" if sort.startswith("-") else "ascending"
    turned = f"-{column.sort}" if now == "ascending" else column.sort
    return Heading(title, css, _with(query, sort=turned), now)


def _with(query: QueryDict, **changes: str) -> str:
    changed = query.copy()
    for name in ("after", "before"):
        changed.pop(name, None)
    for name, value in changes.items():
        changed[name] = value
    for name in [name for name in changed if not any(changed.getlist(name))]:
        del changed[name]
    return f"?{changed.urlencode()}"


def described(form: forms.Form) -> Mapping[str, str]:
    """Return the filters in use in words, for an export's audit entry."""
    used = {name: value for name, value in form.cleaned_data.items() if value not in (None, "")}
    return {name: str(value) for name, value in used.items()}
