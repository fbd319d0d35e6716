"""Addresses below /orders/."""

from __future__ import annotations

from django.urls import path

from . import views, views_mine

urlpatterns = [
    path("", views.order_list, name="orders"),
    path("new/", views.new, name="orders-new"),
    path("people/", views.people, name="orders-people"),
    path("figures/", views.figures, name="orders-figures"),
    path("receipts/", views.receipts, name="orders-receipts"),
    path("mine/", views_mine.mine, name="orders-mine"),
    path("mine/<int:receipt_id>/", views_mine.receipt, name="orders-receipt"),
    path("mine/<int:receipt_id>/<slug:verb>/", views_mine.act, name="orders-act"),
    path("<int:order_id>/", views.detail, name="orders-detail"),
    path("<int:order_id>/amend/", views.amend_page, name="orders-amend"),
    path("<int:order_id>/withdraw/", views.withdraw_order, name="orders-withdraw"),
]
