"""The pages of a resource: list, map, detail, history, export. Imports are in `doors`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render

from chengguan.core.errors import Invalid, NotAllowed, NotFound

from .. import ports
from ..refusal import is_fragment
from . import geometry
from .columns import field_of
from .export import export as exported
from .listing import asked_rows, described, listing
from .resource import Resource

_ZOOM = 30


def need(request: HttpRequest, capability: str, what: str) -> None:
    """Raise `NotAllowed` unless the asker's posts include the capability."""
    if capability and not ports.asker(request).can(capability):
        raise NotAllowed(
            "page.not_allowed",
            f"您的岗位不能{what}。",
            mend="如确需办理，请联系系统管理员授予相应岗位。",
            capability=capability,
        )


@login_required
def list_page(request: HttpRequest, resource: Resource) -> HttpResponse:
    """Show the list; htmx gets the table alone."""
    need(request, resource.see, f"查看{resource.title}")
    found = listing(resource, request)
    template = "ui/recipe/table.html" if is_fragment(request) else "ui/recipe/list.html"
    context = {"resource": resource, "list": found, **_doors(request, resource)}
    return render(request, template, context, status=422 if found.wrong else 200)


@login_required
def map_page(request: HttpRequest, resource: Resource) -> HttpResponse:
    """Show the list's rows on the map."""
    need(request, resource.see, f"查看{resource.title}")
    form, rows = asked_rows(resource, request)
    query = request.GET.urlencode()
    layer = {"url": f"{resource.url('features')}?{query}", "window": True, "title": resource.title}
    context = {
        "resource": resource,
        "form": form,
        "map": {"layers": [layer], "start": _start(resource, rows)},
        "query": query,
        **_doors(request, resource),
    }
    return render(request, "ui/recipe/map.html", context, status=422 if rows is None else 200)


@login_required
def features(request: HttpRequest, resource: Resource) -> JsonResponse:
    """Answer the filtered rows in a map's window as GeoJSON."""
    need(request, resource.see, f"查看{resource.title}")
    form, rows = asked_rows(resource, request)
    if rows is None:
        raise Invalid("list.filter", "筛选条件有误。", mend=_first_error(form))
    if resource.at_zoom:
        narrowed = any(form.cleaned_data.get(name) for name in ("level", "words", "code"))
        rows = resource.at_zoom(rows, _zoom(request), narrowed)
    rows = geometry.within(resource, rows, geometry.read_window(request.GET.get("bbox", "")))
    return JsonResponse(geometry.collection(resource, rows), content_type="application/geo+json")


@login_required
def detail_page(request: HttpRequest, resource: Resource, key: str) -> HttpResponse:
    """Show one row: its fields, its place, what belongs to it."""
    row = _row(request, resource, key)
    place = getattr(row, resource.place, None) if resource.place else None
    layers = [{"data": geometry.feature(resource, row), "title": resource.title}] if place else []
    context = {
        "resource": resource,
        "row": row,
        "facts": resource.facts(row),
        "map": {"layers": layers, "fit": True} if layers else None,
        "panels": resource.panels(row, request) if resource.panels else [],
    }
    return render(request, "ui/recipe/detail.html", context)


@login_required
def history_page(request: HttpRequest, resource: Resource, key: str) -> HttpResponse:
    """Show what was done to one row, the latest first."""
    row = _row(request, resource, key)
    context = {
        "resource": resource,
        "row": row,
        "past": ports.history(resource.subject_type, str(getattr(row, resource.key))),
    }
    return render(request, "ui/recipe/history.html", context)


@login_required
def export(request: HttpRequest, resource: Resource, form: str) -> HttpResponseBase:
    """Answer the filtered rows as a file, and note who took them."""
    need(request, resource.see, f"导出{resource.title}")
    filters, rows = asked_rows(resource, request)
    if rows is None:
        raise Invalid("list.filter", "筛选条件有误。", mend=_first_error(filters))
    response = exported(resource, rows, form)
    ports.note(
        request,
        "export",
        subject_type=resource.subject_type,
        detail={"form": form, "filters": dict(described(filters))},
    )
    return response


def _row(request: HttpRequest, resource: Resource, key: str) -> Any:
    need(request, resource.see, f"查看{resource.title}")
    rows = resource.rows(ports.asker(request))
    rows = rows.select_related(*resource.related) if resource.related else rows
    row = rows.filter(**{resource.key: _key(resource, key)}).first()
    if row is None:
        raise NotFound(
            "page.no_row",
            f"没有找到{resource.title}“{key}”。",
            mend="请核对代码；它也可能不在您的管辖范围内。",
        )
    return row


def _key(resource: Resource, key: str) -> Any:
    """Read a key from an address; one that can be no row's is None, which finds none."""
    field = (
        resource.model._meta.pk if resource.key == "pk" else field_of(resource.model, resource.key)
    )
    try:
        return None if field is None or "\x00" in key else field.to_python(key)
    except ValidationError:
        return None


def _doors(request: HttpRequest, resource: Resource) -> dict[str, Any]:
    may = bool(resource.importer) and ports.asker(request).can(resource.edit)
    forms = ("csv", "xlsx", "geojson") if resource.place else ("csv", "xlsx")
    return {"may_import": may, "export_forms": forms}


def _start(resource: Resource, rows: Any) -> list[float] | None:
    if rows is None:
        return None
    first = rows.filter(**{f"{resource.place}__isnull": False}).only("pk", resource.place)
    row = first.order_by("pk").first()
    if row is None:
        return None
    place = getattr(row, resource.place)
    return list(place) if not isinstance(place, dict) else _corner(place["coordinates"])


def _corner(coordinates: Any) -> list[float]:
    while isinstance(coordinates[0], list):
        coordinates = coordinates[0]
    return [float(coordinates[0]), float(coordinates[1])]


def _zoom(request: HttpRequest) -> float:
    try:
        zoom = float(request.GET.get("zoom") or "10")
    except ValueError:
        zoom = -1
    if not 0 <= zoom <= _ZOOM:
        raise Invalid("map.zoom", "缩放级别无效。", mend=f"应为 0 至 {_ZOOM} 的数。", field="zoom")
    return zoom


def _first_error(form: Any) -> str:
    return next((str(errors[0]) for errors in form.errors.values()), "请检查筛选条件。")
