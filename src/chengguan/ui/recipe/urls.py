"""The addresses of a resource's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import doors, views
from .resource import Resource


def urls_for(resource: Resource) -> list[URLPattern]:
    """Return every page of a resource, named `<slug>-<page>`."""
    slug, given = resource.slug, {"resource": resource}
    patterns = [
        path(f"{slug}/", views.list_page, given, name=f"{slug}-list"),
        path(f"{slug}/export.<str:form>", views.export, given, name=f"{slug}-export"),
    ]
    if resource.place:
        patterns += [
            path(f"{slug}/map/", views.map_page, given, name=f"{slug}-map"),
            path(f"{slug}/features.geojson", views.features, given, name=f"{slug}-features"),
        ]
    if resource.importer:
        patterns += [
            path(f"{slug}/import/", doors.import_page, given, name=f"{slug}-import"),
            path(f"{slug}/import/<int:run>/", doors.run_page, given, name=f"{slug}-import-run"),
            path(
                f"{slug}/import/<int:run>/apply/", doors.apply, given, name=f"{slug}-import-apply"
            ),
        ]
    return [
        *patterns,
        path(f"{slug}/<str:key>/", views.detail_page, given, name=f"{slug}-detail"),
        path(f"{slug}/<str:key>/history/", views.history_page, given, name=f"{slug}-history"),
    ]
