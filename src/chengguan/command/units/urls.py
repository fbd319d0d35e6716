"""The addresses of units."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("", views.units_page, name="units"),
    path("<int:unit_id>/", views.unit_page, name="units-unit"),
]
