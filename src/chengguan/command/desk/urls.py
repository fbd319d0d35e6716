"""The addresses of the desk."""

from __future__ import annotations

from django.urls import path

# Registers the converter of case numbers, which these addresses use too.
from chengguan.cases import urls as _of_cases  # noqa: F401

from . import views, views_acting

urlpatterns = [
    path("", views.desk, name="desk"),
    path("list/", views.list_part, name="desk-list"),
    path("changes/", views.changes, name="desk-changes"),
    path("bulk/", views_acting.bulk_choices, name="desk-bulk"),
    path("bulk/<slug:verb>/", views_acting.bulk_form, name="desk-bulk-form"),
    path("bulk/<slug:verb>/act/", views_acting.bulk_act, name="desk-bulk-act"),
    path("<case:number>/", views.desk, name="desk-case"),
    path("<case:number>/filing/", views_acting.filing, name="desk-filing"),
    path("<case:number>/said/", views_acting.said, name="desk-said"),
    path("<case:number>/undo/", views_acting.undo, name="desk-undo"),
    path("<case:number>/verbs/<slug:verb>/", views_acting.form, name="desk-form"),
    path("<case:number>/verbs/<slug:verb>/act/", views_acting.act, name="desk-act"),
    path("<case:number>/verbs/<slug:verb>/draft/", views_acting.draft, name="desk-draft"),
]
