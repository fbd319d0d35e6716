"""The addresses of the case pages."""

from __future__ import annotations

from django.urls import path, register_converter

from . import (
    views,
    views_call,
    views_caller,
    views_find,
    views_keep,
    views_list,
    views_proposing,
    views_report,
    views_taken,
)


class CaseNumber:
    """Nineteen digits: area, date, sequence."""

    regex = "[0-9]{19}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(CaseNumber, "case")

app_name = "cases"

urlpatterns = [
    path("", views_list.list_page, name="list"),
    path("count/", views_list.count, name="count"),
    path("map/", views_list.map_page, name="map"),
    path("features.geojson", views_list.features, name="list-features"),
    path("export.<str:form>", views_keep.export, name="export"),
    path("export.<str:form>/many/", views_keep.export_many, name="export-many"),
    path("exports/", views_keep.exports, name="exports"),
    path("exports/<int:number>/", views_keep.export_fetch, name="export-fetch"),
    path("exports/<int:number>/cancel/", views_keep.export_cancel, name="export-cancel"),
    path("columns/", views_keep.columns_page, name="columns"),
    path("columns/<slug:kind>/", views_keep.choose_columns, name="columns-choose"),
    path("saved/", views_keep.saved_page, name="saved"),
    path("saved/new/", views_keep.save_query, name="saved-new"),
    path("saved/<int:number>/count/", views_keep.saved_count, name="saved-count"),
    path("saved/<int:number>/<slug:what>/", views_keep.change_query, name="saved-change"),
    path("find/", views_find.find, name="find"),
    path("find/offers/", views_find.offers, name="find-offers"),
    path("rules/", views.rules, name="rule-options"),
    path("propose/", views_proposing.propose_page, name="propose"),
    path("proposals/taken/", views_taken.taken_page, name="proposals-taken"),
    path("caller/", views_caller.caller_page, name="caller"),
    path("call/", views_call.call_page, name="call"),
    path("new/", views_report.new_page, name="new"),
    path("new/place/", views_report.place_hint, name="new-place"),
    path("<case:number>/", views.detail, name="detail"),
    path("<case:number>/ground.geojson", views.ground, name="ground"),
    path("<case:number>/nearby.geojson", views.features, name="features"),
    path("<case:number>/verbs/<slug:verb>/", views.verb_page, name="verb"),
    path("<case:number>/verbs/<slug:verb>/act/", views.act, name="act"),
]
