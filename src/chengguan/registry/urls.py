"""The addresses of the registries, all made by one recipe, and of coverage and locating."""

from __future__ import annotations

from django.urls import path

from chengguan.ui.recipe import urls_for

from . import views, views_pick
from .resources import ALL

app_name = "registry"

urlpatterns = [
    path("coverage/", views.coverage_page, name="coverage"),
    path("coverage/cell/", views.cell_page, name="coverage-cell"),
    path("locate/", views.locate_page, name="locate"),
    path("locate/result/", views.locate_result, name="locate-result"),
    path("areas/pick/", views_pick.pick_page, name="area-pick"),
    path("matters/search/", views.matter_options, name="matter-search"),
    *[pattern for resource in ALL for pattern in urls_for(resource)],
]
