"""The addresses of dispatch."""

from __future__ import annotations

from django.urls import path

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
    path("automatic/", views_automatic.automatic, name="dispatch-automatic"),
    path("automatic/on/", views_automatic.turn_on, name="dispatch-automatic-on"),
    path("automatic/history/", views_automatic.history, name="dispatch-history"),
    path("automatic/rows/", views_automatic.dispatches, name="dispatch-automatic-rows"),
    path("automatic/recheck/", views_automatic.recheck, name="dispatch-recheck"),
    path("automatic/recheck/<int:dispatch_id>/", views_automatic.judge, name="dispatch-judge"),
    path("automatic/<int:rule_id>/", views_automatic.rule_page, name="dispatch-automatic-rule"),
    path("automatic/<int:rule_id>/off/", views_automatic.turn_off, name="dispatch-automatic-off"),
]
