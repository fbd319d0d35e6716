"""The addresses of requests."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("", views.requests_page, name="requests"),
    path("decide/", views.decide, name="requests-decide"),
]
