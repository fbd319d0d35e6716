"""The addresses of dispatch."""

from __future__ import annotations

from django.urls import include, path

from . import views, views_automatic, views_rulings

urlpatterns = [
    path("", views.queue_page, name="dispatch"),
    path("many/", views.many, name="dispatch-many"),
    path("facts/", views.facts, name="dispatch-facts"),
    path("cases/<case:number>/", views.case_page, name="dispatch-case"),
    path("cases/<case:number>/act/", views.dispatch, name="dispatch-act"),
    path("rulings/", views_rulings.inbox, name="dispatch-rulings"),
    path("precedents/", views_rulings.precedent_list, name="dispatch-precedents"),
    path("precedents/<int:precedent_id>/", views_rulings.precedent_page, name="dispatch-precedent"),
    path("precedents/<int:precedent_id>/revoke/", views_rulings.revoke, name="dispatch-revoke"),
    path("automatic/", include(views_automatic.PAGES.routes())),
    path("automatic/recheck/", views_automatic.recheck, name="dispatch-recheck"),
    path("automatic/recheck/<int:dispatch_id>/", views_automatic.judge, name="dispatch-judge"),
]
