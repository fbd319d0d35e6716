"""Addresses below /notices/."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "notify"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("count/", views.count, name="count"),
    path("read/", views.read, name="read"),
    path("<int:item_id>/", views.follow, name="follow"),
]
