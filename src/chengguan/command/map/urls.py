"""The addresses of the map, under /map/."""

from __future__ import annotations

from django.urls import path

from . import views, views_inside, views_load, views_vehicles

urlpatterns = [
    path("", views.page, name="map"),
    path("tiles/cases/<int:z>/<int:x>/<int:y>.mvt", views.cases_tile, name="map-cases-tile"),
    path(
        "tiles/<slug:kind>/<int:z>/<int:x>/<int:y>.mvt", views.things_tile, name="map-things-tile"
    ),
    path("cases/<int:case_id>/", views.case_popup, name="map-case"),
    path("things/<slug:kind>/<int:thing_id>/", views.thing_popup, name="map-thing"),
    path("load.geojson", views_load.shapes, name="map-load-shapes"),
    path("load/", views_load.table, name="map-load"),
    path("hours.json", views_load.hours, name="map-hours"),
    path("people.geojson", views_load.people, name="map-people"),
    path("vehicles.geojson", views_vehicles.vehicles, name="map-vehicles"),
    path("people/seen/", views_load.seen, name="map-seen"),
    path("inside/", views_inside.panel, name="map-inside"),
    path("inside/cases.csv", views_inside.export, name="map-inside-export"),
    path("inside/<slug:kind>/", views_inside.rows, name="map-inside-list"),
]
