"""Addresses below /workflow/."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "workflow"

urlpatterns = [
    path("definitions/", views.definitions, name="definitions"),
    path("definitions/<int:definition_id>/", views.definition, name="definition"),
    path("calendars/", views.calendars, name="calendars"),
    path("calendars/<str:code>/", views.calendar, name="calendar"),
]
