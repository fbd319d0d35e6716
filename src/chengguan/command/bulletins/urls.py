"""Addresses below /bulletins/."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("", views.bulletins, name="bulletins"),
    path("new/", views.new, name="bulletins-new"),
    path("<int:bulletin_id>/", views.detail, name="bulletins-detail"),
    path("<int:bulletin_id>/confirm/", views.confirm_one, name="bulletins-confirm"),
    path("<int:bulletin_id>/withdraw/", views.withdraw_one, name="bulletins-withdraw"),
]
