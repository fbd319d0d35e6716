"""The addresses of comparisons; their list, rows and exports are made by the common recipe."""

from __future__ import annotations

from django.urls import path

from chengguan.ui.recipe import urls_for

from . import views
from .resources import ALL

app_name = "simulation"

_ONE = "comparisons/<int:number>/"
urlpatterns = [
    path("comparisons/", views.comparisons, name="comparisons-list"),
    path("comparisons/new/", views.new, name="new"),
    path(_ONE, views.comparison, name="comparison"),
    path(f"{_ONE}progress/", views.progress, name="progress"),
    path(f"{_ONE}cancel/", views.cancel, name="cancel"),
    path(f"{_ONE}figures/<str:code>/", views.figure, name="figure"),
    path(f"{_ONE}plans/<str:side>.toml", views.plan, name="plan"),
    *[pattern for resource in ALL for pattern in urls_for(resource)],
]
