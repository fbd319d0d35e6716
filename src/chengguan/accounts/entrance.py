"""The doors of allauth, under the names it asks for: /login/, /logout/, one's own password and MFA."""

from __future__ import annotations

from allauth.account import views
from django.urls import include, path

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("accounts/inactive/", views.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/", views.password_change, name="account_change_password"),
    path("accounts/mfa/", include("allauth.mfa.urls")),
]
