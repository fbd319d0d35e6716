"""Addresses below /meetings/."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("", views.meetings, name="meetings"),
    path("new/", views.new, name="meetings-new"),
    path("items/", views.items, name="meetings-items"),
    path("<int:meeting_id>/", views.detail, name="meetings-detail"),
    path("<int:meeting_id>/<int:item_id>/<slug:verb>/", views.act_on, name="meetings-act"),
]
