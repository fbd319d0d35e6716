"""The rows behind figures."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

urlpatterns: list[URLPattern] = [
    path("<slug:code>/rows/", views.rows, name="figures-rows"),
    path("<slug:code>/rows.csv", views.export, name="figures-export"),
]
