"""The addresses of oversight."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("", views.oversight_page, name="oversight"),
    path("act/", views.act, name="oversight-act"),
]
