"""Under /accounts/: one's own password and second factor."""

from __future__ import annotations

from allauth.account import views
from django.urls import include, path

urlpatterns = [
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/", views.password_change, name="account_change_password"),
    path("mfa/", include("allauth.mfa.urls")),
]
