"""Addresses below /exchange/."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "exchange"
urlpatterns = [
    path("in/", views.take, name="in"),
    path("ledger/<str:day>/", views.ledger, name="ledger"),
]
