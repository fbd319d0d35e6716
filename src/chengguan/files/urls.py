"""Addresses below /files/."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "files"
urlpatterns = [
    path("<int:attachment_id>/", views.original, name="original"),
    path("<int:attachment_id>/thumb/", views.copy, {"kind": "thumb"}, name="thumb"),
    path("<int:attachment_id>/view/", views.copy, {"kind": "view"}, name="view"),
]
