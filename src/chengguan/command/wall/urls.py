"""The addresses of the wall and of the leader's page."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views, views_leader

urlpatterns: list[URLPattern] = [
    path("wall/", views.wall, name="wall"),
    path("wall/board/", views.board, name="wall-board"),
    path("wall/places.geojson", views.places, name="wall-places"),
    path("leader/", views_leader.page, name="leader"),
    path("leader/oversee/", views_leader.oversee, name="leader-oversee"),
]
