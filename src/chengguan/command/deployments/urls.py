"""Addresses below /deployments/."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("", views.deployments, name="deployments"),
    path("new/", views.new, name="deployments-new"),
    path("<int:deployment_id>/", views.detail, name="deployments-detail"),
    path("<int:deployment_id>/<slug:verb>/", views.act_on, name="deployments-act"),
]
