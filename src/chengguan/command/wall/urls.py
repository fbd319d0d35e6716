"""The addresses of the wall and of the leader's page."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views, views_leader, views_screen

urlpatterns: list[URLPattern] = [
    path("wall/", views.wall, name="wall"),
    path("wall/board/", views.board, name="wall-board"),
    path("wall/places.geojson", views.places, name="wall-places"),
    path("wall/open/<str:code>/", views_screen.open_page, name="wall-open"),
    path("wall/screens/", views_screen.screens_page, name="wall-screens"),
    path("wall/screens/<int:screen>/revoke/", views_screen.revoke, name="wall-screens-revoke"),
    path("leader/", views_leader.page, name="leader"),
    path("leader/oversee/", views_leader.oversee, name="leader-oversee"),
]
