"""The addresses of closing by the machine."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    *views.PAGES.routes(),
    path("recheck/", views.recheck, name="closing-recheck"),
    path("recheck/<int:closing_id>/", views.judge, name="closing-judge"),
    path("decoys/", views.decoy_list, name="closing-decoys"),
]
