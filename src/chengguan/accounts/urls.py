"""Under /accounts/: people and organisations, for the system and the security administrator."""

from __future__ import annotations

from allauth.account import views as allauth
from django.urls import path

from chengguan.accounts import views
from chengguan.accounts.resources import ORGANISATIONS, USERS
from chengguan.ui.recipe.urls import urls_for

app_name = "accounts"

urlpatterns = [
    path("logout/", allauth.logout, name="logout"),
    path("tokens/", views.own_tokens, name="tokens"),
    path("tokens/<int:token>/revoke/", views.revoke_token, name="token-revoke"),
    path("users/new/", views.new_user, name="users-new"),
    path("organisations/new/", views.new_organisation, name="organisations-new"),
    path("users/<str:username>/do/<slug:verb>/", views.act_on_user, name="users-act"),
    path("users/<str:username>/password/", views.reset_password, name="users-password"),
    path("users/<str:username>/grant/", views.give_post, name="users-grant"),
    path("grants/<int:grant>/revoke/", views.take_post_back, name="grant-revoke"),
    path(
        "organisations/<str:code>/change/", views.change_organisation, name="organisations-change"
    ),
    *urls_for(USERS),
    *urls_for(ORGANISATIONS),
]
